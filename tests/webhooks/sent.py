"""Remote write as senders write it: the whole messages of both specifications, and a receiver."""

import struct

import cramjam
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from outage_window.settings.models import Settings
from outage_window.store import arrivals
from outage_window.web import create_app

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
NAN = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000001))[0]
NOW = 1_700_000_000_000
"""Milliseconds: the receiver's clock."""
WRITTEN = ("Samples", "Histograms", "Exemplars")

_BUCKETS = """Histogram: count_int 1 uint64, count_float 2 double, sum 3 double, schema 4 sint32,
 zero_threshold 5 double, zero_count_int 6 uint64, zero_count_float 7 double,
 negative_spans 8 BucketSpan*, negative_deltas 9 sint64*, negative_counts 10 double*,
 positive_spans 11 BucketSpan*, positive_deltas 12 sint64*, positive_counts 13 double*,
 reset_hint 14 int32, timestamp 15 int64, custom_values 16 double*, start_timestamp 17 int64
 BucketSpan: offset 1 sint32, length 2 uint32"""
_FIRST = f"""WriteRequest: timeseries 1 TimeSeries*, metadata 3 MetricMetadata*
 TimeSeries: labels 1 Label*, samples 2 Sample*, exemplars 3 Exemplar*, histograms 4 Histogram*
 Label: name 1 string, value 2 string
 Sample: value 1 double, timestamp 2 int64
 Exemplar: labels 1 Label*, value 2 double, timestamp 3 int64
 MetricMetadata: type 1 int32, metric_family_name 2 string, help 4 string, unit 5 string
 {_BUCKETS}"""
_SECOND = f"""Request: symbols 4 string*, timeseries 5 TimeSeries*
 TimeSeries: labels_refs 1 uint32*, samples 2 Sample*, histograms 3 Histogram*,
 exemplars 4 Exemplar*, metadata 5 Metadata, created_timestamp 6 int64
 Sample: value 1 double, timestamp 2 int64, start_timestamp 3 int64
 Exemplar: labels_refs 1 uint32*, value 2 double, timestamp 3 int64
 Metadata: type 1 int32, help_ref 3 uint32, unit_ref 4 uint32
 {_BUCKETS}"""


def _messages(package, text):
    """Classes of the messages that a text tells: `Name: field number type[*], ...`."""
    file = descriptor_pb2.FileDescriptorProto(name=package, package=package, syntax="proto3")
    parts = [word.strip() for word in " ".join(text.split()).split(":")]
    names = [parts[0]] + [part.rsplit(" ", 1)[1] for part in parts[1:-1]]
    bodies = [part.rsplit(" ", 1)[0] for part in parts[1:-1]] + [parts[-1]]
    for name, body in zip(names, bodies, strict=True):
        message = file.message_type.add(name=name)
        for field in body.split(", "):
            key, number, kind = field.split()
            plain = kind.rstrip("*")
            added = message.field.add(name=key, number=int(number), label=1 + 2 * (plain != kind))
            if plain[0].isupper():
                added.type, added.type_name = added.TYPE_MESSAGE, f".{package}.{plain}"
            else:
                added.type = added.Type.Value(f"TYPE_{plain.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in names
    }


V1, V2 = _messages("prometheus", _FIRST), _messages("io.prometheus.write.v2", _SECOND)
TYPES = {
    "1.0": "application/x-protobuf",
    "2.0": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
}


def first(*series):
    """A request of version 1.0 of (labels as pairs or a mapping, [(ms, value)...])."""
    request = V1["WriteRequest"]()
    for labels, samples in series:
        one = request.timeseries.add()
        for name, value in pairs_of(labels):
            one.labels.add(name=name, value=value)
        for at, value in samples:
            one.samples.add(value=value, timestamp=at)
    return request


def second(*series):
    """The same of version 2.0."""
    request = V2["Request"](symbols=[""])
    for labels, samples in series:
        one = request.timeseries.add()
        one.labels_refs.extend(refs(request, labels))
        for at, value in samples:
            one.samples.add(value=value, timestamp=at)
    return request


MAKERS = {"1.0": first, "2.0": second}


def refs(request, labels):
    """References to the labels' texts, which are put among the symbols."""
    places = {text: place for place, text in enumerate(request.symbols)}
    found = []
    for text in (text for pair in pairs_of(labels) for text in pair):
        if text not in places:
            places[text] = len(request.symbols)
            request.symbols.append(text)
        found.append(places[text])
    return found


def pairs_of(labels):
    return sorted(labels.items()) if isinstance(labels, dict) else labels


def snappy(raw):
    return bytes(cramjam.snappy.compress_raw(raw))


class Receiver:
    """The real app on a store, at the time `NOW`, for the services of the settings."""

    def __init__(self, store, *services, **settings):
        self.store, self.now, self.open = store, NOW, True
        self.settings = Settings.model_validate({"services": services, **settings})
        self.restart()

    def restart(self):
        app = create_app(self.store, self.settings, clock=lambda: self.now * 1_000_000)
        self.client = app.test_client()

    def close(self):
        """Close the store, as a test may have done already: what is sent then cannot be kept."""
        if self.open:
            self.store.close()
        self.open = False

    def send(self, request, version=None, **headers):
        """Post a message, or bytes that are compressed already."""
        if version is None:
            version = "2.0" if request.DESCRIPTOR.name == "Request" else "1.0"
        body = request if isinstance(request, bytes) else snappy(request.SerializeToString())
        usual = {"Content-Type": TYPES[version], "Content-Encoding": "snappy"}
        return self.client.post("/api/v1/write", data=body, headers=usual | headers)

    def kept(self, service="auth", role="attempts"):
        """{labels: [(ms, bits of the value)]} of what arrived and is not merged yet."""
        with self.store.read() as connection:
            rows = [one.id for one in arrivals.waiting(connection, service)]
            found = arrivals.load(connection, rows)
        return {
            tuple(sorted(one.labels.items())): list(
                zip((one.time // 1_000_000).tolist(), bits(one.value), strict=True)
            )
            for one in found
            if one.role == role
        }

    def metric(self, line):
        rows = [row for row in self.client.get("/metrics").text.splitlines() if line in row]
        return float(rows[-1].rpartition(" ")[2])


def bits(values):
    return np.asarray(values, np.float64).view(np.uint64).tolist()


def written(answer):
    """What the answer's headers say: samples, histograms, exemplars; None for a missing one."""
    found = (answer.headers.get(f"X-Prometheus-Remote-Write-{kind}-Written") for kind in WRITTEN)
    return tuple(None if value is None else int(value) for value in found)
