"""Charts for the PDF, in mm: the rate over time with its interval, messages by status, the rate by range."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
from babel.dates import format_date
from fpdf import FPDF

from getsms_core.base.formatting import locale, number, percent
from getsms_core.base.i18n import _
from getsms_core.base.states import COUNTED
from getsms_core.reports import OUTCOME_LABELS, Grain, range_in_words

INK, GREY, PALE, BAND, WHITE = (24, 34, 48), (110, 118, 130), (228, 232, 238), (206, 214, 226), (255, 255, 255)
STATES = {
    "delivered": (38, 70, 110),
    "undelivered": (130, 150, 175),
    "expired": (190, 200, 212),
    "waiting": WHITE,
    COUNTED: WHITE,  # with upright lines
    "uncertain": WHITE,  # with level lines
}
FAILURES = ("undelivered", "expired", "uncertain")
LEFT, FOOT = 14.0, 9.0  # space for the numbers of the axes
LABELS_MOST = 9
HATCH = 0.9  # mm between two lines
WIDE = 0.2  # a wider interval does not set the range of an axis: it would flatten all others


def rates(paper: FPDF, frame: pd.DataFrame, grain: Grain, x: float, y: float, width: float, height: float) -> None:
    """The delivery rate over time: a line, its interval as a band; a hollow dot is not final yet. `frame` has a
    row for every day, week or month, those without a message too, so that the axis is time."""
    slot, tall = (width - LEFT) / len(frame), height - FOOT
    middles = [x + LEFT + slot * (i + 0.5) for i in range(len(frame))]
    runs = unbroken_runs([row if row["settled"] > 0 else None for row in frame.to_dict("records")])
    drawn = [row for run in runs for _i, row in run]
    sure = [row for row in drawn if row["high"] - row["low"] <= WIDE] or drawn
    least = min(*(float(row["low"]) for row in sure), *(float(row["rate"]) for row in drawn))
    floor = max(0.0, min(0.9, int(least * 10) / 10))

    def up(rate: float) -> float:
        return y + tall - (max(rate, floor) - floor) / (1 - floor) * tall

    for step in range(5):
        share = floor + (1 - floor) * step / 4
        _rule(paper, x, up(share), width, percent(share))
    for run in runs:
        band = [(middles[i], up(float(row["high"]))) for i, row in run]
        band += [(middles[i], up(float(row["low"]))) for i, row in reversed(run)]
        if len(run) > 1:
            paper.set_fill_color(*BAND)
            paper.polygon(band, style="F")
    paper.set_draw_color(*INK)
    for run in runs:
        paper.set_line_width(0.5)
        for (before, rate_row), (after, other) in pairwise(run):
            paper.line(middles[before], up(float(rate_row["rate"])), middles[after], up(float(other["rate"])))
        paper.set_line_width(0.35)
        for i, row in run:
            final, at = bool(row["final"]), middles[i]
            paper.set_fill_color(*(INK if final else WHITE))
            if len(run) == 1:
                paper.line(at, up(float(row["low"])), at, up(float(row["high"])))
            if len(drawn) <= 45 or len(run) == 1 or not final:
                paper.circle(at, up(float(row["rate"])), 0.9, style="DF")
    _dates(paper, list(frame["at"]), grain, middles, y + tall)
    _note(
        paper,
        x + LEFT,
        y + height,
        _("The band is the 95% confidence interval; while messages wait (hollow dot), it covers every possible rate."),
    )


Row = dict[Any, Any]


def unbroken_runs(rows: Sequence[Row | None]) -> list[list[tuple[int, Row]]]:
    """Return the rows in runs without a gap, each with its place: no line crosses days without a message."""
    runs: list[list[tuple[int, Row]]] = []
    for i, row in enumerate(rows):
        if row is None:
            continue
        if not runs or runs[-1][-1][0] != i - 1:
            runs.append([])
        runs[-1].append((i, row))
    return runs


def states(paper: FPDF, frame: pd.DataFrame, grain: Grain, x: float, y: float, width: float, height: float) -> None:
    """Messages by status for each day, week or month, as stacked bars; below them what failed on a scale of its own, so
    that a few failures of many messages can be seen."""
    rows, tall = frame.to_dict("records"), height - FOOT - 5
    failed = [name for name in FAILURES if frame[name].any()]
    share = 0.62 if failed else 1.0
    slot = (width - LEFT) / len(rows)
    middles = [x + LEFT + slot * (i + 0.5) for i in range(len(rows))]
    _legend(paper, [name for name in STATES if name != COUNTED or frame[name].any()], x + LEFT, y, width - LEFT)
    y += 5
    _stacks(paper, rows, list(STATES), middles, (x, y, width, tall * share))
    if failed:
        below = y + tall * share + 6
        paper.set_font("source", "", 7.5)
        paper.set_text_color(*GREY)
        paper.set_xy(x + LEFT, below - 4.5)
        paper.cell(0, 4, _("What failed, on its own scale"))
        _stacks(paper, rows, failed, middles, (x, below, width, y + tall - below))
    _dates(paper, [row["at"] for row in rows], grain, middles, y + tall)
    paper.set_xy(x, y + tall + FOOT)


def _stacks(
    paper: FPDF,
    rows: Sequence[Row],
    names: Sequence[str],
    middles: Sequence[float],
    place: tuple[float, float, float, float],
) -> None:
    """Draw stacked bars into a place (x, y, width, height) on round ticks."""
    x, y, width, tall = place
    ticks = round_ticks(int(max(sum(row[name] for name in names) for row in rows)))
    for tick in ticks if tall > 30 else (ticks[0], ticks[-1]):
        _rule(paper, x, y + tall - tall * tick / ticks[-1], width, number(tick))
    bar = min((width - LEFT) / len(rows) * 0.8, 16)
    for middle, row in zip(middles, rows, strict=True):
        bottom = y + tall
        for name in names:
            high = tall * float(row[name]) / ticks[-1]
            if high > 0:
                _box(paper, name, middle - bar / 2, bottom - high, bar, high)
                bottom -= high


def _legend(paper: FPDF, names: list[str], x: float, y: float, width: float) -> None:
    """Draw a box and a label for each state on one line; the gaps shrink where the labels are long."""
    paper.set_font("source", "", 8)
    labels = {name: _("Waiting") if name == "waiting" else _(OUTCOME_LABELS[name]) for name in names}
    free = width - sum(paper.get_string_width(label) for label in labels.values())
    step = min(12.0, free / len(labels))
    for name, label in labels.items():
        _box(paper, name, x, y, 3, 3)
        paper.set_text_color(*GREY)
        paper.set_xy(x + 4, y - 0.6)
        paper.cell(paper.get_string_width(label) + 1, 4, label)
        x += paper.get_string_width(label) + step


def round_ticks(most: int) -> list[int]:
    """Return at most six round whole numbers from 0 to the first that is at least `most`."""
    step = next(k * 10**power for power in range(20) for k in (1, 2, 5) if k * 10**power * 5 >= most)
    return list(range(0, max(1, -(-most // step)) * step + 1, step))


def _box(paper: FPDF, state: str, x: float, y: float, width: float, height: float) -> None:
    paper.set_draw_color(*INK)
    paper.set_line_width(0.1)
    paper.set_fill_color(*STATES[state])
    paper.rect(x, y, width, height, style="DF")
    if state == "uncertain":
        for i in range(1, int(height / HATCH) + 1):
            paper.line(x, y + height - i * HATCH, x + width, y + height - i * HATCH)
    elif state == COUNTED:
        for i in range(1, int(width / HATCH) + 1):
            paper.line(x + i * HATCH, y, x + i * HATCH, y + height)


def ranges(paper: FPDF, frame: pd.DataFrame, x: float, y: float, width: float) -> None:
    """Draw the delivery rate of each number range as a dot with its interval, on a scale that fits them, and the number
    of messages."""
    name, row = 44.0, 7.0
    inner = width - name - 46
    floor = max(0.0, min(0.9, int(float(frame["low"].min()) * 10) / 10))

    def along(rate: float) -> float:
        return x + name + inner * (max(rate, floor) - floor) / (1 - floor)

    for i, range_row in enumerate(frame.to_dict("records")):
        top = y + i * row
        paper.set_font("source", "", 9)
        paper.set_text_color(*INK)
        paper.set_xy(x, top)
        paper.cell(name, 5, range_in_words(str(range_row["range"])))
        settled, rate = int(range_row["settled"]), float(range_row["rate"])
        paper.set_draw_color(*PALE)
        paper.set_line_width(0.15)
        paper.line(x + name, top + 2.5, x + name + inner, top + 2.5)
        paper.set_draw_color(*INK)
        paper.set_line_width(0.35)
        paper.line(along(float(range_row["low"])), top + 2.5, along(float(range_row["high"])), top + 2.5)
        paper.set_fill_color(*(INK if range_row["final"] else WHITE))
        paper.circle(along(rate), top + 2.5, 1.1, style="DF")
        paper.set_xy(x + name + inner + 2, top)
        paper.cell(16, 5, percent(rate), align="R")
        paper.set_text_color(*GREY)
        paper.cell(28, 5, _("of {n}").format(n=number(settled)), align="R")
    bottom = y + len(frame) * row
    paper.set_font("source", "", 7.5)
    for share in (floor, (1 + floor) / 2, 1.0):
        paper.set_xy(along(share) - 10, bottom - 1)
        paper.cell(20, 4, percent(share), align="C")
    paper.set_xy(x, bottom + 4)


def _rule(paper: FPDF, x: float, y: float, width: float, label: str) -> None:
    paper.set_draw_color(*PALE)
    paper.set_line_width(0.15)
    paper.line(x + LEFT, y, x + width, y)
    paper.set_font("source", "", 7.5)
    paper.set_text_color(*GREY)
    paper.set_xy(x, y - 2)
    paper.cell(LEFT - 1.5, 4, label, align="R")


def _dates(paper: FPDF, times: list[pd.Timestamp], grain: Grain, middles: list[float], y: float) -> None:
    every = -(-len(times) // LABELS_MOST)
    paper.set_font("source", "", 7.5)
    paper.set_text_color(*GREY)
    for i in range(0, len(times), max(1, every)):
        label = str(format_date(times[i].date(), "LLL y" if grain is Grain.MONTH else "d MMM", locale=locale()))
        wide = paper.get_string_width(label) + 2
        paper.set_xy(middles[i] - wide / 2, y + 1)
        paper.cell(wide, 4, label, align="C")


def _note(paper: FPDF, x: float, y: float, text: str) -> None:
    paper.set_font("source", "", 7.5)
    paper.set_text_color(*GREY)
    paper.set_xy(x, y - 3.5)
    paper.cell(0, 4, text)
    paper.set_xy(paper.l_margin, y + 1)
