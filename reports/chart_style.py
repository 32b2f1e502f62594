"""How a chart looks: colours of the light and the dark page, sizes, and text that fits its room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ThemeName = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours for one background: `paper` is drawn, so a page of the other kind does no harm.

    Text reaches a contrast of 4.5 and every line and mark one of 3, on paper and on `shade`; the
    hues are Okabe and Ito's, which colour-blind people tell apart. Nothing is told by hue alone:
    shapes, dashes and hatches remain in grey.
    """

    paper: str
    ink: str
    muted: str
    grid: str
    ratio: str
    band: str
    rim: str
    window: str
    shade: str


LIGHT = Theme(
    paper="#ffffff",
    ink="#1f2328",
    muted="#57606a",
    grid="#d8dee4",
    ratio="#0069a8",
    band="#c3c9d0",
    rim="#7b838c",
    window="#a85b00",
    shade="#fbe9c6",
)
DARK = Theme(
    paper="#0d1117",
    ink="#e6edf3",
    muted="#aab4bf",
    grid="#2b3138",
    ratio="#56b4e9",
    band="#4a525c",
    rim="#8b949e",
    window="#e69f00",
    shade="#40310f",
)
THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}

DPI = 160
TITLE, TEXT = 11.0, 9.0
LINE = 0.175
"""Height in inches of a line of text."""


def settings(theme: Theme) -> dict[Any, Any]:
    """Settings of the drawing library, all of them: none of the user's own is left to differ."""
    import matplotlib as mpl

    kept: dict[Any, Any] = {
        k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")
    }
    return kept | {
        "svg.hashsalt": "outage-window",
        "font.size": TEXT,
        "savefig.facecolor": theme.paper,
        "axes.facecolor": "none",
        "axes.edgecolor": theme.muted,
        "axes.labelcolor": theme.ink,
        "text.color": theme.ink,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
        "xtick.labelcolor": theme.ink,
        "ytick.labelcolor": theme.ink,
        "grid.color": theme.grid,
        "hatch.linewidth": 0.8,
        "text.hinting": "no_hinting",  # else a line is wider in PNG than `width_of` says
    }


def width_of(text: str, size: float = TEXT, *, bold: bool = False) -> float:
    """How many inches a line takes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight="bold" if bold else "normal")
    wide: float = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    return wide / 72


def shortened(text: str, room: float, size: float = TEXT, *, bold: bool = False) -> str:
    """The text, or as much of its beginning and end as `room` inches hold around an ellipsis.

    The end of an id is what tells it from others.
    """
    if width_of(text, size, bold=bold) <= room:
        return text
    least, most = 0, len(text)  # characters: that many fit, that many do not
    while most - least > 1:
        kept = (least + most) // 2
        fits = width_of(_cut(text, kept), size, bold=bold) <= room
        least, most = (kept, most) if fits else (least, kept)
    return _cut(text, least)


def _cut(text: str, kept: int) -> str:
    tail = kept // 3
    return text[: kept - tail].rstrip() + "…" + (text[-tail:].lstrip() if tail else "")


def short(value: float) -> str:
    """A number for an axis: `0.25`, `1,200`, `35 k`, `1.2 M`."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * unit or (unit > 1e3 and abs(value) >= unit):
            return f"{value / unit:,.4g} {name}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
