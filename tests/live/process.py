"""A real `outage-window serve` process on a free loopback port."""

import os
import signal
import subprocess
import sys
import threading

import requests

COMMAND = [sys.executable, "-c", "from outage_window.cli.main import run; run()"]


def command(*arguments, env=None):
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, env=os.environ | (env or {})
    )


class Process:
    """Runs until the `with` block ends; `url` is where it listens, `log` what it said."""

    def __init__(self, folder, settings="", database=None, arguments=(), verify=True, cert=None):
        self.arguments, self.verify, self.cert = arguments, verify, cert
        self.database = folder / "ow.db"
        self.file = folder / "settings.yml"
        url, key = database or (f"sqlite:///{self.database}", None)
        storage = f"storage: {{url: '{url}'}}\n"
        storage += f"attempts: {{user_key_file: '{key}'}}\n" if key else ""
        web = "" if "web:" in settings else "web: {listen: '127.0.0.1:0'}\n"
        self.file.write_text(web + storage + settings)
        self.log = ""

    def __enter__(self):
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--config.file", str(self.file), *self.arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        line = self.process.stdout.readline()
        assert line.startswith("listening on http"), line
        self.url = line.split()[2]
        self.session = requests.Session()
        self.session.trust_env = False  # a variable would win over what is to be verified by
        self.session.verify, self.session.cert = self.verify, self.cert
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)

    def stop(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        self.session.close()
        return code

    def _read(self):
        for line in self.process.stderr:
            self.log += line

    def post(self, path, body, **headers):
        return self.session.post(self.url + path, data=body, headers=headers, timeout=30)

    def get(self, path):
        return self.session.get(self.url + path, timeout=30)

    def metric(self, name):
        rows = [row for row in self.get("/metrics").text.splitlines() if row.startswith(name)]
        return float(rows[0].rpartition(" ")[2])
