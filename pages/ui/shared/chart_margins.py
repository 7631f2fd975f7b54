"""The margins of a chart, from the widths of its labels.

Plotly measures the labels of a chart that it has drawn, and where they need a wider margin it draws all of it again,
40 % of its CPU. The widths here are those of Noto Sans, rounded up. Where a font is wider, or a narrow screen breaks
the legend into more lines, Plotly widens the margins all the same: nothing is cut.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from html import unescape
from math import ceil
from typing import Any

from pages.ui.shared.chart_figure import ChartFigure

_WIDTHS = {
    2: "\u202f", 2.25: "ʻʼ’‘", 2.75: "'", 3.25: " !,.:;ijl\u00a0·", 3.5: "J`", 3.75: "()", 4: "-[]", 4.25: "If",
    4.5: "/\\t“”", 4.75: "{}", 5: '"r', 5.25: "?гғ", 5.5: "_", 5.75: "szт", 6: "c–зсэ", 6.25: "Fvy«»уў", 6.5: "LkxкхГҒ",
    6.75: "*ESa|аяқҳЕЁ", 7: "$+0123456789<=>TYZ^e~вдеёлТ", 7.25: "VXбьЗХ", 7.5: "CKPRbdghnopquопрчБКРСУЭЎ",
    7.75: "AийнцАЪЬЯҲ", 8: "#BъВ", 8.25: "Қ", 8.5: "ДЛЧ", 8.75: "Gф", 9: "&DHUжмНПЦ", 9.25: "NИЙ", 9.5: "OQw…ыО",
    9.75: "Ф", 10: "%", 10.25: "≤≥−юЖ", 10.5: "Ы", 11: "@MшщМ", 11.25: "Wm", 12: "—", 12.25: "№", 12.5: "ШЩ",
    12.75: "Ю",
}  # fmt: skip
"""Characters by their width in Noto Sans at 12 px, the size of ticks, titles of axes and legends. As Chromium draws
them, rounded up to a quarter of a px."""
_WIDTH = {character: width for width, characters in _WIDTHS.items() for character in characters}
_WIDEST = 13
_MOST_LEFT = 250
"""On a phone the rest of the chart is as wide; beyond it Plotly divides the width."""
_LEGEND_WIDTH = 880
"""Of a chart on a laptop; a phone's legend has more lines."""
_PHONE = 358
"""The width of a chart on a phone."""
_LINE = 16


def fit(figure: ChartFigure) -> None:
    """Set the margins of a figure for its labels, its titles and its legend; wider ones that it has stay. Plotly keeps
    the least of the four, at most 12, free between the labels and the edge: `pad`."""
    margin, xaxis = figure.design["margin"], figure.design["xaxis"]
    if figure.design["yaxis"].get("type") == "category":
        pad = top = 8
        right = max(16, pad + max(map(width, xaxis.get("ticktext", [])), default=0) // 2)
    else:  # half of the highest label is above its axis
        pad = right = min(12, max(8, margin["r"]))
        top = pad + 4
    left = max(max(_left(figure, name) for name in ("yaxis", "yaxis2")) + pad, margin["l"])
    if _has_title(xaxis):
        title = broken(xaxis["title"]["text"], _PHONE - min(left, _MOST_LEFT) + right)
        figure.update_layout(xaxis={"title": {"text": title}})
    needed = {
        "l": min(left, max(_MOST_LEFT, margin["l"])),
        "r": right,
        "t": top,
        "b": _bottom(figure.design["xaxis"]) + _legend(figure) + pad,
    }
    figure.update_layout(margin={side: max(margin[side], size) for side, size in needed.items()})


def broken(title: str, room: int) -> str:
    """Return the title of an axis in two lines where it is wider than `room`, px: Plotly centres it below the bars, and
    on a phone cut it at the edge."""
    words = title.split(" ")
    if width(title) <= room or len(words) == 1:
        return title
    halves = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
    return "<br>".join(min(halves, key=lambda half: max(map(width, half))))


def width(text: str) -> int:
    """Return the width of a label, px."""
    return ceil(sum(_WIDTH.get(character, _WIDEST) for character in text))


def _left(figure: ChartFigure, name: str) -> int:
    axis = figure.design.get(name)
    if axis is None or axis.get("side") == "right":
        return 0
    labels = max((width(line) for line in _labels(figure, axis, name)), default=0)
    return labels + 7 + (12 if _has_title(axis) else 0)


def _labels(figure: ChartFigure, axis: Mapping[str, Any], name: str) -> Iterator[str]:
    if axis.get("showticklabels") is False:
        return
    traces = [trace for trace in figure.traces if trace.get("yaxis", "y") == name.replace("axis", "")]
    if "ticktext" in axis:
        yield from axis["ticktext"]
    elif axis.get("type") == "category":
        for trace in traces:
            for label in trace["y"]:
                yield from unescape(label).split("<br>")
    else:
        yield f"{ceil(_most(traces, stacked=figure.design.get('barmode') == 'stack') * 1.06):,}"


def _most(traces: list[dict[str, Any]], *, stacked: bool) -> float:
    """Return the highest value, of bars upon each other their sum."""
    heights: Counter[str] = Counter()
    most = 0.0
    for trace in traces:
        for place, value in zip(trace["x"], trace["y"], strict=True):
            if stacked and trace["type"] == "bar":
                heights[place] += value
            elif value is not None:
                most = max(most, value)
    return max([most, *heights.values()])


def _bottom(axis: Mapping[str, Any]) -> int:
    title = str(axis.get("title", {}).get("text") or "")
    further_lines = str(axis.get("tickformat", "")).count("\n") + title.count("<br>")
    return 23 + _LINE * further_lines + (12 if title else 0)


def _legend(figure: ChartFigure) -> int:
    names = [trace["name"] for trace in figure.traces if trace.get("showlegend", True) and "name" in trace]
    if len(figure.traces) < 2 or not names:
        return 0
    widths = [width(unescape(name)) + 46 for name in names]
    in_a_line = len(names) if sum(widths) <= _LEGEND_WIDTH else max(1, _LEGEND_WIDTH // max(widths))
    return 10 + 19 * ceil(len(names) / in_a_line)


def _has_title(axis: Mapping[str, Any]) -> bool:
    return bool(axis.get("title", {}).get("text"))
