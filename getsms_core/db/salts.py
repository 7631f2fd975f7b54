"""Random texts of this database that are hashed with what must not be guessed from its hash."""

import secrets

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.db.engine import Store
from getsms_core.db.models import Salt
from getsms_core.db.upserts import insert_unless_exists


def get(store: Store, purpose: str) -> bytes:
    """Return the salt of a purpose, made at the first call; all processes on a database get the same."""
    query = sa.select(col(Salt.value)).where(col(Salt.purpose) == purpose)
    with store.reading() as session:
        if (value := session.scalar(query)) is not None:
            return bytes.fromhex(value)
    with store.writing() as session:
        insert_unless_exists(session, Salt(purpose=purpose, value=secrets.token_hex(16)))
        return bytes.fromhex(str(session.scalar(query)))
