"""The report for the board: a PDF with the figures of a filter, charts and a table, for printing.

Charts are vector graphics and differ by tone and shape, so that they stay readable in grey. The font has the letters
of Uzbek in both scripts, Russian and English."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any

import pandas as pd
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from getsms_core import reports
from getsms_core.base.atomic_file import whole
from getsms_core.base.formatting import day, moment, money, number, percent
from getsms_core.base.i18n import _, language, ngettext, pgettext
from getsms_core.base.states import GLOSSARY, Figures
from getsms_core.db.engine import Store, now_ms
from getsms_core.exports import charts_pdf
from getsms_core.reports import Filter, Grain
from getsms_core.reports.filters import local_day

FONTS = Path(__file__).parent / "fonts"
MARGIN, WIDTH = 18.0, 174.0  # mm; A4 has 210
MOST_CAMPAIGNS = 40
NOT_FINAL = "*"
SENDER, RATE = 2, 5  # the places of the sender name and of the delivery rate in a row of campaigns
NAME = 60  # characters of a campaign's name; more would take a third of the page
FONT_SIZES = (8.0, 7.5, 7.0, 6.5)  # of the table: the largest that leaves the names their room
LEAST_NAME, CELL_PADDING = 26.0, 2.5  # mm
TITLE = 120  # characters; more would push the charts off the page
INK, GREY, PALE = (24, 34, 48), (110, 118, 130), (228, 232, 238)


@dataclass(frozen=True)
class Page:
    """The contents of the report before it is drawn."""

    title: str
    period: str
    figures: list[tuple[str, str, str]]
    "A label, the figure and a note."

    grain: Grain
    over_time: pd.DataFrame
    ranges: pd.DataFrame
    campaigns: list[list[str]]
    messages: int
    made: str


def write(store: Store, question: Filter, path: Path, zone: tzinfo, title: str = "") -> tuple[int, int]:
    """Write the report to `path`, in the language of this context; returns how many messages it counts and its bytes.
    The file appears whole or not at all."""
    page = gathered(store, question, zone, title)
    with whole(path) as part:
        _draw(page).output(str(part))
        size = part.stat().st_size
    return page.messages, size


def gathered(store: Store, question: Filter, zone: tzinfo, title: str = "") -> Page:
    """Return the figures, from the same functions as the pages."""
    with store.reading() as session:
        now = now_ms(session)
    sums = reports.total(store, question, zone)
    figures = sums.figures
    parts = ngettext("{n} SMS part", "{n} SMS parts", sums.sent_parts)
    first, last = question.since, question.until or local_day(now, zone)
    days = (last - first).days + 1 if first else None
    grain = Grain.MONTH if days is None or days > 400 else Grain.WEEK if days > 62 else Grain.DAY
    local = datetime.fromtimestamp(now / 1000, zone)
    over_time = reports.rate_over_time(store, question, zone, grain, now)
    made_at_text = moment(local)
    counted = (_("Counted as sent"), number(figures.counted), _("no receipt can come; not in the rate"))
    return Page(
        title=_short(" ".join(title.split())) or _("Delivery of SMS"),
        period=_period(first, last, local_day(now, zone)),
        figures=[
            (_("Sent"), number(figures.sent), parts.format(n=number(sums.sent_parts))),
            (_("Delivered"), number(figures.delivered), ""),
            (_("Delivery rate"), percent(figures.rate), reports.interval_in_words(figures)),
            (_("Cost"), money(sums.sent_cost), _cost_about(sums)),
            (_("Waiting"), number(figures.waiting), _("for a final status; not in the rate")),
            (_("Uncertain"), number(figures.uncertain), _("may or may not have been sent; not in the rate")),
            *([counted] if figures.counted else []),
        ],
        grain=grain,
        over_time=_every(over_time, grain, first, min(last, local_day(now, zone))),
        ranges=reports.by_range(store, question, zone),
        campaigns=_campaigns(reports.by_campaign(store, question, zone, money=True), zone),
        messages=figures.total,
        made=_("Made on {when} ({zone})").format(when=made_at_text, zone=str(zone)),
    )


def _cost_about(sums: reports.Sums) -> str:
    words = _("of the submitted messages; billed by receipts: {sum}, {n} SMS")
    return words.format(sum=money(sums.billed), n=number(sums.billed_parts))


def _period(first: date | None, last: date, today: date) -> str:
    if first is None:
        period = _("All time, up to {day}").format(day=day(last))
    else:
        period = day(first) if first == last else f"{day(first)} – {day(last)}"
    return (
        _("{period} (not complete: today is {day})").format(period=period, day=day(today)) if last >= today else period
    )


def _short(text: str, most: int = TITLE) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _every(frame: pd.DataFrame, grain: Grain, first: date | None, last: date) -> pd.DataFrame:
    """Return the frame with a row for each day, week or month from the first to the last, so that the axis has no
    gaps; an empty frame stays empty."""
    if frame.empty:
        return frame
    begin = {Grain.WEEK: "W-MON", Grain.MONTH: "MS"}.get(grain, "D")
    zone = frame["at"].dt.tz
    since = frame["at"].iloc[0] if first is None else min(pd.Timestamp(first, tz=zone), frame["at"].iloc[0])
    slots = pd.date_range(since, max(pd.Timestamp(last, tz=zone), frame["at"].iloc[-1]), freq=begin)
    filled_frame = (
        frame.set_index("at").reindex(slots.union(pd.DatetimeIndex(frame["at"]))).rename_axis("at").reset_index()
    )
    counts = [name for name in filled_frame.columns if name not in ("at", "rate", "low", "high", "final")]
    filled_frame[counts] = filled_frame[counts].fillna(0)
    return filled_frame.assign(final=filled_frame["final"].eq(True) | filled_frame["final"].isna())


def _campaigns(frame: pd.DataFrame, zone: tzinfo) -> list[list[str]]:
    """Return the cells of the table of campaigns, most sent messages first, the total last."""
    sent = frame[frame["sent"] + frame["uncertain"] > 0].sort_values("sent", ascending=False, kind="stable")
    rows = [_row(str(campaign_row["name"]), campaign_row, _started(campaign_row["started_at"], zone),
                 str(campaign_row["sender"]) or _("Short number"))
            for campaign_row in sent.head(MOST_CAMPAIGNS).to_dict("records")]  # fmt: skip
    if len(sent) > MOST_CAMPAIGNS:
        name = _("{n} more campaigns").format(n=number(len(sent) - MOST_CAMPAIGNS))
        rows.append(_sum_row(name, sent.iloc[MOST_CAMPAIGNS:]))
    return [*rows, _sum_row(_("Total"), sent)] if len(sent) > 1 else rows


def _sum_row(name: str, campaigns: pd.DataFrame) -> list[str]:
    sums: dict[Any, Any] = campaigns.select_dtypes("number").sum().to_dict()
    figures = Figures.of(sums)
    low, high = reports.interval(figures)
    return _row(name, sums | {"rate": figures.rate, "low": low, "high": high})


def _started(at: Any, zone: tzinfo) -> str:
    return "" if pd.isna(at) else day(datetime.fromtimestamp(int(at) / 1000, zone).date())


def _row(name: str, one: dict[Any, Any], started: str = "", sender: str = "") -> list[str]:
    waits = f" {NOT_FINAL}" if one["waiting"] else ""
    rate = percent(one["rate"] if one["settled"] else None) + waits
    interval = f"{percent(one['low'])} – {percent(one['high'])}" if one["sent"] else ""
    cost = number(int(one["sent_cost"]) / 100)
    sent, delivered, uncertain = (number(int(one[column])) for column in ("sent", "delivered", "uncertain"))
    return [_short(name, NAME), started, sender, sent, delivered, rate, interval, uncertain, cost]


# ---------------------------------------------------------------------------------------------------------- drawing


class _Paper(FPDF):
    """A4 with page numbers."""

    def __init__(self, made: str) -> None:
        super().__init__(format="A4")
        self.made = made
        self.add_font("source", "", FONTS / "SourceSansPro-Regular.ttf")
        self.add_font("source", "B", FONTS / "SourceSansPro-Semibold.ttf")
        self.set_lang(language())
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, 20)
        self.alias_nb_pages("{pages}")

    def footer(self) -> None:
        """Print the date on the left and the page on the right."""
        self.set_y(-14)
        self.set_font("source", "", 8)
        self.set_text_color(*GREY)
        self.cell(WIDTH / 2, 5, self.made)
        self.cell(WIDTH / 2, 5, _("Page {n} of {pages}").format(n=self.page_no(), pages="{pages}"), align="R")


def _draw(page: Page) -> FPDF:
    paper = _Paper(page.made)
    paper.set_title(page.title)
    paper.set_creator("GETSMS Campaigns")
    paper.add_page()
    _line(paper, page.title, 22, "B", INK, 10)
    _line(paper, page.period, 12, "", GREY, 9)
    _figures(paper, page.figures)
    if page.over_time.empty:
        _line(paper, _("Nothing was sent in this period."), 11, "", INK, 8)
        return paper
    _heading(paper, {Grain.DAY: _("Delivery rate by day"), Grain.WEEK: _("Delivery rate by week"),
                     Grain.MONTH: _("Delivery rate by month")}[page.grain], 66)  # fmt: skip
    if page.over_time["settled"].any():
        charts_pdf.rates(paper, page.over_time, page.grain, MARGIN, paper.get_y(), WIDTH, 66)
    else:
        _line(paper, _("No receipts yet: the delivery rate appears as they arrive"), 11, "", INK, 8)
    _heading(paper, _("Messages by final status"), 66)
    charts_pdf.states(paper, page.over_time, page.grain, MARGIN, paper.get_y(), WIDTH, 66)
    paper.add_page()
    ranges = page.ranges[page.ranges["settled"] > 0].head(12)
    if len(ranges):
        _heading(paper, _("By number range"))
        charts_pdf.ranges(paper, ranges, MARGIN, paper.get_y(), WIDTH)
    _glossary(paper, {label for label, _figure, _note in page.figures})
    _heading(paper, _("By campaign"), 20)
    _table(paper, page.campaigns)
    if any(NOT_FINAL in row[RATE] for row in page.campaigns):
        words = _("{mark} Some of its messages still wait for receipts: the interval runs from all of them "
                  "failing to all of them delivered. Without the mark it is the 95% confidence interval.")  # fmt: skip
        _line(paper, words.format(mark=NOT_FINAL), 8, "", GREY, 5)
    return paper


def _glossary(paper: FPDF, labels: set[str]) -> None:
    """Print the meaning of the figures, before the table: behind it they would stand alone on a last page."""
    _heading(paper, _("What the words mean"), 40)
    paper.set_font("source", "", 9)
    paper.set_text_color(*GREY)
    for name in ("Sent", "Delivered", "Delivery rate", "Waiting", "Uncertain", "Counted as sent"):
        if _(name) in labels:
            meaning = f"**{_(name)}**: {_(GLOSSARY[name])}"
            paper.multi_cell(WIDTH, 4.6, meaning, align="L", markdown=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _line(paper: FPDF, text: str, size: int, style: Any, colour: tuple[int, int, int], height: float) -> None:
    paper.set_font("source", style, size)
    paper.set_text_color(*colour)
    paper.multi_cell(WIDTH, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _heading(paper: FPDF, text: str, room: float = 0) -> None:
    """Print a heading, on the next page if the content does not fit below it."""
    if room and paper.will_page_break(room + 12):
        paper.add_page()
    paper.ln(4)
    _line(paper, text, 13, "B", INK, 8)


def _figures(paper: FPDF, figures: list[tuple[str, str, str]]) -> None:
    """Print the figures, three in a row."""
    width, height, top = WIDTH / 3, 24.0, paper.get_y()
    for i, (name, figure, about) in enumerate(figures):
        x, y = MARGIN + width * (i % 3), top + height * (i // 3)
        paper.set_draw_color(*PALE)
        paper.line(x, y, x + width - 5, y)
        paper.set_xy(x, y + 2)
        paper.set_font("source", "", 9)
        paper.set_text_color(*GREY)
        paper.cell(width - 5, 4, name)
        paper.set_xy(x, y + 6)
        paper.set_font("source", "B", 18 if len(figure) < 16 else 14)
        paper.set_text_color(*INK)
        paper.cell(width - 5, 8, figure)
        paper.set_xy(x, y + 14)
        paper.set_font("source", "", 8)
        paper.set_text_color(*GREY)
        paper.multi_cell(width - 5, 3.4, about, align="L")
    paper.set_xy(MARGIN, top + height * ((len(figures) + 2) // 3))


def _table(paper: FPDF, rows: list[list[str]]) -> None:
    paper.set_font("source", "", 8)
    paper.set_text_color(*INK)
    paper.set_draw_color(*PALE)
    head = [
        _("Campaign"),
        pgettext("of a campaign", "Date"),
        _("Sender name"),
        _("Sent"),
        _("Delivered"),
        _("Delivery rate"),
        _("Interval"),
        _("Uncertain"),
        _("Cost, so'm"),
    ]
    paper.set_fill_color(255, 255, 255)  # otherwise the cells keep the colour of the last chart
    for size in FONT_SIZES:
        widths = _widths(paper, size, head, rows)
        if widths[0] >= LEAST_NAME:
            break
    paper.set_font("source", "", size)
    with paper.table(col_widths=widths, text_align=(*["LEFT"] * 3, *["RIGHT"] * 6),
                     borders_layout="HORIZONTAL_LINES", line_height=5.2) as pdf_table:  # fmt: skip
        for row in [head, *rows]:
            pdf_table.row(row)


def _widths(paper: FPDF, size: float, head: list[str], rows: list[list[str]]) -> list[float]:
    """Return the widths of the columns, mm: no word of a heading and no figure is broken, and the names of campaigns
    get the rest."""

    def widest(texts: Iterable[str], style: Any) -> float:
        paper.set_font("source", style, size)
        return max((float(paper.get_string_width(text)) for text in texts), default=0.0)

    others = []
    for i in range(1, len(head)):
        cells = [part for row in rows for part in (row[i].split(" ") if i == SENDER else [row[i]])]
        others.append(max(widest(head[i].split(" "), "B"), widest(cells, "")) + CELL_PADDING)
    return [max(WIDTH - sum(others), LEAST_NAME / 2), *others]
