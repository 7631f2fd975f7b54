"""The file of a backup: a header, blocks, and a checksum over all of it; with a password each block is encrypted.

    8 bytes   GETSMSBK
    2 bytes   version of this layout, big-endian: 1
    4 bytes   length of the header, then the header: JSON, {"encryption": null | {...}}
    blocks    kind (1 byte: B block, E the last one), length (4 bytes), content
    32 bytes  SHA-256 over everything before it

With a password the key is argon2id(password, salt), and each block is AES-256-GCM with its number as the nonce. Header,
number and kind are authenticated with it: a moved, missing or foreign block is detected, and so is a file that was cut
and given a new checksum.
"""

import hashlib
import json
import secrets
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _

MAGIC = b"GETSMSBK"
VERSION = 1
_BLOCK, _LAST = b"B", b"E"
_HEADER_MOST = 65_536
_BLOCK_MOST = 1 << 30
_ARGON2 = {"time": 3, "memory": 65_536, "lanes": 4}
_ARGON2_MOST = {"time": 16, "memory": 1_048_576, "lanes": 16}
"""The most that a header may ask for: a forged one must not keep the machine busy for hours."""


class Writer:
    """Writes a backup to a file; `finish` completes it."""

    def __init__(self, file: BinaryIO, password: str | None) -> None:
        self._file, self._hash, self._number = file, hashlib.sha256(), 0
        encryption: dict[str, Any] | None = None
        if password is not None:
            encryption = {"cipher": "AES-256-GCM", "kdf": "argon2id", "salt": secrets.token_hex(16), **_ARGON2}
        header = json.dumps({"encryption": encryption}).encode()
        self._cipher = _cipher(encryption, password, header)
        self._put(MAGIC + struct.pack(">HI", VERSION, len(header)) + header)

    def write(self, block: bytes) -> None:
        """Append a block."""
        self._block(_BLOCK, block)

    def finish(self, block: bytes) -> None:
        """Append the last block and the checksum."""
        self._block(_LAST, block)
        self._file.write(self._hash.digest())

    def _block(self, kind: bytes, block: bytes) -> None:
        content = self._cipher.encrypt(self._number, kind, block) if self._cipher else block
        if len(content) > _BLOCK_MOST:
            raise ValueError(f"a block of {len(content)} bytes could not be read back")
        self._number += 1
        self._put(kind + struct.pack(">I", len(content)))
        self._put(content)

    def _put(self, data: bytes) -> None:
        self._hash.update(data)
        self._file.write(data)


def read_blocks(file: BinaryIO, password: str | None) -> Iterator[bytes]:
    """Yield the blocks of a backup; the last one only after the whole file was checked.

    Raises `DomainError`: "backup-foreign", "backup-newer", "backup-encrypted" (without a password),
    "wrong-password", "backup-damaged"."""
    source = _Source(file)
    if file.read(len(MAGIC)) != MAGIC:
        raise DomainError("backup-foreign", _("This file is not a GETSMS backup. Nothing was changed."))
    source.hash.update(MAGIC)
    version, length = struct.unpack(">HI", source.take(6))
    if version > VERSION:
        raise newer_error(f"format {version}")
    if version < 1 or length > _HEADER_MOST:
        raise damaged_error()
    header = source.take(length)
    cipher = _cipher(_encryption(header, password), password, header)
    number = 0
    while True:
        kind = source.take(1)
        (length,) = struct.unpack(">I", source.take(4))
        if kind not in (_BLOCK, _LAST) or length > _BLOCK_MOST:
            raise damaged_error()
        content = source.take(length)
        if cipher:
            content = cipher.decrypt(number, kind, content)
        if kind == _LAST:
            if file.read(33) != source.hash.digest():  # one byte more than the checksum: nothing may follow
                raise damaged_error()
            yield content
            return
        yield content
        number += 1


def damaged_error() -> DomainError:
    """Return the error for a damaged file."""
    return DomainError(
        "backup-damaged",
        _("This backup is damaged: it was cut off or changed after it was written. Nothing was changed."),
    )


def newer_error(version: str) -> DomainError:
    """Return the error for a file of a newer version of this program."""
    return DomainError(
        "backup-newer",
        _(
            "This backup was made by a newer version of GETSMS Campaigns ({version}). Restore it with that version. "
            "Nothing was changed."
        ).format(version=version),
    )


class _Source:
    """Reads exact lengths and hashes them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def take(self, length: int) -> bytes:
        data = self._file.read(length)
        if len(data) != length:
            raise damaged_error()
        self.hash.update(data)
        return data


def _encryption(header: bytes, password: str | None) -> dict[str, Any] | None:
    try:
        encryption = json.loads(header)["encryption"]
    except (ValueError, KeyError, TypeError):
        raise damaged_error() from None
    if encryption is None:
        return None
    if not isinstance(encryption, dict):
        raise damaged_error()
    if (encryption.get("cipher"), encryption.get("kdf")) != ("AES-256-GCM", "argon2id"):
        raise newer_error(str(encryption.get("cipher"))[:40])
    for name, most in _ARGON2_MOST.items():
        value = encryption.get(name)
        if type(value) is not int or not 1 <= value <= most:
            raise damaged_error()
    if password is None:
        raise DomainError(
            "backup-encrypted",
            _("This backup is encrypted. Give its password on stdin, with --password-stdin. Nothing was changed."),
        )
    return encryption


class _Cipher:
    def __init__(self, key: bytes, header: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._aead, self._about = AESGCM(key), hashlib.sha256(header).digest()

    def encrypt(self, number: int, kind: bytes, block: bytes) -> bytes:
        return self._aead.encrypt(struct.pack(">IQ", 0, number), block, self._about + kind)

    def decrypt(self, number: int, kind: bytes, content: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            return self._aead.decrypt(struct.pack(">IQ", 0, number), content, self._about + kind)
        except (InvalidTag, ValueError):
            if number:  # the password opened the blocks before this one
                raise damaged_error() from None
            raise DomainError(
                "wrong-password",
                _("The password does not open this backup, or the file is damaged. Nothing was changed."),
            ) from None


def _cipher(encryption: dict[str, Any] | None, password: str | None, header: bytes) -> _Cipher | None:
    if encryption is None or password is None:
        return None
    import argon2

    try:
        key = argon2.low_level.hash_secret_raw(
            password.encode(),
            bytes.fromhex(encryption["salt"]),
            time_cost=encryption["time"],
            memory_cost=encryption["memory"],
            parallelism=encryption["lanes"],
            hash_len=32,
            type=argon2.low_level.Type.ID,
        )
    except (ValueError, KeyError, TypeError, argon2.exceptions.HashingError):
        raise damaged_error() from None
    return _Cipher(key, header)
