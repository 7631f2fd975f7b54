"""Password hashes: argon2id, verified in the same time for names that do not exist."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import argon2

PASSWORD_LENGTH = 8
"""Characters that a password has at least."""
HASHERS = min(4, max(2, (os.cpu_count() or 1) // 2))
"""Passwords hashed at once in this process: each takes 64 MiB and a whole core for a twentieth of a second, whoever
asks, so that sign-in attempts leave memory and CPU for signed-in users."""
_pool = ThreadPoolExecutor(HASHERS, thread_name_prefix="getsms-password")
_hasher = argon2.PasswordHasher()


def hash_password(password: str) -> str:
    """Return the argon2id hash that is stored instead of the password."""
    return _pool.submit(_hasher.hash, password).result()


def verify_password(password_hash: str, password: str) -> bool:
    """Return whether the password matches. Without a hash ("": no such user, or one who has chosen no password yet) the
    check takes as long, so that names cannot be guessed from the time."""
    return _pool.submit(_verify, password_hash, password).result()


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _dummy_hash(), password) and password_hash != ""
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


@cache
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))
