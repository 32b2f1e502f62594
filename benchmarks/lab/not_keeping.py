"""The peers of the receiver: the same server and application, that keep nothing of what comes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from flask import Response

from outage_window.serving.server import listen
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.web import create_app
from webhooks.doors.door import body


class Forgetful(Store):
    """Takes everything, and keeps nothing."""

    def gather(self, *_: object) -> None:
        """Do nothing."""


def main() -> None:
    """Serve until it is ended; the first line of output has the port.

    The door takes in bodies without a look at them; with the argument `looking` it reads and checks
    them as always, and only the store forgets.
    """
    settings = Settings.model_validate({"web": {"listen": "127.0.0.1:0"}})
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Forgetful.open(f"sqlite:///{Path(folder) / 'ow.db'}"), settings)

        def door() -> Response:
            body()
            return Response("{}\n", content_type="application/json")  # at 204 waitress hangs up

        if sys.argv[1:] != ["looking"]:
            app.view_functions["receiver._alertmanager"] = door
        server = listen(app, settings, None)
        sys.stdout.write(f"{server.effective_port}\n")
        sys.stdout.flush()
        server.run()


if __name__ == "__main__":
    main()
