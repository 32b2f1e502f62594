"""The feed of an export: read when it changes, by what the settings say where it does not tell."""

import pytest

from outage_window.errors import InputError
from outage_window.live.feeds.file import FileFeed
from outage_window.settings.export import Export
from outage_window.settings.models import Service

LOCAL = "time,attempts,errors\n" + "".join(
    f"2024-01-22 10:{minute:02d}:00,100,2\n" for minute in range(30)
)
DAY = 86400 * 10**9


def feed(tmp_path, text, **export):
    file = tmp_path / "a.csv"
    file.write_text(text)
    service = Service(name="auth", source="file", file=str(file), export=Export(**export))
    return FileFeed(service, 28 * DAY)


def test_an_export_is_read_again_when_it_has_changed(tmp_path):
    one = feed(tmp_path, LOCAL, time_zone="America/Bogota")
    assert one.refresh(0) == (True, True)
    assert one.refresh(0) == (False, True)
    first = one.data().series.start.min()
    (tmp_path / "a.csv").write_text(LOCAL + "2024-01-22 10:30:00,100,2\n")
    assert one.refresh(0) == (True, True)
    assert one.data().series.start.min() == first == 1705935600
    assert len(one.data().series.start) == 31


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (LOCAL, "expected an offset or Z, or export.time_zone to say which"),
        (LOCAL.replace("time,", "when,"), "export.time_column"),
    ],
    ids=["zone", "time"],
)
def test_what_it_does_not_tell_is_asked_for_by_the_key_of_the_settings(tmp_path, text, named):
    with pytest.raises(InputError) as refused:
        feed(tmp_path, text).refresh(0)
    assert named in refused.value.expected
    assert "--" not in refused.value.expected


def test_columns_are_found_by_the_names_that_are_set(tmp_path):
    text = LOCAL.replace("attempts", "tries").replace("time,", "when,")
    one = feed(
        tmp_path,
        text,
        time_zone="UTC",
        time_marks="end",
        time_column="when",
        attempts_column="tries",
    )
    one.refresh(0)
    assert one.data().series.end.min() == 1705917600
