"""What a write leaves behind in its process: a count for caches, and no memory."""

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from getsms_core.db.engine import CACHE_KB, LARGE_WRITE_CACHE_KB, Store, open_store
from getsms_core.users import identity, sessions
from getsms_core.users import service as users
from tests import kept_connections


def test_a_cache_is_told_of_a_write_but_not_of_the_time_of_a_request(store: Store) -> None:
    calls: list[int] = []
    before = store.writes
    store.after_write.append(lambda: calls.append(1))
    administrator = users.create_first_administrator(store, "Aziza", "a good password")
    assert store.writes > before
    assert len(calls) == store.writes - before
    with store.writing() as session:
        cookie = sessions.begin(session, identity.get(session, administrator.id), sessions.Visit(), 1_000)
    before = store.writes
    calls.clear()
    live_session = sessions.find(store, cookie, now=200_000)
    assert live_session is not None
    sessions.touch(store, live_session[1], now=200_000)
    assert store.writes == before
    assert not calls
    seen = sessions.find(store, cookie, now=200_000)
    assert seen is not None
    assert seen[1].seen_at == 200_000


def test_a_large_write_keeps_little_in_the_cache_of_its_connection_alone(sqlite_store: Store) -> None:
    with sqlite_store.writing(large=True) as session:
        assert _cache_kb(session) == LARGE_WRITE_CACHE_KB
    for open_session in (sqlite_store.reading, sqlite_store.writing):
        with open_session() as session:
            assert _cache_kb(session) == CACHE_KB
    with pytest.raises(ValueError, match="on purpose"), sqlite_store.writing(large=True):
        raise ValueError("on purpose")
    with sqlite_store.reading() as session:
        assert _cache_kb(session) == CACHE_KB


@pytest.mark.parametrize(
    ("of_server", "of_program"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")]
)
def test_a_commit_waits_for_the_disk_whatever_the_server_is_set_to(
    postgres_url: str, of_server: str, of_program: str
) -> None:
    """A claim that the server forgets in a crash would be sent again."""
    server = open_store(postgres_url)
    name = sa.make_url(postgres_url).database
    with server.writing() as session:
        session.execute(sa.text(f'ALTER DATABASE "{name}" SET synchronous_commit = {of_server}'))
    kept_connections.close_idle()
    store = open_store(postgres_url, upgrade=False)
    try:
        for _again in range(2):  # the setting outlives the transaction
            with store.writing() as session:
                assert session.scalar(sa.text("SHOW synchronous_commit")) == of_program
                session.rollback()
    finally:
        with server.writing() as session:
            session.execute(sa.text(f'ALTER DATABASE "{name}" RESET synchronous_commit'))
        store.close()
        server.close()
        kept_connections.close_idle()


def _cache_kb(session: Session) -> int:
    return -int(session.execute(sa.text("PRAGMA cache_size")).scalar_one())
