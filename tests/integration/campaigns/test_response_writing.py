"""Responses are stored in portions: a reader sees all of an upload or none, whenever its process is killed."""

import signal
import sys

import pytest
import sqlalchemy as sa

from getsms_core import reports
from getsms_core.base import clock
from getsms_core.base.errors import DomainError
from getsms_core.campaigns import response_uploads, response_writing, responses
from getsms_core.campaigns.response_rows import Columns
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Response, ResponseEvent, ResponseVersion
from tests.conftest import ROOT
from tests.engine_support import AZIZA, phones, settings_for
from tests.forks import run_forked
from tests.integration.campaigns.test_responses import delivered
from tests.job_support import do_all

N = 12
"""Messages; with portions of four rows an upload of all of them takes three transactions for the rows and three for
the sums."""


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_writing, "PORTION", 4)
    monkeypatch.setattr(response_uploads, "load", settings_for)


def bought(amount: int, numbers: list[int]) -> str:
    return "telefon;summa\n" + "".join(f"{number};{amount}\n" for number in numbers)


def save(store: Store, campaign_id: int, text: str, *, replace: bool = False) -> responses.MatchResult:
    return responses.from_text(store, AZIZA, campaign_id, text, Columns("telefon", None, "summa"), replace=replace)


def seen(store: Store, campaign_id: int) -> tuple[int, int]:
    """Responses and revenue in so'm, as every reader sees them."""
    figures = reports.response_figures(store, campaign_id)
    assert reports.has_responses(store, campaign_id) == bool(figures.responses)
    return figures.responses, figures.amount // 100


def stored_rows(store: Store) -> list[int]:
    with store.reading() as session:
        models = (Response, ResponseEvent)
        return [session.scalar(sa.select(sa.func.count()).select_from(model)) or 0 for model in models]


def killed(store_url: str, campaign_id: int, text: str, *, replace: bool, after: int) -> bool:
    """Save responses in a process that is killed before a transaction, the one after so many; False if it ended
    before."""
    command = [sys.executable, "-m", "tests.integration.campaigns.killed_upload", store_url, str(campaign_id), text]
    ended = run_forked([*command, str(replace), str(after)], cwd=ROOT, timeout=60)
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    return ended.returncode != 0


def forget_the_writer(store: Store) -> None:
    """Make the last upload one that has written nothing for a long time."""
    with store.writing() as session:
        session.execute(sa.update(ResponseVersion).values(touched_at=0))


@pytest.mark.parametrize("replace", [False, True])
def test_an_upload_that_is_killed_between_its_portions_counts_nothing(
    store: Store, store_url: str, replace: bool
) -> None:
    campaign_id = delivered(store, N)
    people = phones(N)
    save(store, campaign_id, bought(100, people[:6]))
    before, after = (6, 600), (N, N * 7) if replace else (N, 600 + N * 7)
    for deadly in (1, 4, 6):  # among the rows, among the sums, before it counts
        assert killed(store_url, campaign_id, bought(7, people), replace=replace, after=deadly)
        assert seen(store, campaign_id) == before
        forget_the_writer(store)
    result = save(store, campaign_id, bought(7, people), replace=replace)
    assert (result.matched, result.new, result.known) == (N, N if replace else N - 6, 0)
    assert seen(store, campaign_id) == after
    assert stored_rows(store) == [N, N if replace else N + 6]


def test_an_upload_that_is_killed_after_it_counts_is_cleaned_up_by_a_worker(store: Store, store_url: str) -> None:
    campaign_id = delivered(store, N)
    people = phones(N)
    save(store, campaign_id, bought(100, people[:6]))
    assert killed(store_url, campaign_id, bought(7, people), replace=True, after=7)
    assert seen(store, campaign_id) == (N, N * 7)
    assert stored_rows(store) == [N + 6, N + 6]
    with store.writing() as session:
        assert response_writing.request_cleaning(session, now_ms(session)) == 0  # its process may be alive
    forget_the_writer(store)
    for wanted in (1, 0):
        with store.writing() as session:
            assert response_writing.request_cleaning(session, now_ms(session)) == wanted
    assert do_all(store) == [("responses", f"campaign:{campaign_id}")]
    assert stored_rows(store) == [N, N]
    assert seen(store, campaign_id) == (N, N * 7)
    assert save(store, campaign_id, bought(7, people)).known == N
    with store.writing() as session:
        assert response_writing.request_cleaning(session, now_ms(session) + 3_600_000) == 0


class _Impatient(Exception):
    pass


def test_readers_see_none_of_an_upload_until_all_of_it_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = delivered(store, N)
    people = phones(N)
    save(store, campaign_id, bought(100, people[:6]))
    views: list[tuple[int, int]] = []
    portion = response_writing.Upload._touch

    def touch(self: response_writing.Upload, session: object, **values: object) -> None:
        views.append(seen(store, campaign_id))
        portion(self, session, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(response_writing.Upload, "_touch", touch)
    save(store, campaign_id, bought(7, people))
    # Six portions and the publication; then the replaced rows are deleted, which nobody sees.
    assert views[:7] == [(6, 600)] * 7
    assert set(views[7:]) == {(N, 600 + N * 7)}
    assert len(views) > 7


def test_two_uploads_wait_for_one_another_and_one_that_stopped_is_overtaken(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign_id = delivered(store, N)
    people = phones(N)
    monkeypatch.setattr(response_writing, "WAIT_SECONDS", 0.0)

    def stop_for_long() -> None:
        with response_writing.upload(store, campaign_id, None) as stopped:
            with pytest.raises(DomainError) as busy:
                save(store, campaign_id, bought(7, people))
            assert busy.value.code == "responses-busy"
            forget_the_writer(store)
            save(store, campaign_id, bought(7, people))
            stopped.write([(1, 2, 3, 0)], "Aziza", replace=False, run=None)

    with pytest.raises(DomainError) as refusal:
        stop_for_long()
    assert refusal.value.code == "responses-busy"
    assert seen(store, campaign_id) == (N, N * 7)
    assert stored_rows(store) == [N, N]


def test_sending_gets_the_write_lock_between_two_portions(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign_id = delivered(store, N)
    rests: list[float] = []
    monkeypatch.setattr(clock, "sleep", rests.append)
    save(store, campaign_id, bought(7, phones(N)))
    assert len(rests) == (6 if store.sqlite else 0)
    assert all(rest >= 0 for rest in rests)
