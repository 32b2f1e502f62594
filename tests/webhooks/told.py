# What was recorded of foreign senders, and short ways to read it.
import json
from datetime import UTC, datetime
from pathlib import Path

RECORDED = Path(__file__).parent / "recorded"


def body(kind, name):
    return (RECORDED / kind / f"{name}.json").read_bytes()


def value(kind, name):
    return json.loads(body(kind, name))


def at(event):
    return datetime.fromtimestamp(event.time / 1e9, UTC).strftime("%H:%M:%S")


def shown(events):
    return [(at(e), e.type, e.service, e.text, e.team) for e in events]


def changed(whole, path, new):
    """A copy with another value at a path of keys; `...` for `new` takes the key away."""
    copied = json.loads(json.dumps(whole))
    place = copied
    for key in path[:-1]:
        place = place[key]
    if new is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = new
    return copied


def paths(whole, above=()):
    """The path of every value, at any depth."""
    found = [above] if above else []
    inner = whole.items() if isinstance(whole, dict) else enumerate(whole)
    for key, one in inner if isinstance(whole, dict | list) else ():
        if isinstance(one, dict | list):
            found += paths(one, (*above, key))
        else:
            found.append((*above, key))
    return found
