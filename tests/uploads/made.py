# Files as people drop them, and an analyser that needs no second process.
from __future__ import annotations

import contextlib
import io
import json
import pickle

import numpy as np
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from outage_window.batch import analyze
from outage_window.uploads.analysing import Analyser
from outage_window.uploads.found import found_in
from tests.live.made import BORN, DAY, FIRING, text

OUTAGE = BORN + DAY + 36_000
"""When the outage of an export begins, unless the test says otherwise; it lasts 40 minutes."""
LASTS = 2400


class Here(Analyser):
    """Analyses in this process: for tests of what is done with what was found."""

    def run(self, asked):
        with contextlib.chdir(asked.folder):
            found = found_in(analyze(asked.request()))
        answer = pickle.dumps(found, pickle.HIGHEST_PROTOCOL)
        return pickle.loads(answer), len(answer)


def export(*outages, service="auth", days=2, step=60, seed=1):
    """A table with a service of every minute; outages are (start, end) in seconds."""
    rng = np.random.default_rng(seed)
    time = np.arange(BORN, BORN + days * DAY, step)
    bad = np.zeros(len(time), bool)
    for start, end in outages:
        bad |= (time >= start) & (time < end)
    attempts = rng.poisson(300, len(time))
    errors = rng.binomial(attempts, np.where(bad, 0.4, 0.01))
    name, column = (f"{service},", "service,") if service else ("", "")
    rows = (f"{t},{name}{a},{e}\n" for t, a, e in zip(time, attempts, errors, strict=True))
    return (f"time,{column}attempts,errors\n" + "".join(rows)).encode()


USUAL = export((OUTAGE, OUTAGE + LASTS))


def alerts(fired=OUTAGE + 300, ended=OUTAGE + LASTS + 60, service="auth"):
    alert = FIRING["alerts"][0] | {
        "labels": {"alertname": "A", "service": service},
        "startsAt": text(fired),
        "endsAt": text(ended),
        "status": "resolved",
    }
    return json.dumps(FIRING | {"alerts": [alert], "status": "resolved"}).encode()


def attempts(seed=2):
    """A thousand users, as many attempts as the metrics count, who fail during the outage."""
    rng = np.random.default_rng(seed)
    rows = ["time,user,outcome,reason,service"]
    for time in range(OUTAGE - 10_800, OUTAGE + LASTS + 3600, 60):
        for user in rng.integers(0, 1000, 300):
            bad = OUTAGE <= time < OUTAGE + LASTS and rng.random() < 0.6
            said = "failure,invalid_token" if bad else "success,"
            rows.append(f"{time},u{user},{said},auth")
    return "\n".join(rows).encode()


def events(time=OUTAGE + 900):
    rows = ("time,type,service,text", f"{text(time)},acknowledged,auth,Looking into it")
    return "\n".join(rows).encode()


def drop(client, exports=((USUAL, "auth.csv"),), **more):
    """Posts files as the form does: each (bytes, name); texts are fields."""
    given = {"exports": exports, **more}
    data = {
        name: said
        if isinstance(said, str)
        else [FileStorage(io.BytesIO(content), called) for content, called in said]
        for name, said in given.items()
    }
    return send(client, data)


def send(client, data, path="/upload", **more):
    """Posts a form with files, encoded in memory."""
    boundary, body = encode_multipart(data)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(path, data=body, content_type=kind, **more)


def dropped(client, *given, **more):
    """The address of what was found."""
    answer = drop(client, *given, **more)
    assert answer.status_code == 303, answer.text
    return answer.location
