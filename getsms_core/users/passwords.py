"""Password hashes: argon2id, verified in the same time for names that do not exist."""

import secrets
from functools import cache

import argon2

PASSWORD_LENGTH = 8
"""Characters that a password has at least."""
_hasher = argon2.PasswordHasher()


def hash_password(password: str) -> str:
    """Return the argon2id hash that is stored instead of the password."""
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether the password matches. Without a hash (no such user) the check takes as long, so that names cannot
    be guessed from the time."""
    try:
        return _hasher.verify(password_hash or _dummy_hash(), password) and password_hash is not None
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


@cache
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))
