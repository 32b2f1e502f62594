"""Remote write 1.0 and 2.0, clause by clause, by the real app on a real store.

Each test names the clause in its docstring: the version, the section, and what is asked of whom.
"""

import pytest

from outage_window.store import Store
from tests.webhooks.sent import (
    MAKERS,
    NAN,
    NOW,
    STALE,
    TYPES,
    V2,
    Receiver,
    bits,
    first,
    refs,
    second,
    snappy,
    written,
)

AUTH = {
    "name": "auth",
    "source": "remote_write",
    "attempts": "auth_requests_total",
    "errors": 'auth_requests_total{result="failure"}',
}
GOOD = {"__name__": "auth_requests_total", "instance": "a:1", "job": "auth", "result": "success"}
BAD = GOOD | {"result": "failure"}
OTHER = {"__name__": "up", "job": "auth"}
GOOD_KEY, BAD_KEY = (tuple(sorted(one.items())) for one in (GOOD, BAD))
NAMELESS = {"job": "auth"}

both = pytest.mark.parametrize("version", ["1.0", "2.0"])


@pytest.fixture
def receiver(tmp_path):
    made = Receiver(Store.open(f"sqlite:///{tmp_path / 'ow.db'}"), AUTH)
    yield made
    made.close()


def made(version, *series):
    return MAKERS[version](*series)


def said(answer, status, *words):
    """The answer is one JSON line with this status and these words in it."""
    assert answer.status_code == status, answer.text
    assert set(answer.json) == {"error", "field"}
    for word in words:
        assert word in answer.json["error"] + answer.json["field"], answer.json


# Protocol: method, path, headers, compression.


@both
def test_success_is_204_without_a_body(receiver, version):
    """1.0 Protocol: "The response body SHOULD be empty". 2.0 Response: SHOULD be 204."""
    answer = receiver.send(made(version, (GOOD, [(NOW, 1.0)])))
    assert (answer.status_code, answer.data) == (204, b"")
    assert receiver.kept() == {GOOD_KEY: [(NOW, bits(1.0))]}


def test_only_post_is_taken(receiver):
    """1.0 and 2.0 Protocol: "in the body of a HTTP POST request"."""
    said(receiver.client.get("/api/v1/write"), 405)
    said(receiver.client.put("/api/v1/write"), 405)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-protobuf",
        "application/x-protobuf;proto=prometheus.WriteRequest",
        "application/x-protobuf; proto=prometheus.WriteRequest",
        'Application/X-Protobuf; proto="prometheus.WriteRequest"',
    ],
)
def test_the_content_type_chooses_version_1(receiver, content_type):
    """2.0 Content-Type: "Receivers MUST use the content type header to identify the schema"."""
    answer = receiver.send(first((GOOD, [(NOW, 1.0)])), **{"Content-Type": content_type})
    assert answer.status_code == 204
    assert len(receiver.kept()) == 1


def test_the_content_type_chooses_version_2(receiver):
    """2.0 Protocol: "Receivers MUST support the io.prometheus.write.v2.Request"."""
    answer = receiver.send(second((GOOD, [(NOW, 1.0)])), **{"Content-Type": TYPES["2.0"]})
    assert (answer.status_code, written(answer)) == (204, (1, 0, 0))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "image/png",
        "",
        "application/x-protobuf;proto=io.prometheus.write.v3.Request",
        "application/x-protobuf;proto=prometheus.writerequest",
        "text/plain;proto=prometheus.WriteRequest",
    ],
)
def test_another_content_type_is_415(receiver, content_type):
    """2.0 Unsupported Request Content: "Receivers MUST return 415"."""
    answer = receiver.send(b"0 no snappy", "1.0", **{"Content-Type": content_type})
    said(answer, 415, "Content-Type", "io.prometheus.write.v2.Request")


@both
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "", "snappy, gzip"])
def test_another_content_encoding_is_415(receiver, version, encoding):
    """2.0 Content-Encoding: "Receivers MUST support snappy"; others are not supported here."""
    answer = receiver.send(b"0", version, **{"Content-Encoding": encoding})
    said(answer, 415, "Content-Encoding", "snappy")


@both
def test_the_framed_format_is_not_read(receiver, version):
    """1.0 and 2.0 Protocol: "the framed format MUST NOT be used"."""
    import cramjam

    raw = made(version, (GOOD, [(NOW, 1.0)])).SerializeToString()
    said(receiver.send(bytes(cramjam.snappy.compress(raw)), version), 400, "snappy block")


@both
def test_no_other_header_is_needed(receiver, version):
    """1.0 asks senders for a version header; some send none. 2.0 chooses by Content-Type alone."""
    request = made(version, (GOOD, [(NOW, 1.0)]))
    for header in ("0.1.0", "2.0.0", "1.0.0", "nonsense", ""):
        answer = receiver.send(request, **{"X-Prometheus-Remote-Write-Version": header})
        assert answer.status_code == 204


@both
@pytest.mark.parametrize("body", [b"", b"0", b"\xff" * 9, snappy(b"\xff"), snappy(b"\x0a\x7f")])
def test_what_is_no_message_is_400(receiver, version, body):
    """1.0 Retries: "4xx when the request is invalid, will never be able to succeed"."""
    answer = receiver.send(body, version)
    said(answer, 400, "body")
    assert written(answer) == ((None,) * 3 if version == "1.0" else (0, 0, 0))


def test_the_other_versions_message_is_refused(receiver):
    """2.0 Content-Type: a wrong schema would read as an empty message; it is told instead."""
    request = first((GOOD, [(NOW, 1.0)])).SerializeToString()
    said(receiver.send(snappy(request), "2.0"), 400, "prometheus.WriteRequest", "Content-Type")
    request = second((GOOD, [(NOW, 1.0)])).SerializeToString()
    said(receiver.send(snappy(request), "1.0"), 400, "write.v2.Request", "Content-Type")


def test_unknown_fields_are_skipped(receiver):
    """1.0 and 2.0 Compatibility: "Adding (optional) fields" is a minor change."""
    for version in ("1.0", "2.0"):
        raw = made(version, (GOOD, [(NOW, 1.0)])).SerializeToString() + b"\xa2\x06\x03new"
        assert receiver.send(snappy(raw), version).status_code == 204


@both
def test_an_empty_request_is_a_success(receiver, version):
    """Senders of 1.0 begin with an empty request; nothing in it can be refused."""
    for raw in (b"", made(version).SerializeToString()):
        assert receiver.send(snappy(raw), version).status_code == 204


def test_metadata_alone_is_a_success(receiver):
    """1.0: metadata is "omitted from v1 of the spec"; Prometheus sends requests of it alone."""
    request = first()
    request.metadata.add(type=1, metric_family_name="auth_requests_total", help="Tries.")
    assert receiver.send(request).status_code == 204
    request = second((GOOD, []))
    request.timeseries[0].metadata.type = 1
    answer = receiver.send(request)
    assert (answer.status_code, written(answer)) == (204, (0, 0, 0))


# Written headers and partial writes.


def test_version_2_tells_how_much_was_written(receiver):
    """2.0 Required Written Response Headers: MUST, each "a single 64-bit integer"."""
    answer = receiver.send(second((GOOD, [(NOW - 1, 1.0), (NOW, 2.0)]), (OTHER, [(NOW, 1.0)])))
    assert (answer.status_code, written(answer)) == (204, (3, 0, 0))


def test_version_1_answers_without_these_headers(receiver):
    """2.0: senders must not conclude from them where they used the message of 1.0."""
    answer = receiver.send(first((GOOD, [(NOW, 1.0)])))
    assert written(answer) == (None, None, None)


@both
def test_a_partial_write_is_400_and_keeps_what_is_good(receiver, version):
    """2.0 Partial Write: "Receivers MAY write valid samples", "MUST return non-2xx". 1.0 Labels:
    "MAY ingest valid samples", "MUST return a HTTP 400 status code"."""
    series = (GOOD, [(NOW, 1.0)]), (NAMELESS, [(NOW, 1.0), (NOW - 1, 1.0)]), (BAD, [(NOW, 2.0)])
    answer = receiver.send(made(version, *series))
    said(answer, 400, "2 of 4 samples", "__name__", "timeseries[1]")
    assert set(receiver.kept()) == {GOOD_KEY, BAD_KEY}
    assert written(answer) == ((None,) * 3 if version == "1.0" else (2, 0, 0))


@both
def test_the_error_says_how_much_and_why(receiver, version):
    """2.0 Response: "MUST provide a human-readable error message", SHOULD amounts and reasons."""
    series = [(NAMELESS, [(NOW, 1.0)])] * 3 + [(GOOD, [(-5, 1.0)])]
    answer = receiver.send(made(version, *series))
    said(answer, 400, "4 of 4 samples", "__name__", "expected times from 1970")


@both
def test_what_no_service_asks_for_is_accepted(receiver, version):
    """2.0 Glossary: "Written refers to data the Receiver has received and is accepting. Whether
    or not it has ingested this data ... is up to the Receiver"."""
    answer = receiver.send(made(version, (OTHER, [(NOW, 1.0)]), (GOOD, [(NOW, 1.0)])))
    assert answer.status_code == 204
    assert version == "1.0" or written(answer) == (2, 0, 0)
    assert set(receiver.kept()) == {GOOD_KEY}
    counted = {
        name: receiver.metric(f'remote_write_samples_total{{outcome="{name}"')
        for name in ("kept", "unmatched", "refused")
    }
    assert counted == {"kept": 1, "unmatched": 1, "refused": 0}


@both
def test_a_request_that_is_sent_again_changes_nothing(receiver, version):
    """2.0 Retries on Partial Writes: "the Receiver MUST support idempotency"."""
    series = (GOOD, [(NOW - 1, 1.0), (NOW, 2.0)]), (NAMELESS, [(NOW, 1.0)])
    for _ in range(3):
        answer = receiver.send(made(version, *series), **{"Retry-Attempt": "1"})
        assert answer.status_code == 400
        assert version == "1.0" or written(answer) == (2, 0, 0)
    assert receiver.kept() == {GOOD_KEY: [(NOW - 1, bits(1.0)), (NOW, bits(2.0))]}


@both
def test_a_failure_of_the_store_is_503_never_429(receiver, version):
    """1.0 Retries: "5xx when the write fails and SHOULD be retried"."""
    receiver.close()
    answer = receiver.send(made(version, (GOOD, [(NOW, 1.0)])))
    said(answer, 503, "send it again")
    assert written(answer) == ((None,) * 3 if version == "1.0" else (0, 0, 0))


@both
def test_what_no_service_asks_for_needs_no_store(receiver, version):
    """But for the first request, before which the series that are kept are not known."""
    assert receiver.send(made(version, (OTHER, [(NOW, 1.0)]))).status_code == 204
    receiver.close()
    assert receiver.send(made(version, (OTHER, [(NOW, 1.0)]))).status_code == 204


# Labels.


@both
@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([("__name__", "a"), ("job", "x"), ("job", "y")], "each label once"),
        ([("__name__", "a"), ("job", "x"), ("job", "x")], "each label once"),
        ([("__name__", "a"), ("", "x")], "no empty name or value"),
        ([("__name__", "a"), ("job", "")], "no empty name or value"),
        ([("__name__", "")], "no empty name or value"),
        ([("job", "x")], "__name__"),
        ([], "__name__"),
    ],
)
def test_labels_that_break_a_rule_are_refused(receiver, version, labels, words):
    """1.0 Labels, 2.0 Series Labels: no repeated names, no empty names or values, a name."""
    answer = receiver.send(made(version, (labels, [(NOW, 1.0)]), (GOOD, [(NOW, 1.0)])))
    said(answer, 400, "1 of 2 samples", words)
    assert len(receiver.kept()) == 1


@both
def test_labels_out_of_order_are_the_same_series(receiver, version):
    """Both: senders "MUST have label names sorted". Unsorted ones mean nothing else, so they are
    put in order, as Prometheus does; the official test suite sends them so and expects 2xx."""
    series = (pairs[::-1] if turn else pairs for turn, pairs in enumerate([list(GOOD_KEY)] * 2))
    answer = receiver.send(
        made(version, *((labels, [(NOW + turn, 1.0)]) for turn, labels in enumerate(series)))
    )
    assert answer.status_code == 204
    assert receiver.kept() == {GOOD_KEY: [(NOW, bits(1.0)), (NOW + 1, bits(1.0))]}


@pytest.mark.parametrize(
    "labels",
    [
        {"__name__": "resource.cpu.usage"},
        {"__name__": "auth_requests_total", "job.name": "x"},
        {"__name__": "auth_requests_total", "0job": "x"},
        {"__name__": "auth_requests_total", "jöb": "x"},
        {"__name__": "auth_requests_total\n"},
        {"__name__": "auth_requests_total", "a:b": "x"},
    ],
)
def test_names_are_plain_in_version_1_and_utf8_in_version_2(receiver, labels):
    """1.0 Labels: names MUST adhere to the pattern. 2.0: "any sequence of UTF-8 characters"."""
    said(receiver.send(first((labels, [(NOW, 1.0)]))), 400, "letters, digits and underscores")
    answer = receiver.send(second((labels, [(NOW, 1.0)])))
    assert (answer.status_code, written(answer)) == (204, (1, 0, 0))


@both
def test_values_of_labels_are_any_utf8(receiver, version):
    """1.0 and 2.0: "Label values MAY be any sequence of UTF-8 characters"."""
    odd = GOOD | {"x": "\n\0\"\\🌍\u202e'; DROP TABLE series; --\U0010ffff\ufffd"}
    assert receiver.send(made(version, (odd, [(NOW, 1.0)]))).status_code == 204
    assert list(receiver.kept()) == [tuple(sorted(odd.items()))]


@both
def test_colons_and_reserved_names_are_fine(receiver, version):
    """Metric names may have colons (recording rules); names with "__" are reserved, not refused."""
    odd = {"__name__": "job:auth_requests:total", "__tmp__": "x"}
    assert receiver.send(made(version, (odd, [(NOW, 1.0)]))).status_code == 204


# Samples.


@both
@pytest.mark.parametrize("value", [STALE, NAN, float("inf"), float("-inf"), 0.0, -0.0, 5e-324])
def test_every_value_is_kept_to_the_bit(receiver, version, value):
    """Both, Stale Markers: "the special NaN value 0x7ff0000000000002". Values are float64."""
    request = made(version, (GOOD, [(NOW, 1.0)]))
    sample = request.timeseries[0].samples[0]
    raw = request.SerializeToString().replace(
        sample.SerializeToString(),
        b"\x09" + bits(value).to_bytes(8, "little") + sample.SerializeToString()[9:],
    )
    assert receiver.send(snappy(raw), version).status_code == 204
    assert receiver.send(snappy(raw), version).status_code == 204  # the quick road, too
    assert receiver.kept() == {GOOD_KEY: [(NOW, bits(value))]}


@both
def test_a_zero_value_is_left_out_on_the_wire(receiver, version):
    """Protobuf 3: a field with the value 0 is not written."""
    for at in (NOW - 1, NOW):
        assert receiver.send(made(version, (GOOD, [(at, 0.0)]))).status_code == 204
    assert receiver.kept() == {GOOD_KEY: [(NOW - 1, 0), (NOW, 0)]}


@both
def test_milliseconds_are_kept(receiver, version):
    """Both: "Timestamps MUST be int64 counted as milliseconds since the Unix epoch"."""
    receiver.send(made(version, (GOOD, [(NOW - 7, 1.0)])))
    assert receiver.kept() == {GOOD_KEY: [(NOW - 7, bits(1.0))]}


@both
@pytest.mark.parametrize("at", [-1, 2**63 - 1, -(2**63), NOW + 600_001, 7_258_118_400_000])
def test_times_outside_are_refused(receiver, version, at):
    """Both: it is up to the receiver what is invalid; then 400, and the rest may be written."""
    answer = receiver.send(made(version, (GOOD, [(NOW, 1.0), (at, 1.0)])))
    said(answer, 400, "1 of 2 samples", "ten minutes from now", "timeseries[0].samples")
    assert receiver.kept() == {GOOD_KEY: [(NOW, bits(1.0))]}


@both
def test_a_clock_that_is_a_little_ahead_is_borne(receiver, version):
    assert receiver.send(made(version, (GOOD, [(NOW + 600_000, 1.0)]))).status_code == 204


@both
def test_samples_older_than_history_are_refused_where_they_are_asked_for(receiver, version):
    """1.0 Backfill: no limit is placed, "however server/implementation specific constraints"."""
    old = NOW - 28 * 86_400_000 - 1000
    answer = receiver.send(made(version, (GOOD, [(old, 1.0)]), (OTHER, [(old, 1.0)])))
    said(answer, 400, "1 of 2 samples", "older than")
    assert receiver.send(made(version, (OTHER, [(old, 1.0)]))).status_code == 204
    assert receiver.send(made(version, (GOOD, [(old + 2000, 1.0)]))).status_code == 204


@both
def test_samples_of_any_order_are_kept_in_order(receiver, version):
    """Both: senders MUST keep to the order. A sample out of order means nothing else."""
    receiver.send(made(version, (GOOD, [(NOW, 2.0), (NOW - 5, 1.0)])))
    receiver.send(made(version, (GOOD, [(NOW - 9, 0.5)])))
    assert [at for at, _ in receiver.kept()[GOOD_KEY]] == [NOW - 9, NOW - 5, NOW]


@both
def test_two_values_at_one_time_are_refused_and_the_first_stays(receiver, version):
    """Both: what contradicts itself is invalid. The same value again is a repetition."""
    series = (GOOD, [(NOW, 1.0), (NOW, 2.0), (NOW, 1.0)]), (GOOD, [(NOW, 3.0)])
    answer = receiver.send(made(version, *series))
    said(answer, 400, "2 of 4 samples", "one value a series and time")
    assert receiver.kept() == {GOOD_KEY: [(NOW, bits(1.0))]}
    answer = receiver.send(made(version, (GOOD, [(NOW, 7.0), (NOW, 7.0)])))
    assert answer.status_code == 204
    assert receiver.kept() == {GOOD_KEY: [(NOW, bits(1.0))]}, "the first stays, across requests too"


@both
def test_a_series_may_come_in_several_messages(receiver, version):
    """2.0 TimeSeries: "there might be multiple TimeSeries objects ... with the same labels"."""
    receiver.send(made(version, *((GOOD, [(NOW + i, float(i))]) for i in range(3))))
    assert [at for at, _ in receiver.kept()[GOOD_KEY]] == [NOW, NOW + 1, NOW + 2]


def test_a_series_that_is_both_roles_is_kept_in_both(receiver):
    receiver.send(second((GOOD, [(NOW, 1.0)]), (BAD, [(NOW, 2.0)])))
    assert set(receiver.kept(role="attempts")) == {GOOD_KEY, BAD_KEY}
    assert set(receiver.kept(role="errors")) == {BAD_KEY}


def test_start_timestamps_are_accepted_and_not_needed(receiver):
    """2.0 Samples: start timestamps SHOULD be provided; "the 0 value MUST be treated ... unset"."""
    for start in (0, NOW - 3_600_000, -1, NOW + 1, 2**63 - 1):
        request = second((GOOD, [(NOW, 1.0)]))
        request.timeseries[0].samples[0].start_timestamp = start
        request.timeseries[0].created_timestamp = start  # where earlier drafts had it
        assert receiver.send(request).status_code == 204
    assert receiver.kept() == {GOOD_KEY: [(NOW, bits(1.0))]}


def test_metadata_of_any_type_is_accepted(receiver):
    """2.0 Metadata: "Receivers MAY reject series with unspecified Metadata.type": not here."""
    for kind in range(9):
        request = second((GOOD, [(NOW, 1.0)]))
        request.timeseries[0].metadata.type = kind
        request.timeseries[0].metadata.help_ref = refs(request, [("", 'Tries\n"all" äöü')])[1]
        assert receiver.send(request).status_code == 204


# Symbols of version 2.0.


def test_symbols_begin_with_the_empty_text(receiver):
    """2.0 Symbols: "The first element of the symbols table MUST be an empty string"."""
    request = second((GOOD, [(NOW, 1.0)]))
    request.symbols[0] = "x"
    answer = receiver.send(request)
    said(answer, 400, "symbols", "empty")
    assert written(answer) == (0, 0, 0)
    del request.symbols[:]
    said(receiver.send(request), 400, "symbols")


@pytest.mark.parametrize("ref", [8, 9, 2**31, 2**32 - 1])
def test_references_lead_to_symbols_that_are_there(receiver, ref):
    """2.0 Symbols: "References MUST point to the existing index in the symbols string array"."""
    for where in ("labels", "help", "unit"):
        request = second((GOOD, [(NOW, 1.0)]), (OTHER, [(NOW, 1.0)]))
        series = request.timeseries[0]
        if where == "labels":
            series.labels_refs[1] = max(ref, len(request.symbols))
        else:
            setattr(series.metadata, f"{where}_ref", max(ref, len(request.symbols)))
        answer = receiver.send(request)
        said(answer, 400, "1 of 2 samples", "symbols that are there", "timeseries[0]")
        assert written(answer) == (1, 0, 0)
    assert receiver.kept() == {}


def test_references_come_in_pairs(receiver):
    """2.0 TimeSeries: "This list's length is always a multiple of two"; it MUST be provided."""
    request = second((GOOD, [(NOW, 1.0)]), ([], [(NOW, 1.0)]))
    request.timeseries[0].labels_refs.append(1)
    said(receiver.send(request), 400, "2 of 2 samples", "a value for each name", "__name__")


def test_symbols_that_are_there_twice_are_borne(receiver):
    """2.0 Symbols: MUST be "deduplicated"; two of the same text mean nothing else."""
    request = second((GOOD, [(NOW, 1.0)]))
    request.symbols.append(request.symbols[1])
    request.timeseries[0].labels_refs[0] = len(request.symbols) - 1
    assert receiver.send(request).status_code == 204
    assert set(receiver.kept()) == {GOOD_KEY}


# Native histograms and exemplars.


def histogram(kind=V2, **changes):
    usual = {
        "count_int": 24,
        "sum": 1.5,
        "zero_count_int": 1,
        "positive_spans": [{"offset": 0, "length": 3}, {"offset": 2, "length": 2}],
        "positive_deltas": [1, 2, 1, 3, 1],
        "timestamp": NOW,
    }
    return kind["Histogram"](**usual | changes)


def with_histogram(version, labels, found):
    request = made(version, (labels, []))
    request.timeseries[0].histograms.append(
        type(request.timeseries[0].histograms.add()).FromString(found.SerializeToString())
    )
    del request.timeseries[0].histograms[0]
    return request


@both
def test_histograms_of_other_series_are_accepted(receiver, version):
    """2.0 Required Written Response Headers: histograms are counted apart."""
    answer = receiver.send(with_histogram(version, OTHER, histogram()))
    assert answer.status_code == 204
    assert version == "1.0" or written(answer) == (0, 1, 0)
    assert receiver.metric('remote_write_histograms_total{outcome="unmatched"') == 1


@both
def test_histograms_of_a_service_are_refused(receiver, version):
    """2.0 Invalid Samples: "Receivers MAY NOT support certain metric types or samples"; then 400.
    A service counts float counters: it must not lose its data without a word."""
    request = with_histogram(version, GOOD, histogram())
    other = made(version, (BAD, [(NOW, 1.0)]))
    if version == "2.0":
        other.timeseries[0].labels_refs[:] = refs(request, BAD)
    request.timeseries.append(other.timeseries[0])
    answer = receiver.send(request)
    said(answer, 400, "1 of 1 histograms", "no native histograms")
    assert version == "1.0" or written(answer) == (1, 0, 0)
    assert set(receiver.kept()) == {BAD_KEY}


CUSTOM = {
    "schema": -53, "count_int": 30, "zero_count_int": 0, "custom_values": [0.1, 0.5, 1.0],
    "positive_spans": [{"offset": 0, "length": 4}], "positive_deltas": [6, 1, 1, 1],
}  # fmt: skip
FLOAT = {
    "count_int": 0, "zero_count_int": 0, "positive_deltas": [], "count_float": 7.5,
    "positive_counts": [1.5, 1.0, 2.0, 1.0, 2.0],
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"schema": 8},
        {"schema": -4},
        CUSTOM,
        FLOAT,
        {"sum": float("nan"), "count_int": 30},
        {"negative_spans": [{"offset": -3, "length": 1}], "negative_deltas": [4], "count_int": 28},
        {"count_int": 1, "positive_spans": [], "positive_deltas": []},
        {"count_int": 0, "zero_count_int": 0, "positive_spans": [], "positive_deltas": []},
    ],
)
def test_sound_histograms(receiver, changes):
    answer = receiver.send(with_histogram("2.0", OTHER, histogram(**changes)))
    assert (answer.status_code, written(answer)) == (204, (0, 1, 0)), answer.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"count_int": 99}, "the sum of the histogram's buckets"),
        ({"count_int": 0}, "the sum of the histogram's buckets"),
        ({"sum": float("nan"), "count_int": 3}, "the sum of the histogram's buckets"),
        ({"schema": 9}, "schema"),
        ({"schema": -5}, "schema"),
        ({"positive_deltas": [1, 2, 1, 3]}, "as many buckets"),
        ({"positive_counts": [1.0]}, "as many buckets"),
        ({"positive_spans": [{"offset": 0, "length": 2**32 - 1}]}, "as many buckets"),
        ({"positive_spans": [{"length": 3}, {"offset": -2, "length": 2}]}, "in order"),
        ({"positive_deltas": [1, -2, 1, 3, 1]}, "no negative bucket"),
        (FLOAT | {"positive_counts": [1.0, float("nan"), 1.0, 1.0, 1.0]}, "no negative bucket"),
        (FLOAT | {"count_float": 7.0}, "the sum of the histogram's buckets"),
        (CUSTOM | {"custom_values": [0.1, 0.1, 0.2]}, "increase"),
        (CUSTOM | {"custom_values": [0.1, 0.2]}, "beyond"),
        (CUSTOM | {"zero_count_int": 1}, "positive buckets"),
        ({"timestamp": -1}, "times from 1970"),
        ({"timestamp": 2**63 - 1}, "times from 1970"),
        ({"positive_deltas": [0] * 10_001}, "at most"),
    ],
)
def test_unsound_histograms_are_refused(receiver, changes, words):
    """2.0 Invalid Samples: 400, whoever asks for them."""
    request = with_histogram("2.0", OTHER, histogram(**changes))
    answer = receiver.send(request)
    said(answer, 400, "1 of 1 histograms", words, "timeseries[0].histograms[0]")
    assert written(answer) == (0, 0, 0)


def test_a_series_has_samples_or_histograms(receiver):
    """2.0 TimeSeries: "MUST NOT include both samples and histograms"."""
    request = with_histogram("2.0", OTHER, histogram())
    request.timeseries[0].samples.add(value=1.0, timestamp=NOW)
    answer = receiver.send(request)
    said(answer, 400, "1 of 1 samples and 1 of 1 histograms", "not both")
    assert written(answer) == (0, 0, 0)


def with_exemplar(labels, samples=((NOW, 1.0),), exemplar=(("trace_id", "abc"),), at=NOW):
    request = second((labels, list(samples)))
    request.timeseries[0].exemplars.add(
        labels_refs=refs(request, list(exemplar)), value=1.0, timestamp=at
    )
    return request


@pytest.mark.parametrize("labels", [GOOD, OTHER])
@pytest.mark.parametrize("samples", [[(NOW, 1.0)], []])
def test_exemplars_are_accepted_and_not_kept(receiver, labels, samples):
    """2.0 Glossary, Written: accepting is enough. No service asks for an exemplar, and its labels
    may name a user."""
    answer = receiver.send(with_exemplar(labels, samples))
    assert (answer.status_code, written(answer)) == (204, (len(samples), 0, 1))
    assert receiver.metric('remote_write_exemplars_total{outcome="unmatched"') == 1


def test_exemplars_of_version_1_are_accepted(receiver):
    """1.0 knows none: "Prometheus currently has experimental support for sending" them."""
    request = first((GOOD, [(NOW, 1.0)]))
    request.timeseries[0].exemplars.add(value=1.0)
    assert receiver.send(request).status_code == 204
    assert len(receiver.kept()) == 1


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (with_exemplar(OTHER, at=0), "the time of an exemplar"),
        (with_exemplar(OTHER, at=2**63 - 1), "times from 1970"),
        (with_exemplar(OTHER, exemplar=[("a", "1"), ("a", "2")]), "each label of an exemplar once"),
        (with_exemplar(OTHER, exemplar=[("", "1")]), "none without a name"),
    ],
)
def test_unsound_exemplars_are_refused(receiver, request_, words):
    """2.0 Exemplars: "MUST contain a timestamp"; labels as of series. The sample is written."""
    answer = receiver.send(request_)
    said(answer, 400, "1 of 1 exemplars", words, "timeseries[0].exemplars[0]")
    assert written(answer) == (1, 0, 0)


def test_exemplars_refer_to_symbols_that_are_there(receiver):
    request = with_exemplar(OTHER)
    request.timeseries[0].exemplars[0].labels_refs[0] = 999
    said(receiver.send(request), 400, "1 of 1 exemplars", "symbols that are there")
