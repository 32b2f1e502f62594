"""The protobuf messages, as far as they are read: field numbers are those of the specifications.

Made when the module is loaded, so that no generated code ties the program to one release of the
library. What is read otherwise than it is declared is equal on the wire: parts are `bytes` until it
is known how many there are, texts are `bytes` so that one that is no UTF-8 spoils its series alone,
and values are the bits of a float, since a stale marker is a NaN that arithmetic would change.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FILE = "outage_window.remote_write"
_LISTS = {
    "repeated": descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
    "one": descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL,
}
_MESSAGES: dict[str, list[tuple[str, int, str, str]]] = {
    "Label": [("name", 1, "one", "bytes"), ("value", 2, "one", "bytes")],
    "Sample": [("bits", 1, "one", "fixed64"), ("timestamp", 2, "one", "int64")],
    # prometheus.WriteRequest, version 1.0. Field 5 is where version 2.0 has its series.
    "WriteRequest": [("timeseries", 1, "repeated", "bytes"), ("second", 5, "repeated", "bytes")],
    "TimeSeries": [
        ("labels", 1, "repeated", "Label"),
        ("samples", 2, "repeated", "Sample"),
        ("exemplars", 3, "repeated", "bytes"),
        ("histograms", 4, "repeated", "bytes"),
    ],
    # io.prometheus.write.v2.Request. Field 1 is where version 1.0 has its series.
    "Request": [
        ("first", 1, "repeated", "bytes"),
        ("symbols", 4, "repeated", "bytes"),
        ("timeseries", 5, "repeated", "bytes"),
    ],
    "Series": [
        ("labels_refs", 1, "repeated", "uint32"),
        ("samples", 2, "repeated", "Sample"),
        ("histograms", 3, "repeated", "bytes"),
        ("exemplars", 4, "repeated", "bytes"),
        ("metadata", 5, "one", "Metadata"),
    ],
    "Metadata": [("help_ref", 3, "one", "uint32"), ("unit_ref", 4, "one", "uint32")],
    "Exemplar": [("labels_refs", 1, "repeated", "uint32"), ("timestamp", 3, "one", "int64")],
    # The same in both versions.
    "Histogram": [
        ("count_int", 1, "one", "uint64"),
        ("count_float", 2, "one", "double"),
        ("sum", 3, "one", "double"),
        ("schema", 4, "one", "sint32"),
        ("zero_count_int", 6, "one", "uint64"),
        ("zero_count_float", 7, "one", "double"),
        ("negative_spans", 8, "repeated", "BucketSpan"),
        ("negative_deltas", 9, "repeated", "sint64"),
        ("negative_counts", 10, "repeated", "double"),
        ("positive_spans", 11, "repeated", "BucketSpan"),
        ("positive_deltas", 12, "repeated", "sint64"),
        ("positive_counts", 13, "repeated", "double"),
        ("timestamp", 15, "one", "int64"),
        ("custom_values", 16, "repeated", "double"),
    ],
    "BucketSpan": [("offset", 1, "one", "sint32"), ("length", 2, "one", "uint32")],
}


def _made() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name=_FILE, package=_FILE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, label, kind in fields:
            added = message.field.add(name=field, number=number, label=_LISTS[label])
            if kind in _MESSAGES:
                added.type = added.TYPE_MESSAGE
                added.type_name = f".{_FILE}.{kind}"
            else:
                added.type = added.Type.Value(f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()  # of our own: names in the common one may clash
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_FILE}.{name}"))
        for name in _MESSAGES
    }


_CLASSES = _made()
WriteRequest, TimeSeries = _CLASSES["WriteRequest"], _CLASSES["TimeSeries"]
Request, Series = _CLASSES["Request"], _CLASSES["Series"]
Exemplar, Histogram = _CLASSES["Exemplar"], _CLASSES["Histogram"]
