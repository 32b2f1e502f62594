"""Posts deliveries on several connections until it is told to stop, and notes the answers."""

import http.client
import json
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

FIRING = json.loads(
    (Path(__file__).parents[1] / "webhooks" / "recorded" / "am-0.33-firing-first_notification.json")
    .read_text()
)  # fmt: skip
PATH = "/api/v1/webhooks/alertmanager"


def body(fingerprint, service="auth"):
    """A delivery of one alert of its own."""
    alert = FIRING["alerts"][0] | {"fingerprint": fingerprint}
    alert["labels"] = alert["labels"] | {"service": service}
    return json.dumps(FIRING | {"alerts": [alert]}).encode()


class Load:
    """Like an Alertmanager, each connection sends a delivery again until it is answered 2xx.

    `acknowledged` has the fingerprint of each that was; `codes` what was answered.
    """

    def __init__(self, *urls, connections=8, name="a"):
        self.acknowledged, self.codes, self._stop = set(), {}, threading.Event()
        self._urls = list(urls)
        self._threads = [
            threading.Thread(target=self._run, args=(f"{name}{n}",)) for n in range(connections)
        ]
        for thread in self._threads:
            thread.start()

    def now_at(self, url):
        """The server has come back elsewhere."""
        self._urls[:] = [url]

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _run(self, name):
        number, connection, tries = 0, None, 0
        while not self._stop.is_set():
            fingerprint = f"{name}-{number}"
            try:
                if connection is None:
                    where = urlsplit(self._urls[tries % len(self._urls)])
                    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
                connection.request("POST", PATH, body(fingerprint), {"X-N": "1"})
                answer = connection.getresponse()
                answer.read()
                self.codes[answer.status] = self.codes.get(answer.status, 0) + 1
                if answer.status == 200:
                    self.acknowledged.add(fingerprint)
                    number += 1
                else:
                    time.sleep(0.1)
            except (OSError, http.client.HTTPException):
                with suppress(OSError):
                    connection.close()
                connection = None
                tries += 1
                time.sleep(0.02)
        if connection is not None:
            connection.close()
