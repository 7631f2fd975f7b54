"""The file of a backup: whatever is cut off, changed, foreign or newer is refused in a sentence."""

import hashlib
import io
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.backup.container import MAGIC, Writer, read_blocks
from getsms_core.base.errors import DomainError
from tests.each_case import each_case

PASSWORD = "a good password"
BLOCKS = [b"about", b"rows " * 40, b"", b"counts"]


def written(password: str | None = None, blocks: list[bytes] = BLOCKS) -> bytes:
    file = io.BytesIO()
    writer = Writer(file, password)
    for block in blocks[:-1]:
        writer.write(block)
    writer.finish(blocks[-1])
    return file.getvalue()


PLAIN, ENCRYPTED = written(), written(PASSWORD)


def code_of(content: bytes, password: str | None = None) -> str:
    with pytest.raises(DomainError) as refused:
        list(read_blocks(io.BytesIO(content), password))
    return refused.value.code


def with_checksum(content: bytes) -> bytes:
    return content + hashlib.sha256(content).digest()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"SQLite format 3\0" + bytes(100), MAGIC[:-1], MAGIC.lower()])
def test_a_file_of_another_program_is_refused(content: bytes) -> None:
    assert code_of(content) == "backup-foreign"


@each_case("length", range(len(MAGIC), len(PLAIN), 7))
def test_a_file_that_was_cut_off_anywhere_is_refused(length: int) -> None:
    assert code_of(PLAIN[:length]) == "backup-damaged"


@each_case("at", range(len(MAGIC), len(PLAIN), 5))
def test_a_file_with_one_changed_byte_is_refused(at: int) -> None:
    changed = PLAIN[:at] + bytes([PLAIN[at] ^ 1]) + PLAIN[at + 1 :]
    assert code_of(changed) in ("backup-damaged", "backup-newer")


def test_a_file_with_more_behind_its_end_is_refused() -> None:
    assert code_of(PLAIN + b"\0") == "backup-damaged"


def test_an_encrypted_file_that_was_cut_and_got_a_new_checksum_is_refused() -> None:
    last = ENCRYPTED.rindex(b"E", 0, -32 - len(BLOCKS[-1]) - 16)
    shorter = ENCRYPTED[:last]
    assert code_of(with_checksum(shorter), PASSWORD) == "backup-damaged"


def test_an_encrypted_file_whose_blocks_changed_places_is_refused() -> None:
    content = written(PASSWORD, [b"about", b"first row", b"other row", b"end"])
    start = len(MAGIC) + 6 + struct.unpack(">I", content[len(MAGIC) + 2 : len(MAGIC) + 6])[0]
    size = {name: 5 + len(block) + 16 for name, block in (("about", b"about"), ("row", b"first row"))}
    first = start + size["about"]
    second, after = first + size["row"], first + 2 * size["row"]
    moved = content[:first] + content[second:after] + content[first:second] + content[after:-32]
    assert code_of(with_checksum(moved), PASSWORD) == "backup-damaged"


def test_a_wrong_password_and_none_are_told_apart() -> None:
    assert code_of(ENCRYPTED) == "backup-encrypted"
    assert code_of(ENCRYPTED, "another password") == "wrong-password"


def test_a_newer_layout_is_named_as_such() -> None:
    content = MAGIC + struct.pack(">HI", 2, 2) + b"{}"
    assert code_of(with_checksum(content)) == "backup-newer"


@pytest.mark.parametrize(
    "change", [{"memory": 1 << 40}, {"time": 0}, {"lanes": "4"}, {"salt": "no hex"}, {"time": True}]
)
def test_a_header_that_would_hold_the_machine_for_hours_is_refused(change: dict[str, object]) -> None:
    sound = {"cipher": "AES-256-GCM", "kdf": "argon2id", "salt": "00" * 16, "time": 3, "memory": 65_536, "lanes": 4}
    header = json.dumps({"encryption": sound | change}).encode()
    content = MAGIC + struct.pack(">HI", 1, len(header)) + header
    assert code_of(with_checksum(content), PASSWORD) == "backup-damaged"


@given(st.binary(max_size=200))
def test_no_bytes_behind_the_magic_raise_anything_but_a_refusal(content: bytes) -> None:
    assert code_of(MAGIC + content, PASSWORD).startswith(("backup-", "wrong-"))


def test_what_was_written_is_read_and_an_encrypted_file_shows_nothing_of_it() -> None:
    assert list(read_blocks(io.BytesIO(PLAIN), None)) == BLOCKS
    assert list(read_blocks(io.BytesIO(ENCRYPTED), PASSWORD)) == BLOCKS
    assert b"rows " not in ENCRYPTED
