"""Files made to take the program down. Each gets its sentence within seconds, and this process does not even notice."""

import itertools
import os
import resource
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from getsms_core.base.errors import DomainError
from getsms_core.contacts.validation import check_list
from getsms_core.spreadsheet import LIMITS, Limits, read

CPU_SECONDS = 20  # the slowest here needs two; not of the clock, which says how busy the machine is
# Under this much memory a bomb dies early, so that the tests stay quick; the program's own limit is LIMITS.
pytestmark = pytest.mark.reader_process
SMALL = Limits(memory_bytes=1 << 30, cpu_seconds=10)
SPACE = "urn:oasis:names:tc:opendocument:xmlns"


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """No test here may take long, nor let this process grow by more than 200 MB."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, _cpu_seconds()
    yield
    assert _cpu_seconds() - began < CPU_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


def _cpu_seconds() -> float:
    """The CPU time of this process and of its children that have ended."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage_error.ru_utime + usage_error.ru_stime for usage_error in usage)


def refused(path: Path, limits: Limits = SMALL) -> DomainError:
    with pytest.raises(DomainError) as caught:
        read(path, limits=limits)
    assert len(caught.value.message) > 20
    return caught.value


def plain(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Ism", "Telefon"], ["Ali", 998901234567]):
        sheet.append(row)
    book.save(path)
    return path


class _OncePerPiece:
    """In the place of zipfile's compressor: a large piece that comes again is compressed once. 700 MB of zeros took
    3 s of CPU."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._compressed: dict[int, tuple[bytes, bytes]] = {}

    def compress(self, piece: bytes) -> bytes:
        """The piece as deflate blocks that refer to nothing before them."""
        if id(piece) in self._compressed:
            return self._compressed[id(piece)][1]
        compressor = zlib.compressobj(self._level, zlib.DEFLATED, -zlib.MAX_WBITS)
        compressed = compressor.compress(piece) + compressor.flush(zlib.Z_FULL_FLUSH)
        if len(piece) > 100_000:
            self._compressed[id(piece)] = piece, compressed
        return compressed

    def flush(self) -> bytes:
        """The last block."""
        return zlib.compressobj(wbits=-zlib.MAX_WBITS).flush()


def with_sheet(path: Path, xml: bytes | Iterator[bytes], level: int = 1) -> Path:
    """A workbook whose sheet is this XML, written piece by piece: the bombs are larger than memory."""
    source = plain(path.with_name("plain.xlsx"))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as new:
        for entry in old.infolist():
            if entry.filename != "xl/worksheets/sheet1.xml":
                new.writestr(entry.filename, old.read(entry))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            setattr(sheet, "_compressor", _OncePerPiece(level))  # noqa: B010  (mypy: private)
            for piece in [xml] if isinstance(xml, bytes) else xml:
                sheet.write(piece)
    return path


HEAD = (
    b'<?xml version="1.0"?>%s<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
TAIL = b"</sheetData></worksheet>"


def ods(path: Path, rows: str, manifest: str = "<manifest/>") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{SPACE}:office:1.0" xmlns:table="{SPACE}:table:1.0" '
            f'xmlns:text="{SPACE}:text:1.0"><office:body><office:spreadsheet><table:table table:name="x">{rows}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def test_one_cell_in_the_last_corner_aborts_the_reader_and_nothing_else(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(plain(tmp_path / "a.xlsx"))
    book.worksheets[0]["XFD1048576"] = "x"
    book.save(tmp_path / "sparse.xlsx")
    refusal = refused(tmp_path / "sparse.xlsx", LIMITS)
    assert refusal.code == "too-big"
    assert "stray cell" in refusal.message


def test_one_cell_far_below_is_only_blank_rows(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(plain(tmp_path / "a.xlsx"))
    book.worksheets[0]["A1048576"] = "Lola"
    book.save(tmp_path / "sparse.xlsx")
    assert read(tmp_path / "sparse.xlsx").first_row_numbers.tolist() == [2, 1_048_576]


def test_a_zip_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    zeros = bytes(1 << 20)
    bomb = with_sheet(tmp_path / "bomb.xlsx", itertools.repeat(zeros, 700), level=9)
    assert bomb.stat().st_size < 4 << 20
    refusal = refused(bomb, LIMITS)
    assert refusal.code == "too-big"
    assert "700\u00a0MB" in refusal.message


def test_a_zip_that_lies_about_its_size_dies_alone(tmp_path: Path) -> None:
    bomb = with_sheet(
        tmp_path / "bomb.xlsx", itertools.chain([HEAD % b""], itertools.repeat(b"<row/>" * 175_000, 120), [TAIL])
    )
    content = bytearray(bomb.read_bytes())
    size = 120 * 6 * 175_000 + len(HEAD % b"") + len(TAIL)
    entry = content.rindex(b"xl/worksheets/sheet1.xml", 0, len(content))
    message_part = slice(entry - 22, entry - 18)  # the unpacked size in the central directory
    assert int.from_bytes(content[message_part], "little") == size
    content[message_part] = (1_000).to_bytes(4, "little")
    bomb.write_bytes(content)
    assert refused(bomb).code in ("too-big", "truncated", "empty-file")


def test_shared_strings_that_fill_the_memory_are_refused(tmp_path: Path) -> None:
    row, text, end = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>', b"x" * 200_000, b"</t></is></c></row>"
    rows = ((row % (at, at), text, end) for at in range(1, 2_500))
    sheet = itertools.chain([HEAD % b""], itertools.chain.from_iterable(rows), [TAIL])
    refusal = refused(with_sheet(tmp_path / "fat.xlsx", sheet), Limits(memory_bytes=512 << 20, unpacked_ratio=10**6))
    assert refusal.code == "too-big"


def test_an_xml_entity_bomb_is_not_expanded(tmp_path: Path) -> None:
    entities = b'<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 10) for name in range(ord("b"), ord("l"))
    )
    row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&k;</t></is></c></row>'
    bomb = with_sheet(tmp_path / "lol.xlsx", HEAD % (b"<!DOCTYPE x [" + entities + b"]>") + row + TAIL)
    assert refused(bomb).code == "truncated"


@pytest.mark.parametrize(("rows", "columns"), [(1_000_000, 1_000), (900_000, 100)])
def test_an_ods_of_a_billion_cells_is_refused(tmp_path: Path, rows: int, columns: int) -> None:
    cell = f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-cell></table:table-row>'
    assert refused(ods(tmp_path / "a.ods", row)).code == "too-big"


def test_an_encrypted_workbook_says_that_it_needs_its_password_removed(tmp_path: Path) -> None:
    safe = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(2_000)
    (tmp_path / "a.xlsx").write_bytes(safe)
    refusal = refused(tmp_path / "a.xlsx")
    assert refusal.code == "encrypted"
    assert "password" in refusal.message
    locked = ods(tmp_path / "a.ods", "", "<manifest><manifest:encryption-data/></manifest>")
    assert refused(locked).code == "encrypted"


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_a_truncated_workbook_says_so(tmp_path: Path, share: float) -> None:
    whole = plain(tmp_path / "a.xlsx").read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: int(len(whole) * share)])
    assert refused(tmp_path / "cut.xlsx").code == "truncated"


def test_a_workbook_with_a_broken_middle_says_so(tmp_path: Path) -> None:
    content = bytearray(plain(tmp_path / "a.xlsx").read_bytes())
    start = content.index(b"xl/worksheets/sheet1.xml") + 24
    content[start + 20 : start + 120] = os.urandom(100)
    (tmp_path / "broken.xlsx").write_bytes(content)
    assert refused(tmp_path / "broken.xlsx").code == "truncated"


def test_a_csv_of_two_gigabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.write(b"Ism,Telefon\n")
        file.truncate(2 << 30)  # a hole: no disk is used
    refusal = refused(tmp_path / "a.csv", LIMITS)
    assert refusal.code == "too-big"
    assert "2048\u00a0MB" in refusal.message


def test_a_csv_of_nothing_but_quotes_or_one_endless_line_ends(tmp_path: Path) -> None:
    (tmp_path / "quotes.csv").write_bytes(b"a,b\n" + b'"' * 3_000_001)
    (tmp_path / "line.csv").write_bytes(b"a,b\n1," + b"x" * (40 << 20))
    (tmp_path / "wide.csv").write_bytes(b"," * 3_000_000)
    assert refused(tmp_path / "line.csv").code == "too-big"
    assert refused(tmp_path / "wide.csv").code in ("too-big", "empty-file")
    with pytest.raises(DomainError):
        check_list(read(tmp_path / "quotes.csv", limits=SMALL))


def test_a_text_full_of_nul_bytes_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"Ism,Telefon\n" + b"\0a\0\0\0b\0" * 10_000)
    assert refused(tmp_path / "a.csv").code == "not-a-spreadsheet"


def test_an_html_page_without_end_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"<html><table>" + b"<tr><td>x" * 2_000_000)
    assert refused(tmp_path / "a.xls", Limits(memory_bytes=1 << 30, cpu_seconds=1)).code == "too-big"
    with (tmp_path / "b.xls").open("wb") as file:
        file.write(b"<html><table><tr><td>x")
        file.truncate(65 << 20)
    assert "limit is 64\u00a0MB" in refused(tmp_path / "b.xls", LIMITS).message


def test_a_reader_that_uses_up_its_time_is_stopped(tmp_path: Path) -> None:
    rows = "".join(f"Ali,90{at:07d}\n" for at in range(200_000))
    (tmp_path / "a.csv").write_text("Ism,Telefon\n" + rows)
    refusal = refused(tmp_path / "a.csv", Limits(wall_seconds=0))
    assert refusal.code == "too-big"
    assert "too long" in refusal.message


def test_formulas_and_links_in_cells_are_only_text(tmp_path: Path) -> None:
    text = 'Ism,Telefon\n=HYPERLINK("http://x"),901234567\n@SUM(1+1),=998911234567\n'
    (tmp_path / "a.csv").write_text(text)
    checked = check_list(read(tmp_path / "a.csv", limits=SMALL))
    assert checked.accepted()["Ism"].to_pylist() == ['=HYPERLINK("http://x")', "@SUM(1+1)"]


def test_nothing_is_left_behind_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    sheet = read(plain(tmp_path / "a.xlsx"))
    assert list((tmp_path / "t").iterdir()) == []
    assert sheet.table.num_rows == 1


def test_the_reader_gets_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def run(command: list[str], env: dict[str, str], **_: object) -> None:
        seen.update(env)
        raise OSError("not started in this test")

    monkeypatch.setenv("GETSMS_PASSWORD", "secret")
    monkeypatch.setattr("subprocess.Popen", run)
    with pytest.raises(OSError, match="not started"):
        read(plain(tmp_path / "a.xlsx"))
    assert seen
    assert not any(name.startswith("GETSMS_") for name in seen)
