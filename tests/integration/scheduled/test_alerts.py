"""The watch: what got worse is mailed once while it lasts, and what could not be mailed is mailed later."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from getsms_core import jobs, reports
from getsms_core.base.errors import DomainError
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store
from getsms_core.db.models import SavedReport
from getsms_core.mail import message as mail
from getsms_core.reports import Degradation, Kind
from getsms_core.scheduled import alerts
from tests.conftest import find_free_port
from tests.engine_support import AZIZA
from tests.integration.scheduled.test_reports import MALIKA, ms, rules, run_due, said
from tests.mail_server import MailServer, mail_server

QUARTER = alerts.WATCH_MS
HOUR = 4 * QUARTER
DAY = 24 * HOUR
NOON = ms("2026-03-04T12:00")


@dataclass
class Watch:
    """The watch under a clock of its own, with what it would find."""

    store: Store
    monkeypatch: pytest.MonkeyPatch
    found: list[Degradation] = field(default_factory=list)
    now: int = NOON

    def __post_init__(self) -> None:
        self.monkeypatch.setattr(reports, "delivery_alerts", lambda *_arguments: list(self.found))
        self.monkeypatch.setattr(alerts, "now_ms", lambda _session: self.now)

    def look(self, settings: Settings, after: int = QUARTER) -> str:
        """What the watch says after a look that a worker takes so much later."""
        self.now += after
        with self.store.writing() as session:
            session.execute(sa.update(SavedReport).where(col(SavedReport.kind) == alerts.WATCH).values(next_at=0))
        run_due(self.store, self.now, settings)
        watched = alerts.watched(self.store)
        assert watched is not None
        return watched.message


@pytest.fixture
def watch(store: Store, monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(store, monkeypatch)


def fall(*ranges: str, since: int = NOON) -> Degradation:
    return Degradation(Kind.FALL, since, ranges, 900, 0.7, 0.93)


REFUSAL = Degradation(Kind.REFUSALS, NOON, messages=2, code="login-wrong", reason="Correct it.")
RECEIPTS = Degradation(Kind.RECEIPTS, NOON, messages=300)


def texts(server: MailServer) -> list[str]:
    return [said(message) for _to, message in server.mails]


def test_what_got_worse_is_mailed_once_to_everybody(watch: Watch, store: Store, tmp_path: Path) -> None:
    watch.found = [fall("Ucell")]
    with mail_server() as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["a@example.uz", "b@example.uz"])
        assert watch.look(settings) == "Sent to a@example.uz, b@example.uz."
        assert watch.look(settings) == "Nothing new."
        [(to, message)] = server.mails
        assert to == ["a@example.uz", "b@example.uz"]
        assert "Ucell: since 4 Mar 2026, 12:00 70.0% of 900 messages arrived" in said(message)
        watch.found.append(REFUSAL)
        watch.look(settings)
        assert "(2). Correct it." in texts(server)[1]
        assert "Ucell" not in texts(server)[1]
        alerts.watch(store, AZIZA, settings, [])
        assert run_due(store, watch.now + DAY, settings) == []
    assert alerts.watched(store) is None


def test_what_lasts_for_days_is_mailed_once_though_its_beginning_moves(
    watch: Watch, store: Store, tmp_path: Path
) -> None:
    lasting = {"Ucell": fall("Ucell"), "Correct it.": REFUSAL, "300": RECEIPTS}
    with mail_server() as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["a@example.uz"])
        for hour in range(72):
            below = hour % 24 not in (3, 4, 5, 6)  # it lies about the bar and is not found in every look
            moved = [replace(problem, since=watch.now - DAY) for problem in lasting.values()]
            watch.found = moved if below else []
            watch.look(settings, HOUR)
    [text] = texts(server)
    assert all(words in text for words in lasting)


def test_what_has_ended_and_comes_again_is_mailed_again(watch: Watch, store: Store, tmp_path: Path) -> None:
    with mail_server() as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["a@example.uz"])
        watch.found = [fall("Ucell")]
        watch.look(settings)
        watch.found = []
        watch.look(settings)
        watch.found = [fall("Ucell", since=NOON + DAY)]
        watch.look(settings, DAY)
        assert len(server.mails) == 2


def test_a_range_that_joins_is_told_and_one_that_recovers_first_is_not(
    watch: Watch, store: Store, tmp_path: Path
) -> None:
    with mail_server() as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["a@example.uz"])
        for together in (("Beeline",), ("Beeline", "Ucell"), ("Ucell",), ("Ucell", "Beeline")):
            watch.found = [fall(*together)]
            watch.look(settings, HOUR)
    assert [text.partition(":")[0] for text in texts(server)] == ["Beeline", "Beeline, Ucell"]


def test_two_bad_hours_of_a_range_are_told_in_one_mail(watch: Watch, store: Store, tmp_path: Path) -> None:
    with mail_server() as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["a@example.uz"])
        watch.found = [fall("Ucell"), fall("Ucell", since=NOON - 3 * HOUR)]
        watch.look(settings)
        watch.look(settings)
    [text] = texts(server)
    assert "12:00" in text
    assert "09:00" in text


# ------------------------------------------------------------------------------------------------- mail that fails


def test_what_a_failing_mail_server_kept_back_is_mailed_when_it_works_again(
    watch: Watch, store: Store, tmp_path: Path
) -> None:
    watch.found = [RECEIPTS]
    with mail_server(refuse="boss") as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["boss@example.uz"])
        refused = "The mail server refused boss@example.uz (550 no such user)."
        assert [watch.look(settings) for _quarter in range(4)] == [refused] * 4
        server.refuse = ""
        later = [watch.look(settings) for _quarter in range(8)]
        assert len(server.mails) == 1
    assert sorted(set(later)) == ["Nothing new.", "Sent to boss@example.uz.", refused]
    assert later == sorted(later, key=[refused, "Sent to boss@example.uz.", "Nothing new."].index)


def test_a_mail_server_that_fails_is_tried_less_and_less_often(
    watch: Watch, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    send = mail.send

    def counted(*arguments: Any) -> None:
        tries.append(watch.now)
        send(*arguments)

    monkeypatch.setattr(mail, "send", counted)
    watch.found = [fall("Ucell")]
    settings = rules(tmp_path, smtp_host="127.0.0.1", smtp_port=find_free_port(), smtp_from="sms@example.uz")
    alerts.watch(store, AZIZA, settings, ["a@example.uz"])
    answers = {watch.look(settings) for _quarter in range(4 * 24)}
    assert [answer.partition(" does")[0] for answer in answers] == [f"The mail server 127.0.0.1:{settings.smtp_port}"]
    waits = [(later - before) // QUARTER for before, later in pairwise(tries)]
    assert waits == [1, 2, 3, 6, 11, 16, 16, 16, 16]


def test_the_failure_stays_written_until_a_mail_goes_through(watch: Watch, store: Store, tmp_path: Path) -> None:
    watch.found = [fall("Ucell")]
    with mail_server(refuse="boss") as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["boss@example.uz"])
        watch.look(settings)
        watch.found = []
        assert "refused boss@example.uz" in watch.look(settings, 3 * HOUR)
        server.refuse = ""
        watch.found = [REFUSAL]
        assert watch.look(settings) == "Sent to boss@example.uz."
        watch.found = []
        assert watch.look(settings) == "Nothing new."


def test_other_addresses_get_at_once_what_could_not_be_mailed(watch: Watch, store: Store, tmp_path: Path) -> None:
    watch.found = [fall("Ucell")]
    with mail_server(refuse="boss") as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["boss@example.uz"])
        for _quarter in range(6):
            watch.look(settings)
        alerts.watch(store, AZIZA, settings, ["a@example.uz"])
        watch.look(settings, 0)
        assert [to for to, _message in server.mails] == [["a@example.uz"]]


def test_who_got_the_mail_is_not_mailed_again_for_those_who_are_refused(
    watch: Watch, store: Store, tmp_path: Path
) -> None:
    watch.found = [fall("Ucell")]
    with mail_server(refuse="boss") as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["a@example.uz", "boss@example.uz"])
        for _quarter in range(8):
            assert "refused boss@example.uz (550 no such user); the others got it" in watch.look(settings)
        assert [to for to, _message in server.mails] == [["a@example.uz"]]


def test_a_connection_that_is_lost_after_the_mail_makes_no_second_one(
    watch: Watch, store: Store, tmp_path: Path
) -> None:
    watch.found = [fall("Ucell")]
    with mail_server() as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["a@example.uz"])
        server.hangs_up = True
        assert "may or may not have been sent" in watch.look(settings)
        server.hangs_up = False
        for _quarter in range(8):
            assert "may or may not have been sent" in watch.look(settings)
        assert len(server.mails) == 1


@pytest.mark.parametrize("left", [True, False])
def test_a_worker_that_is_killed_at_the_mail_never_makes_two(
    watch: Watch, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: bool
) -> None:
    class Killed(BaseException):
        pass

    watch.found = [fall("Ucell")]
    send = mail.send
    with mail_server() as server:
        settings = rules(tmp_path, server)
        alerts.watch(store, AZIZA, settings, ["a@example.uz"])

        def dying(*arguments: object) -> None:
            if left:
                send(*arguments)  # type: ignore[arg-type]
            raise Killed

        monkeypatch.setattr(mail, "send", dying)
        with pytest.raises(Killed):
            watch.look(settings)
        monkeypatch.setattr(mail, "send", send)
        with store.writing() as session:
            jobs.requeue(session, ["w"])
        for _quarter in range(8):
            assert watch.look(settings) == "Nothing new."
        assert len(server.mails) == left


def test_only_an_administrator_says_who_hears_of_it(store: Store, tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="may not"):
        alerts.watch(store, MALIKA, rules(tmp_path), [])
    with pytest.raises(DomainError, match="No mail server"):
        alerts.watch(store, AZIZA, rules(tmp_path), ["a@b.uz"])
