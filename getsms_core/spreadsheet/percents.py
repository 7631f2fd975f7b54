"""Percents as a number format shows them: 15%, 15.25 %, (5%), and the words in the format."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<hidden>[_*].|\[[^\]]*\])|(?P<digits>[0#?.,]+|General)|(?P<end>;)|(?P<sign>.)',
    re.S,
)
_CONDITION = re.compile(r"\[[<>=]")


@dataclass(frozen=True)
class Section:
    """A part of a format, for positive, negative or zero values: what stands before and behind the number; the least
    number of digits before the point, and the least and the most behind it. `digits` is None where the section shows
    words alone."""

    before: str = ""
    behind: str = ""
    digits: int | None = None
    least: int = 0
    most: int = 0
    point: bool = False
    grouped: bool = False
    hundreds: int = 0


def sections(code: str) -> tuple[Section, ...]:
    """The sections of the code of a format that has a percent sign. One with conditions has its first section alone."""
    parts: list[list[re.Match[str]]] = [[]]
    for match in _PIECE.finditer(code):
        if match["end"]:
            parts.append([])
        else:
            parts[-1].append(match)
    numbers = tuple(_section(part) for part in parts[:3])
    return numbers[:1] if _CONDITION.search(code) else numbers


def _section(pieces: list[re.Match[str]]) -> Section:
    before, behind, number, hundreds = "", "", "", 0
    for piece in pieces:
        if piece["hidden"]:
            continue
        if piece["digits"]:
            number += "0" if piece["digits"] == "General" else piece["digits"]
            continue
        text = piece["quoted"] if piece["quoted"] is not None else piece["escaped"] or piece["sign"]
        hundreds += piece["sign"] == "%"
        if number:
            behind += text
        else:
            before += text
    if not number:
        return Section(before)
    whole, point, decimals = number.partition(".")
    return Section(
        before,
        behind,
        digits=whole.count("0"),
        least=decimals.count("0"),
        most=len(decimals.replace(",", "")),
        point=bool(point),
        grouped="," in whole.rstrip(","),
        hundreds=hundreds,
    )


def show(value: float, of: tuple[Section, ...]) -> str:
    """The text of a number under the sections of its format."""
    section = of[0]
    if value < 0 and len(of) > 1:
        section = of[1]
    elif value == 0 and len(of) > 2:
        section = of[2]
    if section.digits is None:
        return section.before.strip()
    exact = abs(Decimal(repr(value))).scaleb(2 * section.hundreds)
    rounded = exact.quantize(Decimal(1).scaleb(-section.most), ROUND_HALF_UP)
    whole, _, decimals = format(rounded, "f").partition(".")
    whole = whole.lstrip("0").zfill(section.digits)
    if section.grouped:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", " ", whole)
    while len(decimals) > section.least and decimals.endswith("0"):
        decimals = decimals[:-1]
    number = whole + ("." if section.point else "") + decimals
    sign = "-" if value < 0 and rounded and section is of[0] else ""
    return (sign + section.before + number + section.behind).strip()
