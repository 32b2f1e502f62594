"""The batch engine: files in, what was found of each service out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from outage_window.assess import People
from outage_window.batch.analysis import Analysis
from outage_window.batch.beside import read_context
from outage_window.batch.engines import Engine, Inline, Processes, processors
from outage_window.batch.folder import InFolder, Keeping, Work
from outage_window.batch.found import Found, judge
from outage_window.batch.judging import Bucket, Judge
from outage_window.batch.place import place
from outage_window.batch.request import Context, Request
from outage_window.batch.storage import Storage, storage_at
from outage_window.sources.exports import one_source, refuse_many, some_left
from outage_window.sources.inputs import Inputs
from outage_window.sources.pieces import bucket_of
from outage_window.sources.scanning import Scan, Scanned
from outage_window.sources.shelf import InMemory, Shelf

LIGHT = 2**27
"""Bytes of rows up to which all is done here and in memory: it takes a second or two."""
BUCKET = 2**24
"""Bytes of rows that are judged side by side, about: few enough to bound the memory."""
SIDE_BY_SIDE = 256
"""Services of samples judged at a time."""

Stage = Literal["reading", "judging"]
Progress = Callable[[Stage, int, int], None]
"""Told how much of a stage is done and how much there is: bytes that are read, rows judged."""

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workshop:
    """Who works, where the rows lie meanwhile, and where results are kept, if anywhere."""

    engine: Engine
    shelf: Shelf
    storage: Storage | None

    def run(self, work: Work[Task, Result], tasks: Iterator[Task]) -> Iterator[Result]:
        """Do the tasks; what is kept is not done again."""
        if self.storage is None:
            return self.engine.run(work, tasks)
        return self.engine.run(Keeping(work, self.storage), tasks)


def analyze(
    request: Request,
    progress: Progress = lambda stage, done, total: None,
    engine: Engine | None = None,
    resume: bool = False,
    work_dir: str | None = None,
) -> Analysis:
    """Read and assess all that the request names.

    Deterministic: the same files and choices give the same analysis, whoever does the work. Much
    input lies in a folder of `work_dir` meanwhile, and `resume` goes on with what an interrupted
    analysis of the same left there. Raises `InputError` for input that cannot be used.
    """
    context = read_context(request)
    inputs = Inputs(request.exports, request.reading)
    buckets = -(-inputs.weight // BUCKET) or 1
    if engine is None and (request.whole or inputs.weight <= LIGHT):
        refuse_many(inputs.files)
        here = Workshop(Inline(), InMemory(), None)
        return _analysis(request, context, inputs, buckets, here, progress)
    with place(request, context.origins, inputs.weight, resume, work_dir) as folder:
        storage = storage_at(folder)
        chosen = engine or (Processes() if processors() > 1 else Inline())
        workshop = Workshop(chosen, InFolder(storage, buckets), storage)
        return _analysis(request, context, inputs, buckets, workshop, progress)


def _analysis(
    request: Request,
    context: Context,
    inputs: Inputs,
    buckets: int,
    workshop: Workshop,
    progress: Progress,
) -> Analysis:
    scanned = _scanned(request, inputs, buckets, workshop, progress)
    catalogue = inputs.catalogue(entry for one in scanned for entry in one.entries)
    origins = inputs.origins(catalogue)
    sampled = one_source(inputs.sampled())
    names = {entry.only for entry in catalogue.entries} | {data.service for data in sampled}
    context = context.attributed(next(iter(names)) if len(names) == 1 else None)
    alone = replace(context, users={})
    elsewhere = {data.service: data.origins for data in sampled}
    work = Judge(workshop.shelf, catalogue, origins, elsewhere, alone, request)
    total = sum(entry.rows for entry in catalogue.entries)
    found: dict[str, Found] = {}
    done = 0
    progress("judging", done, total)
    for some in workshop.run(work, _tasks(buckets if total else 0, context.users)):
        found |= {one.service: one for one in some}
        done += sum(one.extent.observations for one in some if one.extent is not None)
        progress("judging", done, total)
    left = [data for data in sampled if data.service not in found]
    for begin in range(0, len(left), SIDE_BY_SIDE):
        part = left[begin : begin + SIDE_BY_SIDE]
        found |= {one.service: one for one in judge(part, context.users, alone, request)}
    ordered = tuple(found[name] for name in sorted(found))
    some_left((one.service, one.refused) for one in ordered)
    used = tuple(dict.fromkeys((*origins, *context.origins)))
    return Analysis(request, ordered, context, used)


def _scanned(
    request: Request, inputs: Inputs, buckets: int, workshop: Workshop, progress: Progress
) -> list[Scanned]:
    total = sum(file.size for file in inputs.files)
    scanned: list[Scanned] = []
    done = 0
    progress("reading", done, total)
    for one in workshop.run(Scan(request.reading, buckets, workshop.shelf), inputs.tasks()):
        scanned.append(one)
        done += one.size
        progress("reading", done, total)
    return scanned


def _tasks(buckets: int, users: Mapping[str, People]) -> Iterator[Bucket]:
    """The buckets, each with the attempts per user of its services."""
    own: dict[int, dict[str, People]] = {}
    for service, people in users.items():
        own.setdefault(bucket_of(service, buckets), {})[service] = people
    return (Bucket(number, own.get(number, {})) for number in range(buckets))
