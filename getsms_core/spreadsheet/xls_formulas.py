"""Find the formulas without a stored text in an old Excel file (XLS): [MS-CFB] for the container, [MS-XLS] for the
records. The spreadsheet reader gives an empty text both for them and for a cell with an empty text."""

import struct
from collections.abc import Iterator
from pathlib import Path

_BOF, _EOF, _BOUNDSHEET, _FORMULA, _RECALC_ID = 0x809, 0x0A, 0x85, 0x06, 0x1C1
_BLANK_TEXT = b"\x03", b"\xff\xff"  # byte 0 and bytes 6-7 of the stored value
_LAST_SECTOR = 0xFFFFFFFA  # greater numbers are marks


def blank_formulas(path: Path, sheet_index: int) -> tuple[set[tuple[int, int]], bool]:
    """The (row, column) of each formula of a sheet whose stored value is an empty text, and whether Excel has
    calculated the file: a program that only writes formulas leaves out the record that says so.

    Empty and False where the file is not built as it should be: the reader has judged it by then."""
    try:
        stream = _workbook_stream(path.read_bytes())
        sheets, calculated = [], False
        for kind, body in _records(stream, 0):
            if kind == _BOUNDSHEET:
                sheets.append(int(struct.unpack_from("<I", body)[0]))
            calculated |= kind == _RECALC_ID
        return _blank_in(stream, sheets[sheet_index]), calculated
    except (struct.error, IndexError, ValueError):
        return set(), False


def _blank_in(stream: bytes, start: int) -> set[tuple[int, int]]:
    cells = set()
    for kind, body in _records(stream, start):
        if kind == _FORMULA and (body[6:7], body[12:14]) == _BLANK_TEXT:
            cells.add(struct.unpack_from("<HH", body))
    return cells


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records of one part of the workbook, without those of parts inside it, such as charts."""
    at, depth = start, 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _workbook_stream(raw: bytes) -> bytes:
    """The stream "Workbook" (or "Book") of the container. Raises `ValueError`, `struct.error` or `IndexError`."""
    shift, small_shift = struct.unpack_from("<HH", raw, 30)
    if not 7 <= shift <= 16 or not 4 <= small_shift <= shift:
        raise ValueError("no container")
    directory, threshold, small_table = (struct.unpack_from("<I", raw, at)[0] for at in (48, 56, 60))
    fat = _table(b"".join(_sector(raw, number, shift) for number in _fat_sectors(raw, shift)))
    entries = _chain(raw, directory, fat, shift)
    root_start = struct.unpack_from("<I", entries, 116)[0]
    for at in range(0, len(entries) - 127, 128):
        length = struct.unpack_from("<H", entries, at + 64)[0]
        name = entries[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
        if name in ("workbook", "book"):
            first, size = struct.unpack_from("<II", entries, at + 116)
            if size >= threshold:
                return _chain(raw, first, fat, shift)[:size]
            container = b"\0" * (1 << small_shift) + _chain(raw, root_start, fat, shift)  # sector 0 has no header here
            return _chain(container, first, _table(_chain(raw, small_table, fat, shift)), small_shift)[:size]
    raise ValueError("no workbook")


def _fat_sectors(raw: bytes, shift: int) -> list[int]:
    numbers = list(struct.unpack_from("<109I", raw, 76))
    following, seen = struct.unpack_from("<I", raw, 68)[0], set[int]()
    while following <= _LAST_SECTOR and following not in seen:
        seen.add(following)
        sector_numbers = _table(_sector(raw, following, shift))
        numbers += sector_numbers[:-1]
        following = sector_numbers[-1]
    return [number for number in numbers if number <= _LAST_SECTOR]


def _chain(raw: bytes, first: int, fat: tuple[int, ...], shift: int) -> bytes:
    sectors, number = list[bytes](), first
    while number <= _LAST_SECTOR:
        if len(sectors) > len(fat):
            raise ValueError("a chain without an end")
        sectors.append(_sector(raw, number, shift))
        number = fat[number]
    return b"".join(sectors)


def _sector(raw: bytes, number: int, shift: int) -> bytes:
    return raw[(number + 1) << shift : (number + 2) << shift]


def _table(sectors: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sectors) // 4}I", sectors[: len(sectors) // 4 * 4])
