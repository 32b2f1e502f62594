"""Certificates of an authority of our own, and web configuration files."""

import ssl
from pathlib import Path

import bcrypt
import trustme

PASSWORD = "correct horse"
# A fixed salt: the hash stands in names of tests, which are the same in every process.
HASH = bcrypt.hashpw(PASSWORD.encode(), b"$2b$04$" + b"x" * 21 + b"u").decode()
ALERTS = "/api/v1/webhooks/alertmanager"
LISTEN = "web: {listen: '127.0.0.1:0', config_file: web.yml}\n"


class Authority:
    """An authority with a server's certificate and clients' in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = trustme.CA()
        self.file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(self.file)
        self.renew()

    def renew(self):
        return self._write("server", self.ca.issue_cert("127.0.0.1", "localhost"))

    def client(self, *names, name="client", ca=None):
        return self._write(name, (ca or self.ca).issue_cert(*names))

    def _write(self, name, leaf):
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        key.write_bytes(leaf.private_key_pem.bytes())
        cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        return str(cert), str(key)

    def context(self, cert=None):
        context = ssl.create_default_context(cafile=str(self.file))
        if cert:
            context.load_cert_chain(*cert)
        return context


def web_file(folder, text):
    Path(folder / "web.yml").write_text(text)
    return folder


SERVER = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
MUTUAL = f"{SERVER}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
USERS = f"basic_auth_users:\n  ann: {HASH}\n  main: {HASH}\n"
