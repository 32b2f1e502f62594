"""A TLS context of what the web configuration file says."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from outage_window.settings import go_tls

if TYPE_CHECKING:
    from outage_window.settings.web_config import TlsServer

AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


class ContextError(Exception):
    """No context can be made: `key` says of what, `expected` what would do."""

    def __init__(self, key: str, expected: str) -> None:
        super().__init__(expected)
        self.key = key
        self.expected = expected


def make_context(tls: TlsServer) -> ssl.SSLContext:
    """The context of a server whose files are named by whole paths; raise `ContextError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A client that asks for one handshake after the other costs it nothing, and us much.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.minimum_version = go_tls.VERSIONS[tls.min_version]
    context.maximum_version = go_tls.VERSIONS[tls.max_version]
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if go_tls.suites(tls.cipher_suites):
        context.set_ciphers(go_tls.suites(tls.cipher_suites))
    if tls.curve_preferences:
        context.set_ecdh_curve(go_tls.CURVES[tls.curve_preferences[0]])
    context.set_alpn_protocols(["http/1.1"])
    _own_certificate(context, tls)
    context.verify_mode = AUTH[tls.client_auth_type]
    if tls.verifies:
        _client_authority(context, tls)
    return context


def _own_certificate(context: ssl.SSLContext, tls: TlsServer) -> None:
    cert_key, key_key = _given(tls, "cert"), _given(tls, "key")
    private = tls.key.get_secret_value() if tls.key is not None else None
    with (
        _file(tls.cert, tls.cert_file, cert_key) as cert,
        _file(private, tls.key_file, key_key) as key,
    ):
        try:
            # Without a passphrase at hand, OpenSSL would ask for one at the terminal.
            context.load_cert_chain(cert, key, password=lambda: "-")
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                raise ContextError(key_key, "expected the key of the certificate") from None
            expected = "expected a certificate and its key in PEM, the key without a passphrase"
            raise ContextError(cert_key, expected) from None


def _client_authority(context: ssl.SSLContext, tls: TlsServer) -> None:
    key = _given(tls, "client_ca")
    try:
        context.load_verify_locations(tls.client_ca_file, cadata=tls.client_ca)
    except ssl.SSLError:
        raise ContextError(key, "expected certificates in PEM") from None
    except OSError as error:
        file = tls.client_ca_file
        raise ContextError(
            key, f"expected a file that can be read: {file} ({error.strerror})"
        ) from None
    if not context.cert_store_stats()["x509"]:
        raise ContextError(key, "expected certificates in PEM")


def _given(tls: TlsServer, name: str) -> str:
    return name if getattr(tls, name) is not None else f"{name}_file"


@contextmanager
def _file(text: str | None, path: str | None, key: str) -> Iterator[str]:
    """The path of a file with what is given: the library reads nothing but files."""
    if text is None:
        try:
            with open(str(path), "rb"):
                pass
        except OSError as error:
            expected = f"expected a file that can be read: {path} ({error.strerror})"
            raise ContextError(key, expected) from None
        yield str(path)
        return
    handle, name = tempfile.mkstemp()  # readable by its owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        yield name
    finally:
        os.unlink(name)
