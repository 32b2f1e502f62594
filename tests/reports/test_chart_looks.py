# How the chart looks: text that can be read, marks that are named, and nothing hostile in it.
from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

from detector.results import Phase
from reports import chart, chart_lanes, chart_style, lanes
from reports.chart import render
from reports.chart_frame import GAP, MARGIN, WIDTH, beside, legend
from reports.chart_style import DARK, LIGHT, THEMES, short, shortened, width_of
from reports.facts import AlertFact, Correction, EventFact
from reports.lanes import Lane, Mark
from reports.tidy import tidy

from .incidents import ACCOUNTS, IDENTITY, LEVEL, ONGOING, PHASED, RATIO_ONLY, SUSPECTED, at
from .test_chart import KINDS, hour

pytestmark = pytest.mark.filterwarnings("ignore:Glyph")  # drawn as boxes, as `render` says

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"


def busy():
    """Everything at once, for days: 60 alerts, 40 changes, long names, gaps."""
    begin = at("2024-05-05 03:30")
    alerts = tuple(
        AlertFact(f"AuthErrorRateHigh{i % 7}" * 9, {}, "long " * 60, "alertmanager", fired,
                  None if i % 10 == 0 else fired + i % 9 * 2500)
        for i, fired in enumerate(begin + 5000.0 * n for n in range(60))
    )  # fmt: skip
    kinds = ("acknowledged", "escalated", "identified", "investigating", "mitigating", "note",
             "ticket", "detected_by")  # fmt: skip
    changes = [EventFact(begin - 5000 + n * 8300, "change", "long " * 60) for n in range(40)]
    actions = [EventFact(begin + n * 180, kinds[n % 8], "long " * 60) for n in range(1600)]
    return replace(
        IDENTITY,
        id="identity-" + "long-name-" * 30,
        service="identity-provider-" * 20,
        alerts=alerts,
        events=tuple(sorted((*IDENTITY.events, *changes, *actions), key=lambda e: e.time)),
        data_gaps=tuple((begin + n, begin + n + 0.1 * n) for n in range(100, 200_000, 20_000)),
    )


def narrow(begin, length):
    """A short window somewhere in a long curve."""
    found = IDENTITY.window
    phases = (Phase(begin, begin + length, found.error_ratio),)
    ends = (
        replace(found.start, value=t, low=t - 900, high=t + 700) for t in (begin, begin + length)
    )
    return replace(IDENTITY, window=replace(found, start=next(ends), end=next(ends), phases=phases))


def uncertain():
    window = replace(
        ACCOUNTS.window, start=hour(ACCOUNTS.window.start), end=hour(ACCOUNTS.window.end)
    )
    return replace(
        ACCOUNTS, window=window, data_gaps=((at("2024-01-22 17:00"), at("2024-01-22 17:05")),)
    )


def scaled(curve, factor):
    levels = ("low", "high", "expected", "usual_low", "usual_high")
    return replace(
        curve, **{name: tuple(v * factor for v in getattr(curve, name)) for name in levels}
    )


ALL = {
    **KINDS,
    "busy": busy(),
    "uncertain": uncertain(),
    "at the left": narrow(at("2024-05-04 14:00"), 600),
    "at the right": narrow(at("2024-05-09 11:00"), 600),
    "in the middle": narrow(at("2024-05-07 00:00"), 600),
    "too early to say": replace(
        ONGOING, window=replace(ONGOING.window, provisional_end=at("2024-06-01 22:58"))
    ),
    "many errors": replace(LEVEL, curve=scaled(LEVEL.curve, 1e6)),
    "many attempts": replace(
        ACCOUNTS,
        curve=replace(ACCOUNTS.curve, per_minute=tuple(v * 1e4 for v in ACCOUNTS.curve.per_minute)),
    ),
    "few errors": replace(SUSPECTED, curve=scaled(SUSPECTED.curve, 1 / 4000)),
    "far gap": replace(SUSPECTED, data_gaps=((0.0, 60.0),)),
    "only a start": replace(
        ONGOING, events=(EventFact(at("2024-06-01 22:20"), "declared_start", "It fails"),)
    ),
}  # fmt: skip


@pytest.fixture
def made():
    """Makes the figure of an incident, under the settings that it is drawn with."""

    def make(incident, look=LIGHT):
        found = chart.figure(tidy(incident), look)
        FigureCanvasAgg(found)
        return found

    with mpl.rc_context(chart_style.settings(LIGHT)):
        yield make


@pytest.mark.parametrize("name", ALL)
def test_no_text_is_clipped_or_lies_on_another(name, made, monkeypatch):
    written = []
    plain = Text.draw

    def draw(self, renderer, *args, **kwargs):
        if self.get_visible() and self.get_text().strip():
            written.append((self.get_text(), self.get_window_extent(renderer)))
        return plain(self, renderer, *args, **kwargs)

    monkeypatch.setattr(Text, "draw", draw)
    figure = made(ALL[name])
    figure.canvas.draw()
    assert len(written) > 8
    for text, box in written:
        assert figure.bbox.padded(-1).containsx(box.x0), text
        assert figure.bbox.padded(-1).containsx(box.x1), text
        assert figure.bbox.padded(-1).containsy(box.y0), text
        assert figure.bbox.padded(-1).containsy(box.y1), text
    for (one, a), (other, b) in combinations(written, 2):
        assert not a.padded(-1).overlaps(b.padded(-1)), (one, other)


@pytest.mark.parametrize("name", ALL)
def test_every_mark_is_named_and_every_name_has_a_mark(name, made):
    figure = made(ALL[name])
    figure.canvas.draw()
    (key,) = figure.legends
    names = [text.get_text() for text in key.get_texts()]
    assert len(set(names)) == len(names) == len(key.legend_handles)
    seen = Counter()
    rows = {"_attempts", "_measured"}
    for axis in figure.axes:
        rows |= {f"_{label.get_text().partition(' (')[0]}" for label in axis.get_yticklabels()}
        for artist in (*axis.lines, *axis.patches, *axis.collections):
            label = artist.get_label()
            assert label in names or label in rows, label
            box = artist.get_tightbbox()
            seen[label] += box is not None and box.overlaps(figure.bbox)
    for label in names:
        assert seen[label], f"{label} is in the legend and not in the picture"
    assert set(names) == set(legend(figure.axes[0]))


@pytest.mark.parametrize("name", ALL)
def test_what_the_lanes_say_is_what_is_counted(name, made):
    figure, incident = made(ALL[name]), tidy(ALL[name])
    said = {label.get_text() for axis in figure.axes for label in axis.get_yticklabels()}
    for lane in lanes.within(incident):
        n = len(lane.marks)
        assert (lane.name if n == 1 else f"{lane.name} ({n})") in said
    assert ("measured" in said) == (incident.window is not None)


def test_what_people_declared_is_named_by_what_of_it_is_known():
    def declared(*kinds):
        times = {"declared_start": at("2024-06-01 22:20"), "declared_end": at("2024-06-01 22:50")}
        events = tuple(EventFact(times[kind], kind, "x") for kind in kinds)
        return [
            (one.name, len(one.marks))
            for one in lanes.lanes(replace(ONGOING, alerts=(), events=events))
        ]

    assert declared("declared_start") == [("declared start", 1)]
    assert declared("declared_end") == [("declared end", 1)]
    assert declared("declared_start", "declared_end") == [("declared", 1)]
    assert declared() == []


def test_a_corrected_time_is_drawn_in_place_of_the_declared_one():
    said = Correction("declared_start", "2024-01-22T15:20:00Z", "Support", at("2024-01-23 09:00"))
    row = lanes.lanes(replace(ACCOUNTS, corrections=(said,)))[-1]
    (declared,) = row.marks
    assert (declared.time, declared.end) == (at("2024-01-22 15:20"), at("2024-01-22 16:45"))


stretches = st.lists(
    st.tuples(st.floats(0, 1000), st.floats(0, 300), st.booleans()), min_size=1, max_size=30
)


@given(stretches)
def test_alerts_are_put_in_lines_and_none_is_lost(found):
    marks = tuple(Mark("alert", t, None if held else t + long, held) for t, long, held in found)
    rows = chart_lanes.rows([Lane("alerts", "v", marks)], 0.0, 1000.0)
    assert Counter(mark for row in rows for mark in row.marks) == Counter(marks)
    assert len(rows) <= chart_lanes.MOST_ROWS
    assert [row.name for row in rows[1:]] == [""] * (len(rows) - 1)
    ends = [(m, 1000.0 if m.open else m.end) for m in marks]
    most = max(sum(m.time <= t.time < max(end, m.time + 20) for m, end in ends) for t in marks)
    if most <= chart_lanes.MOST_ROWS:
        for row in rows:
            for one, other in combinations(sorted(row.marks, key=lambda m: m.time), 2):
                assert other.time >= (1000.0 if one.open else one.end)


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", THEMES.values(), ids=THEMES)
def test_contrast_is_enough_for_people_with_poor_sight(look):
    for text in (look.ink, look.muted):
        assert contrast(text, look.paper) >= 4.5
    for mark in (look.ink, look.ratio, look.rim, look.window):
        assert contrast(mark, look.paper) >= 3
        assert contrast(mark, look.shade) >= 3
    for line in (look.ink, look.ratio):
        assert contrast(line, look.band) >= 3
    assert contrast(look.shade, look.paper) >= 1.15, "seen in grey as well"
    assert contrast(look.ink, look.window) >= 3 or look is DARK, "the interval on the bar"


COLOR, NAME = re.compile(r"#[0-9a-f]{6}"), re.compile(r'(?<=["#])[a-zA-Z]+[0-9a-f]{10}(?=["\)])')


@pytest.mark.parametrize("name", ["short", "busy", "uncertain", "suspected", "level"])
def test_dark_and_light_differ_in_colours_alone(name):
    light, dark = (render(ALL[name], theme=theme).decode() for theme in ("light", "dark"))
    used = [set(COLOR.findall(drawn)) for drawn in (light, dark)]
    for found, look in zip(used, (LIGHT, DARK), strict=True):
        assert found <= {getattr(look, field.name) for field in fields(look)}
    # Marks and hatches are named after their looks, so their names differ.
    plain = [NAME.sub("name", COLOR.sub("color", drawn)) for drawn in (light, dark)]
    assert plain[0] == plain[1]
    assert light != dark


@pytest.mark.parametrize("theme", THEMES)
def test_the_background_is_drawn(theme):
    paper = THEMES[theme].paper
    root = ET.fromstring(render(SUSPECTED, theme=theme))
    size = [float(v) for v in root.get("viewBox").split()]
    first = root.find(f".//{SVG}path")
    assert f"fill: {paper}" in first.get("style")
    assert "opacity" not in first.get("style")
    numbers = [float(v) for v in re.findall(r"[\d.]+", first.get("d"))]
    assert (min(numbers), max(numbers)) == (0, max(size))
    picture = Image.open(io.BytesIO(render(SUSPECTED, "png", theme))).convert("RGBA")
    assert picture.getchannel("A").getextrema() == (255, 255)
    assert "#{:02x}{:02x}{:02x}".format(*picture.getpixel((2, 2))[:3]) == paper


def test_themes_from_several_threads_do_not_mix():
    asked = [("svg", "light"), ("svg", "dark"), ("png", "dark"), ("svg", "light")] * 2
    alone = {one: render(ACCOUNTS, *one) for one in set(asked)}
    before = dict(mpl.rcParams)
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda one: render(ACCOUNTS, *one), asked))
    assert drawn == [alone[one] for one in asked]
    assert dict(mpl.rcParams) == before


def test_settings_of_the_user_do_not_reach_the_chart():
    plain = render(PHASED)
    odd = {"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none", "lines.linewidth": 9}
    with mpl.rc_context(odd):
        assert render(PHASED) == plain


NASTY = st.text(
    st.sampled_from("$\\^_{}<>&\"'-]![\x00\x1b\x7f\u202e\ufffe\uffff\ud800ä数 a") | st.characters()
)


@settings(max_examples=15)
@given(NASTY, NASTY, NASTY)
def test_names_cannot_break_the_picture(service, name, reason):
    odd = replace(SUSPECTED, service=service, id=name, no_window_because=reason)
    root = ET.fromstring(render(odd))
    known = {
        "svg",
        "title",
        "metadata",
        "defs",
        "style",
        "g",
        "path",
        "use",
        "clipPath",
        "rect",
        "pattern",
    }
    for element in root.iter():
        tag = element.tag.removeprefix(SVG)
        assert tag in known or "svg" not in element.tag, tag
        assert not any(key.lower().startswith("on") for key in element.attrib)
        assert element.get(LINK, "#").startswith("#")
        assert "url(" not in element.get("style", "").replace("url(#", "")


@given(st.floats(0, 7.5), st.floats(0, 7.5), st.floats(0.1, 3.5), st.floats(0.1, 3.5))
def test_times_of_the_edges_stay_in_the_picture_and_apart(one, other, first, second):
    onset, recovery = sorted((one, other))
    most = (WIDTH - 2 * MARGIN - GAP) / 2
    first, second = min(first, most), min(second, most)
    inside = max(onset, MARGIN), min(recovery, WIDTH - MARGIN)
    if inside[0] > inside[1]:
        return
    left, right = beside(inside, (first, second))
    assert left >= MARGIN - 1e-9
    assert right + second <= WIDTH - MARGIN + 1e-9
    assert right >= left + first + GAP - 1e-9


@pytest.mark.parametrize("room", [0.5, 2.0, 7.0])
def test_long_text_keeps_its_end(room):
    text = "identity-provider-of-the-whole-company-" * 5 + "20240505T0330Z"
    cut = shortened(text, room)
    assert width_of(cut) <= room
    assert width_of(cut) > 0.8 * room
    begin, _, end = cut.partition("…")
    assert text.startswith(begin)
    assert text.endswith(end)
    assert shortened("short", room) == "short"


def test_numbers_of_an_axis_are_short():
    assert [short(v) for v in (0, 0.25, 12, 1200, 35_000, 1.2e6, 3e9)] == [
        "0", "0.25", "12", "1,200", "35 k", "1.2 M", "3 G",
    ]  # fmt: skip


def test_a_curve_without_attempts_has_no_room_for_them(made):
    assert len(made(RATIO_ONLY).axes) == len(made(ACCOUNTS).axes) - 1
