"""What an upload asks for: files in a folder, as `analyze` is asked on its command line."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from outage_window.assess import Declared
from outage_window.batch import Request
from outage_window.objectives import parse_objective
from outage_window.sources.reading import UNASSIGNED, Reading
from outage_window.uploads.naming import as_argument

FILES = {"exports": "", "users": "--users", "alerts": "--alerts", "events": "--events"}
"""What may be uploaded, by the option of `analyze` that it is."""
ONE = ("alerts", "events")
"""Those of which there is one file."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to analyse: the names of files in a folder, by the keys of `FILES`.

    `service` is the one of files that name none, `slo` an objective such as `99.9/30d`; either may
    be empty.
    """

    folder: Path
    named: Mapping[str, Sequence[str]]
    service: str = ""
    slo: str = ""

    def line(self) -> bytes:
        """One line that `read` understands."""
        said = [str(self.folder), dict(self.named), self.service, self.slo]
        return json.dumps(said).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Asked:
        """What `line` wrote."""
        folder, named, service, slo = json.loads(line)
        return cls(Path(folder), named, service, slo)

    def request(self) -> Request:
        """The request of `analyze`, in the folder of the files; `InputError`."""

        def only(kind: str) -> str | None:
            return next(iter(self.named.get(kind, ())), None)

        objective = parse_objective(self.slo, "slo") if self.slo else None
        return Request(
            exports=self.named.get("exports", ()),
            users=self.named.get("users", ()),  # each is there, so none is taken for a pattern
            alerts=only("alerts"),
            events=only("events"),
            reading=Reading(service=self.service or UNASSIGNED),
            declared=Declared(None, objective),
            command=self.command(),
            whole=True,
        )

    def command(self) -> str:
        """What finds the same in a terminal, in the folder of the files."""
        words = ["outage-window", "analyze"]
        for kind, option in FILES.items():
            for name in self.named.get(kind, ()):
                words += [option, as_argument(name)] if option else [as_argument(name)]
        words += [f"--service={self.service}"] if self.service else []
        words += [f"--slo={self.slo}"] if self.slo else []
        return shlex.join(words)
