# CloudEvents 1.0: the three ways over HTTP as the specification has them; what becomes of types.
import base64
import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings import http as sdk
from cloudevents.core.v1.event import CloudEvent as SdkEvent

from webhooks import cloudevents, typed
from webhooks.events import TYPES
from webhooks.model import Refused
from webhooks.naming import Services

from .told import changed, shown, value

JSON = "application/json"
OWN = value("cloudevents", "own")
DEPLOYED = value("cloudevents", "cdevents.deployed")


def structured(whole):
    return cloudevents.parse(json.dumps(whole).encode(), cloudevents.STRUCTURED, {})


def told(whole, services=None):
    found = [typed.told_by(one, Services(services)) for one in structured(whole)]
    return [event for events in found for event in events]


def binary(body=b"{}", content_type=JSON, **attributes):
    sent = {"id": "1", "source": "/s", "specversion": "1.0", "type": "t"} | attributes
    return cloudevents.parse(body, content_type, {k: v for k, v in sent.items() if v is not None})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("own", ("15:22:05", "change", "auth", "Deploy of 4.2.0", "Identity")),
        ("cdevents.deployed", ("15:22:05", "change", "auth",
         "deployment/auth deployed in production: pkg:oci/auth@sha256:"
         "0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427", "")),
        ("cdevents.incident", ("15:41:00", "detected_by", "auth",
         "incident detected in production: Logins fail", "")),
        ("other", ("15:22:05", "note", "auth",
         "com.acme.flag.toggled: new-session-limit is on", "")),
    ],
)  # fmt: skip
def test_each_is_an_event_of_the_service(name, expected):
    assert shown(told(value("cloudevents", name))) == [expected]


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_of_ours_has_its_own(kind):
    assert [e.type for e in told(OWN | {"type": f"outage-window.{kind}"})] == [kind]


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ("service.upgraded", "change", "upgraded in production"),
        ("service.rolledback", "change", "rolled back in production"),
        ("service.removed", "change", "removed in production"),
        ("service.published", "note", "dev.cdevents.service.published.0.3.0"),
        ("build.finished", "note", "dev.cdevents.build.finished.0.3.0"),
    ],
)
def test_types_of_cdevents_that_say_what_changed(said, kind, words):
    whole = value("cloudevents", "cdevents.deployed") | {"type": f"dev.cdevents.{said}.0.3.0"}
    (event,) = told(whole)
    assert (event.type, event.service) == (kind, "auth")
    assert words in event.text


@pytest.mark.parametrize(
    ("name", "services", "expected"),
    [
        ("cdevents.deployed", {"deployment/auth": ["login", "vpn"]}, ["login", "vpn"]),
        ("cdevents.deployed", {"deployment/auth": []}, []),
        ("cdevents.incident", {"AUTH": ["login"]}, ["login"]),
        ("other", {"auth": ["login"]}, ["login"]),
        ("own", {"auth": ["login"]}, ["auth"]),
    ],
)
def test_the_settings_say_which_service_is_meant(name, services, expected):
    assert [e.service for e in told(value("cloudevents", name), services)] == expected


def test_source_and_id_are_the_identity():
    ids = [told(OWN)[0].id, told(OWN | {"id": "a-2"})[0].id, told(OWN | {"source": "/b"})[0].id]
    assert len(set(ids)) == 3
    assert told(OWN | {"data": {"service": "auth", "text": "Other"}})[0].id == ids[0]
    long = told(OWN | {"id": "ü" * 5000, "source": "/" * 5000})[0]
    assert len(long.id) <= 200


def test_the_subject_is_the_service_where_data_names_none():
    whole = changed(OWN, ("data", "service"), ...)
    assert told(whole | {"subject": "vpn"})[0].service == "vpn"
    plain = changed(value("cloudevents", "other"), ("data",), "words")
    assert [(e.service, e.text) for e in told(plain)] == [
        ("new-session-limit", "com.acme.flag.toggled: words")
    ]


@pytest.mark.parametrize(
    ("whole", "field"),
    [
        (changed(OWN, ("specversion",), "0.3"), "specversion"),
        (changed(OWN, ("specversion",), 1.0), "specversion"),
        (changed(OWN, ("id",), ""), "id"),
        (changed(OWN, ("id",), ...), "id"),
        (changed(OWN, ("source",), None), "source"),
        (changed(OWN, ("type",), 5), "type"),
        (changed(OWN, ("time",), ...), "time"),
        (changed(OWN, ("time",), "2024-01-22T15:22:05"), "time"),
        (OWN | {"dataContentType": JSON}, "dataContentType"),
        (OWN | {"data_base64": "e30="}, "data"),
        (changed(OWN, ("data",), ...) | {"data_base64": "?"}, "data_base64"),
        (changed(OWN, ("data",), ...) | {"data_base64": 5}, "data_base64"),
        (changed(OWN, ("data",), ...) | {"data_base64": "e30"}, "data_base64"),
        (changed(OWN, ("type",), "outage-window.deploy"), "type"),
        (changed(OWN, ("data", "taem"), "x"), "data.taem"),
        (changed(OWN, ("data", "text"), ...), "data.text"),
        (changed(OWN, ("data", "text"), "x" * 10_001), "data.text"),
        (changed(OWN, ("data",), []), "data"),
        (changed(changed(OWN, ("data", "service"), ...), ("subject",), ...), "data.service"),
        ({**value("cloudevents", "other"), "subject": None, "data": {}}, "subject"),
        (changed(DEPLOYED, ("data", "subject"), 1), "data.subject"),
        (changed(DEPLOYED, ("data", "subject", "id"), ...), "data.subject.id"),
        ([], "body"),
    ],
)  # fmt: skip
def test_what_is_not_as_specified_is_refused_by_field(whole, field):
    with pytest.raises(Refused) as refusal:
        told(whole)
    assert refusal.value.field == field


def test_a_batch_is_all_or_nothing_and_may_be_empty():
    batch = json.dumps([OWN, OWN | {"id": "b"}]).encode()
    assert len(cloudevents.parse(batch, f"{cloudevents.BATCH}; charset=utf-8", {})) == 2
    assert cloudevents.parse(b"[]", cloudevents.BATCH, {}) == ()
    for wrong, field in (([OWN, {}], "[1].id"), ({}, "body"), ([1], "[0]")):
        with pytest.raises(Refused) as refusal:
            cloudevents.parse(json.dumps(wrong).encode(), cloudevents.BATCH, {})
        assert refusal.value.field == field


def test_data_in_base64_is_what_it_says_it_is():
    packed = base64.b64encode(json.dumps(OWN["data"]).encode()).decode()
    whole = changed(OWN, ("data",), ...) | {"data_base64": packed}
    assert told(whole) == told(OWN)
    (text,) = structured(whole | {"datacontenttype": "text/plain"})
    assert text.data == json.dumps(OWN["data"])


def test_binary_mode_reads_headers_and_takes_the_body_for_data():
    (found,) = binary(b'{"service":"auth"}', "application/cdevents+json; charset=utf-8",
                      subject="a%20b%C3%BC", time="2024-01-22T15:22:05Z")  # fmt: skip
    assert (found.subject, found.data) == ("a bü", {"service": "auth"})
    assert binary(b"words", "text/plain")[0].data == "words"
    assert binary(b"\xff", "application/octet-stream")[0].data is None
    assert binary(b"", "")[0].data is None
    assert binary(subject='"a \\"quoted\\" name"')[0].subject == 'a "quoted" name'
    assert binary(subject="\xc3\xbc")[0].subject == "ü"  # bytes of UTF-8, not encoded


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"id": None}, "ce-id"),
        ({"id": ""}, "ce-id"),
        ({"specversion": "1.0, 1.0"}, "ce-specversion"),
        ({"subject": "%ff"}, "ce-subject"),
        ({"subject": "€"}, "ce-subject"),
        ({"a-b": "1"}, "ce-a-b"),
        ({"datacontenttype": JSON}, "ce-data"),
    ],
)
def test_headers_that_are_not_as_specified_are_refused_by_name(sent, field):
    with pytest.raises(Refused) as refusal:
        binary(**sent)
    assert refusal.value.field == field


def test_other_formats_are_refused_and_other_media_types_are_none_of_it():
    with pytest.raises(Refused):
        cloudevents.parse(b"", "application/cloudevents+avro", {})
    assert cloudevents.parse(b"{}", JSON, {}) is None
    assert cloudevents.parse(b"{}", "", {}) is None


def test_what_the_software_kit_of_cloudevents_sends_is_read_as_it_was_meant():
    event = SdkEvent(
        {
            "id": "a/1 ü",
            "source": "https://ci.example/acme?x=1",
            "type": "outage-window.change",
            "subject": 'a "b" %20',
            "time": datetime(2024, 1, 22, 15, 22, 5, tzinfo=UTC),
            "datacontenttype": JSON,
            "traceparent": "00-1",
        },
        {"service": "auth", "text": "Zürich"},
    )
    for made in (sdk.to_structured_event(event), sdk.to_binary_event(event)):
        headers = {name.lower(): value for name, value in made.headers.items()}
        sent = {n.removeprefix("ce-"): v for n, v in headers.items() if n.startswith("ce-")}
        (found,) = cloudevents.parse(made.body, headers["content-type"], sent)
        assert (found.id, found.source) == ("a/1 ü", "https://ci.example/acme?x=1")
        assert (found.subject, found.data["text"]) == ('a "b" %20', "Zürich")
        assert shown(typed.told_by(found, Services())) == [
            ("15:22:05", "change", "auth", "Zürich", "")
        ]
