"""Text files that are refused with a hint: whole lines in quotes, an uncommon delimiter, columns of fixed width."""

import re

from getsms_core.phone import Outcome
from getsms_core.spreadsheet.dialects import DELIMITERS, Dialect, Rows, looks_mobile, phone_share, rows_of, split_rows
from getsms_core.spreadsheet.file_type import UnreadableFile

_MOST = 0.8  # of the rows
_HALF = 0.5
_UNCOMMON = "~^#:¦§*=!$%&@\\\x01\x1e\x1f"
_SAMPLE_LINES = 200
_MOST_COLUMNS = 50
_READABLE = frozenset(
    outcome
    for outcome in Outcome
    if outcome.family in ("accepted", "repaired") or outcome in (Outcome.LANDLINE, Outcome.FOREIGN)
)
_ALIGNED = re.compile(r"\S {2,}\S")
_OTHER_QUOTES = re.compile("'[^']+'|“[^“”]+”|«[^«»]+»")
_TEXT_BEHIND = re.compile(r"\+?[\d ()-]{9,20} *[^\W\d_]")
_WHOLE_NUMBER = re.compile(r"(?<![\d+])\+?(?:998[ -]?)?\(?\d{2}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)")


def refuse_with_hint(sample: str, dialect: Dialect, delimiter_given: bool) -> None:
    """Raise `UnreadableFile` (quoted-lines, uncommon-delimiter, fixed-width) where a sample shows such a file."""
    rows = rows_of(sample, dialect)
    _refuse_quoted_lines(sample, rows)
    if delimiter_given or phone_share(rows) > 0 or _has_numbers(rows):
        return
    lines = [line for line in sample.splitlines() if line.strip()][:_SAMPLE_LINES]
    for delimiter in _UNCOMMON:
        split = [line.split(delimiter) for line in lines]
        if _share_alike(split) >= _MOST and (phone_share(split) >= _HALF or _has_numbers(split)):
            name = delimiter if delimiter.isprintable() else f"0x{ord(delimiter):02X}"
            raise UnreadableFile("uncommon-delimiter", delimiter=name)
    if not any(_ALIGNED.search(line.strip()) for line in lines):
        return
    if phone_share(_at_fixed_places(lines)) >= _HALF or _numbers_at_one_place(lines):
        raise UnreadableFile("fixed-width")


def _has_numbers(rows: Rows) -> bool:
    """Whether most cells of a column are numbers in another notation: links, labels, two in a cell. The ranges take
    0.1 s to load."""
    width = max(map(len, rows), default=0)
    for column in range(min(width, _MOST_COLUMNS)):
        cells = [row[column] for row in rows[:_SAMPLE_LINES] if column < len(row) and row[column].strip()]
        if cells and sum(map(_is_readable, cells)) >= _HALF * len(cells):
            return True
    return False


def _is_readable(cell: str) -> bool:
    from getsms_core import phone

    outcome = phone.check(cell).outcome
    return outcome in _READABLE or (outcome is Outcome.TWO_NUMBERS and not any(map(str.isalpha, cell)))


def _refuse_quoted_lines(sample: str, rows: Rows) -> None:
    """Refuse a file whose every line is one quoted cell: the quotes hide the columns inside it."""
    lines = [line.strip(f" {DELIMITERS}") for line in sample.splitlines() if line.strip()]
    body = rows
    if len(rows) > 1 and lines and not lines[0].startswith('"'):
        lines, body = lines[1:], rows[1:]
    if sum(len(line) > 2 and line[0] == line[-1] == '"' for line in lines) >= _MOST * len(lines):
        cells = [[cell for cell in row if cell.strip()] for row in body]
        whole = [row[0] for row in cells if len(row) == 1]
    else:
        body, whole = [[line] for line in lines], [line[1:-1] for line in lines if _OTHER_QUOTES.fullmatch(line)]
    if not whole or len(whole) < _MOST * len(body):
        return
    for delimiter in DELIMITERS:
        inner = [row for row in split_rows("\n".join(whole), delimiter) if row]
        numbers_alone = all(looks_mobile(cell) for row in inner for cell in row if cell.strip())
        if _share_alike(inner) >= _MOST and not numbers_alone and phone_share(inner) > 0:
            raise UnreadableFile("quoted-lines")


def _share_alike(rows: Rows) -> float:
    """The share of rows with as many cells as most; 0 where most have one."""
    widths = [len(row) for row in rows]
    width = max(set(widths), key=widths.count, default=1)
    return widths.count(width) / len(widths) if width > 1 else 0


def _at_fixed_places(lines: list[str]) -> Rows:
    """The lines cut where a column of spaces runs through all of them; nothing for fewer than three lines, or where
    they are not aligned."""
    if len(lines) < 3:
        return []
    width = max(map(len, lines))
    padded = [line.expandtabs().ljust(width) for line in lines]
    blank = "".join(
        "." if any(place) else " " for place in zip(*[[c != " " for c in line] for line in padded], strict=False)
    )
    cuts = [match.span() for match in re.finditer(r"\.+", blank)]
    return [[line[start:end].strip() for start, end in cuts] for line in padded] if len(cuts) > 1 else []


def _numbers_at_one_place(lines: list[str]) -> bool:
    """Whether most lines have a number at the same place beside something else: other columns may touch it."""
    places = [match.start() for line in lines if (match := _WHOLE_NUMBER.search(line))]
    place = max(set(places), key=places.count, default=0)
    if not place and not all(_TEXT_BEHIND.match(line) for line in lines if line[:1].isdigit()):
        return False
    return len(lines) > 1 and places.count(place) >= _MOST * len(lines)
