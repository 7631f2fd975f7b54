"""How a text file separates and quotes its cells: the delimiter, and which habit of quoting its writer had.

    ordinary    "a ""b"" c";d             RFC 4180, what spreadsheets write
    spaced      1, "a, b", 2              a space between the delimiter and the quote
    backslash   "a \\"b\\" c";d           MySQL, PHP and JavaScript escape quotes so
    loose       "a "b" c";d               quotes inside a quoted cell that are not escaped at all
    other       'a, b';“c; d”             quotes that are not "
    none        "Ali;90 123 45 67         a quote that opens a cell and is never closed

`choose` looks at a sample; `as_ordinary` rewrites a file of another habit, so that one parser reads all. A habit counts
only where it makes the rows more alike than the ordinary one. Runs in the child process.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace

DELIMITERS = ";,\t|"
NO_DELIMITER = "\x1f"  # a delimiter that no text holds: the file has one column
LONGEST_ROW = 1 << 24  # bytes; a cell cannot be longer than a block of the reader
_ALL_QUOTED = 0.9
_SPACED = re.compile(rb'(?:\A|[;,\t|\n]) +"')
_BACKSLASH = re.compile(rb'\\"')
_PHONE_ROWS = 200  # rows in which phones are looked for
_PAIRS = {"'": "'", "“": "”", "«": "»", "„": "“", "‘": "’", "`": "`"}
_INSIDE = re.compile(r'[^;,\t|\n"]"(?! *(?:[;,\t|\r\n"]|\Z))')  # a quote with something before and behind it
_NEVER_IN_NAMES = "'“`‘"  # a company may be called «Nur»
_FORMATTING = re.compile(r"[\s().+\-/\"'“”«»·]+")
_NUMBER = re.compile(r"(?:998)?\d{9}|[08]\d{9}|00998\d{9}")
_IN_THREES = re.compile(r"998(?:,\d{3}){3}")
Rows = list[list[str]]


@dataclass(frozen=True)
class Dialect:
    """`delimiter` is None for one column; `quote` opens a quoted cell, unless `quoting` is off."""

    delimiter: str | None
    spaced: bool = False
    backslash: bool = False
    loose: bool = False
    quote: str = '"'
    quoting: bool = True

    @property
    def ordinary(self) -> bool:
        """Whether the file needs no rewriting."""
        return not self.spaced and not self.backslash and not self.loose and self.quote == '"'


@dataclass(frozen=True, order=True)
class _Fit:
    """How well a dialect explains a sample; the greater, the better."""

    phones: float  # the share of rows with something like a mobile number in the best column
    alike: float  # the share of rows with as many cells as most
    width: int


def choose(sample: str, content: bytes, delimiter: str | None) -> Dialect:
    """The dialect of a text, of which `sample` is the beginning; the delimiter is detected where it is None."""
    best, best_fit = _with_delimiter(Dialect(delimiter), sample)
    for habit in _habits(sample, content):
        text = _with_lines(sample, content, _BACKSLASH if habit.backslash else _SPACED if habit.spaced else None)
        candidate, fit = _with_delimiter(replace(habit, delimiter=delimiter), text)
        rival = best_fit if text is sample else _with_delimiter(replace(best, delimiter=delimiter), text)[1]
        gain = (fit.phones, fit.alike) > (rival.phones, rival.alike) and fit.width > 1
        same = fit.phones >= rival.phones and fit.alike >= rival.alike
        if gain or (same and _is_better_quoted(candidate, best, text)):
            best, best_fit = candidate, fit
    if '"' in sample and _has_line_breaks(rows_of(sample, best)) and not is_well_quoted(_plain(sample, best), best):
        unquoted, fit = _with_delimiter(Dialect(delimiter, quoting=False), sample)
        if (fit.phones, fit.alike) > (best_fit.phones, best_fit.alike):
            return unquoted
    return best


def _has_line_breaks(rows: Rows) -> bool:
    return any("\n" in cell for row in rows for cell in row)


def _habits(sample: str, content: bytes) -> list[Dialect]:
    habits = []
    has_quotes = b'"' in content  # 5 ms for 50 MB; a search that begins with a space takes 50
    spaced = has_quotes and b' "' in content and bool(_SPACED.search(content))
    if spaced:
        habits.append(Dialect(None, spaced=True))
    if has_quotes and b'\\"' in content:
        habits.append(Dialect(None, backslash=True))
        if spaced:
            habits.append(Dialect(None, spaced=True, backslash=True))
    elif _INSIDE.search(sample):
        habits.append(Dialect(None, loose=True))
    habits += [
        Dialect(None, quote=quote)
        for quote, end in _PAIRS.items()
        if re.search(rf"(?:^|[;,\t|]) *{quote}[^\n]*?{end} *(?:[;,\t|]|$)", sample, re.M)
    ]
    return habits


def _is_better_quoted(candidate: Dialect, rival: Dialect, sample: str) -> bool:
    """Of two dialects that make the rows equally alike: whether the rival leaves quotes in its cells that the candidate
    removes."""
    if candidate.quote != '"':
        cells = [cell.strip() for row in rows_of(sample, rival) for cell in row if cell.strip()]
        start, end = candidate.quote, _PAIRS[candidate.quote]
        torn = sum(cell.startswith(start) and not cell.endswith(end) for cell in cells)
        torn_ends = sum(cell.endswith(end) and not cell.startswith(start) for cell in cells)
        quoted = sum(len(cell) > 1 and cell.startswith(start) and cell.endswith(end) for cell in cells)
        filled = sum(not cell.isdecimal() for cell in cells)
        whole = start in _NEVER_IN_NAMES and filled > 0 and quoted >= _ALL_QUOTED * filled
        return whole or 0 < torn == torn_ends
    if candidate.backslash or candidate.loose:
        return is_well_quoted(_plain(sample, candidate), candidate) and not is_well_quoted(sample, rival)
    return _quotes_left(sample, candidate) < _quotes_left(sample, rival)


def _quotes_left(sample: str, dialect: Dialect) -> int:
    return sum(cell.lstrip().startswith('"') for row in rows_of(sample, dialect) for cell in row)


def _with_lines(sample: str, content: bytes, mark: re.Pattern[bytes] | None) -> str:
    """The sample; where it does not have the mark of a habit, the first lines of the file that have it, with the
    beginning of the sample."""
    if mark is None or mark.search(sample.encode()):
        return sample
    lines = [line for line in content.splitlines() if mark.search(line)][:_PHONE_ROWS]
    return sample[: 1 << 14].rpartition("\n")[0] + "\n" + b"\n".join(lines).decode("utf-8", "replace")


def _with_delimiter(dialect: Dialect, sample: str) -> tuple[Dialect, _Fit]:
    """The dialect with the delimiter that fits best: first the one that separates phones, then the one that makes the
    rows alike."""
    if dialect.delimiter is not None:
        return dialect, _fit(rows_of(sample, dialect))
    best, best_fit = replace(dialect, delimiter=None), _fit(rows_of(sample, dialect))
    single = best_fit
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        candidate = replace(dialect, delimiter=delimiter)
        rows = rows_of(sample, candidate)
        widths = Counter(len(row) for row in rows)
        fit = _fit(rows)
        below_titles = [len(row) for row in rows[next((at for at, row in enumerate(rows) if len(row) > 1), 0) :]]
        singles = below_titles.count(1) if fit.phones > single.phones else widths[1]
        if fit.width < 2 or widths.total() - widths[1] <= singles or fit.phones < single.phones * 0.8:
            continue
        if best.delimiter is None or fit > best_fit:
            best, best_fit = candidate, fit
    return best, best_fit


def _fit(rows: Rows) -> _Fit:
    widths = Counter(map(len, rows))
    width, alike = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
    return _Fit(phone_share(rows), round(alike / max(len(rows), 1), 3), width)


def phone_share(rows: Rows) -> float:
    """The share of the first rows with something like a mobile number in the column that has most."""
    rows = rows[:_PHONE_ROWS]
    by_column = Counter(column for row in rows for column, cell in enumerate(row) if looks_mobile(cell))
    return round(max(by_column.values(), default=0) / max(len(rows), 1), 2)


def looks_mobile(cell: str) -> bool:
    """Whether a cell has the digits of a number and nothing else; without the ranges, which take 0.1 s to load."""
    if len(cell) >= 40:
        return False
    if "\n" in cell.strip():  # two numbers, one below the other
        return all(map(looks_mobile, cell.split()))
    return bool(_NUMBER.fullmatch(_FORMATTING.sub("", cell)) or _IN_THREES.fullmatch(cell.strip()))


def rows_of(text: str, dialect: Dialect) -> Rows:
    """The rows that hold anything, as the csv module splits them."""
    rows = split_rows(_plain(text, dialect), dialect.delimiter, dialect.quoting, spaced=dialect.spaced)
    return [row for row in rows if row]


def split_rows(text: str, delimiter: str | None, quoting: bool = True, spaced: bool = False) -> Rows:
    """The rows as the csv module splits them, without its limit of 128 KiB a cell."""
    csv.field_size_limit(LONGEST_ROW)
    return list(
        csv.reader(
            io.StringIO(text, newline=""),
            delimiter=delimiter or NO_DELIMITER,
            skipinitialspace=spaced,
            quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        )
    )


def is_well_quoted(text: str | bytes, dialect: Dialect) -> bool:
    """Whether every quote that opens a cell closes at its end (3 s for a million rows: called only if needed)."""
    lines = (
        io.TextIOWrapper(io.BytesIO(text), "utf-8", "replace", newline="")
        if isinstance(text, bytes)
        else io.StringIO(text, newline="")
    )
    csv.field_size_limit(LONGEST_ROW)
    try:
        for _ in csv.reader(
            lines, delimiter=dialect.delimiter or NO_DELIMITER, strict=True, skipinitialspace=dialect.spaced
        ):
            pass
    except csv.Error:
        return False
    return True


def as_ordinary(content: bytes, dialect: Dialect) -> bytes:
    """The file as a spreadsheet would write it; each of its rows stays one row (5 s for a million)."""
    if dialect.ordinary:
        return content
    if dialect.backslash or dialect.loose or dialect.quote != '"':
        content = _plain(content.decode("utf-8", "replace"), dialect).encode("utf-8", "replace")
    if not dialect.spaced:
        return content
    csv.field_size_limit(LONGEST_ROW)
    delimiter, written = dialect.delimiter or NO_DELIMITER, io.BytesIO()
    target = io.TextIOWrapper(written, "utf-8", newline="")
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\n")
    lines = io.TextIOWrapper(io.BytesIO(content), "utf-8", "replace", newline="")
    for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True):
        writer.writerow(row)
    target.flush()
    return written.getvalue()


def _plain(text: str, dialect: Dialect) -> str:
    """The text with ordinary quotes; the spaces before them stay."""
    if dialect.quote != '"':
        start, end = re.escape(dialect.quote), re.escape(_PAIRS[dialect.quote])
        border = re.escape(dialect.delimiter) if dialect.delimiter else NO_DELIMITER
        doubled = dialect.quote == "'"
        inner = rf"(?:[^'\n]|''|\\'|'(?! *(?:{border}|\r?$)))*" if doubled else rf"[^{end}\n]*"
        cell = re.compile(rf"(^|{border}) *{start}({inner}){end}(?= *(?:{border}|\r?$))", re.M)

        def quoted(match: re.Match[str]) -> str:
            value = match[2].replace("''", "'").replace("\\'", "'") if doubled else match[2]
            return match[1] + '"' + value.replace('"', '""') + '"'

        return cell.sub(quoted, text)
    if dialect.loose:
        border = re.escape(dialect.delimiter) if dialect.delimiter else NO_DELIMITER
        # A quote behind a delimiter opens a cell; two of them are one that was escaped after all.
        inner = rf'(?:[^"\n]|(?<!{border})"(?! *(?:{border}|\r?$)))*'
        cell = re.compile(rf'(^|{border})"({inner})"(?= *(?:{border}|\r?$))', re.M)

        def escaped(match: re.Match[str]) -> str:
            return match[1] + '"' + match[2].replace('""', '"').replace('"', '""') + '"'

        return cell.sub(escaped, text)
    if dialect.backslash:
        return re.sub(r'\\(["\\])', lambda match: '""' if match[1] == '"' else "\\", text)
    return text
