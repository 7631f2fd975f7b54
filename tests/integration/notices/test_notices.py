"""Notices: each event once, to those who chose it, in their language, in the app and by e-mail."""

import socket
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.accounts import policy
from getsms_core.base import reasons
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import using_language
from getsms_core.base.permissions import SYSTEM, Actor, Role
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState
from getsms_core.base.work_states import JobKind
from getsms_core.campaigns import approval, templates
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.templates import Wording
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Campaign, Job, Notice, NoticeChoice
from getsms_core.delivery import pauses
from getsms_core.delivery.completion import finish
from getsms_core.delivery.receipt_notes import PollNotes
from getsms_core.mail import smtp
from getsms_core.notices import choices, events, inbox, mails
from getsms_core.notices.choices import Choices
from getsms_core.reports import Degradation, Kind
from getsms_core.scheduled import alerts, notices
from getsms_core.users import service as users
from tests.engine_support import AZIZA, settings_for
from tests.factories import make_campaign, make_list, make_messages
from tests.integration.scheduled.test_reports import ZONE, rules
from tests.job_support import do_next, state_of
from tests.mail_server import MailServer, mail_server
from tests.set_clock import set_clock

PASSWORD = "a good password"
ALL = frozenset(NoticeEvent)
BEFORE = 120_000  # a mail about something so long ago is due


@pytest.fixture
def people(store: Store) -> dict[str, int]:
    """A user of each role, by name: Aziza (administrator), Malika (manager), Bek (marketer), Lola (analyst)."""
    ids_by_name = {"Aziza": users.create(store, SYSTEM, "Aziza", PASSWORD, Role.ADMINISTRATOR).id}
    for name, role, language in (("Malika", Role.MANAGER, "ru"), ("Bek", Role.MARKETER, "uz"),
                                 ("Lola", Role.ANALYST, "en")):  # fmt: skip
        ids_by_name[name] = users.create(store, SYSTEM, name, PASSWORD, role, language).id
    return ids_by_name


def sentences(store: Store, user_id: int) -> list[str]:
    return [notice.sentence for notice in inbox.listing(store, SYSTEM, user_id)]


def now_of(store: Store) -> int:
    with store.reading() as session:
        return now_ms(session)


def everyone_else_hears(store: Store, people: dict[str, int]) -> Iterator[tuple[str, list[str]]]:
    for name, user_id in people.items():
        yield name, sentences(store, user_id)


def notify(store: Store, event: NoticeEvent, campaign_id: int, key: str = "1", ago: int = 0) -> None:
    store.transact(lambda session: events.of_campaign(session, event, campaign_id, key, now_ms(session) - ago))


# ------------------------------------------------------------------------------------------------------ who is notified


def test_the_asking_for_approval_and_the_decision_reach_the_right_users(store: Store, people: dict[str, int]) -> None:
    campaign_id = make_campaign(store, "Navroʻz", "draft", created_by="Bek", list_id=make_list(store, 5),
                                prepared="ready", messages=5, parts=5, cost=47_500, text="Salom!")  # fmt: skip
    make_messages(store, campaign_id, {"queued": 5})
    with store.writing() as session:
        account_id = session.get_one(Campaign, campaign_id).account_id
    policy.save(store, AZIZA, account_id, policy.Policy(approve_messages=1), ZONE)
    bek, malika = Actor("Bek", Role.MARKETER), Actor("Malika", Role.MANAGER)
    campaigns.start(store, bek, campaign_id)
    assert dict(everyone_else_hears(store, people)) == {
        "Aziza": ["Navroʻz waits for approval."], "Malika": ["Navroʻz waits for approval."], "Bek": [], "Lola": []
    }  # fmt: skip
    campaigns.start(store, bek, campaign_id)
    assert len(sentences(store, people["Malika"])) == 1
    approval.refuse(store, malika, campaign_id, "The price is wrong")
    assert sentences(store, people["Bek"]) == ["Navroʻz was sent back for changes."]
    assert sentences(store, people["Malika"]) == ["Navroʻz waits for approval."]
    campaigns.start(store, bek, campaign_id)
    approval.approve(store, malika, campaign_id)
    assert sentences(store, people["Bek"])[0] == "Navroʻz was approved."
    assert len(sentences(store, people["Aziza"])) == 2


def test_who_asked_is_told_of_the_decision_and_other_administrators_are_not(
    store: Store, people: dict[str, int]
) -> None:
    bobur = users.create(store, SYSTEM, "Bobur", PASSWORD, Role.ADMINISTRATOR)
    campaign_id = make_campaign(store, "Bahor", "awaiting approval", created_by="Aziza", started_by="Aziza (getsms)",
                                prepared="ready", messages=1)  # fmt: skip
    make_messages(store, campaign_id, {"queued": 1})
    approval.refuse(store, Actor("Malika", Role.MANAGER), campaign_id, "The price is wrong")
    assert sentences(store, people["Aziza"]) == ["Bahor was sent back for changes."]
    assert sentences(store, bobur.id) == sentences(store, people["Bek"]) == []
    notify(store, NoticeEvent.PAUSED, campaign_id)
    assert sentences(store, bobur.id) == ["The program paused Bahor."]
    choices.save(store, AZIZA, settings_for(), bobur.id, Choices(ALL, own_only=False))
    notify(store, NoticeEvent.DECIDED, campaign_id)
    assert sentences(store, bobur.id)[0] == "Bahor was sent back for changes."


def test_a_template_is_asked_of_approvers_and_its_decision_reaches_who_asked(
    store: Store, people: dict[str, int]
) -> None:
    bek, malika = Actor("Bek", Role.MARKETER), Actor("Malika", Role.MANAGER)
    template_id = templates.create(store, bek, Wording("Eslatma", "Salom {ism}!"))
    templates.submit(store, Actor("Bek (getsms)", Role.MARKETER), template_id)
    templates.submit(store, bek, template_id)
    waits = "The template Eslatma, version 1, waits for approval."
    assert dict(everyone_else_hears(store, people)) == {"Aziza": [waits], "Malika": [waits], "Bek": [], "Lola": []}
    templates.refuse(store, malika, template_id, "The name of the shop is missing")
    refused = "The template Eslatma, version 1, was refused. The reason is beside it."
    assert dict(everyone_else_hears(store, people)) == {
        "Aziza": [waits], "Malika": [waits], "Bek": [refused], "Lola": []
    }  # fmt: skip
    version = templates.new_version(store, bek, template_id)
    templates.submit(store, bek, version)
    templates.approve(store, malika, version)
    assert sentences(store, people["Bek"])[0] == "The template Eslatma, version 2, was approved."
    notice = inbox.listing(store, bek, people["Bek"])[0]
    assert (notice.page, mails.link(settings_for(), notice)) == ("templates", f"{settings_for().app_url}/templates")
    [group] = inbox.grouped(inbox.listing(store, bek, people["Bek"]))
    assert group.heading == "2 decisions about templates"


def test_an_event_that_is_new_is_on_for_who_has_chosen_before_it_and_off_once_they_say_so(
    store: Store, people: dict[str, int]
) -> None:
    chosen = frozenset({NoticeEvent.FINISHED})
    for name, role in (("Bek", Role.MARKETER), ("Lola", Role.ANALYST)):
        choices.save(store, Actor(name, role), settings_for(), people[name], Choices(chosen))
    with store.writing() as session:  # as an earlier release saved it
        for row in session.scalars(sa.select(NoticeChoice)):
            row.offered_events = [event for event in row.offered_events if not event.startswith("template")]
    assert choices.get(store, AZIZA, people["Bek"]).app == chosen | {NoticeEvent.TEMPLATE_DECIDED}
    assert choices.get(store, AZIZA, people["Bek"]).mail == frozenset()
    assert choices.get(store, AZIZA, people["Lola"]).app == chosen  # an analyst writes no templates
    choices.save(store, AZIZA, settings_for(), people["Bek"], Choices(chosen))
    assert choices.get(store, AZIZA, people["Bek"]).app == chosen


def test_the_end_a_pause_and_refused_receipts_are_noticed_once(store: Store, people: dict[str, int]) -> None:
    campaign_id = make_campaign(store, "Bahor", "running", created_by="Bek")
    test_id = make_campaign(store, "Sinov", "running", created_by="Bek", is_test=True)

    def pause(session: Session) -> None:
        for paused in (campaign_id, test_id):
            pauses.pause_campaign(session, paused, reasons.reason("too-many-rejected", n=reasons.number(100)))

    store.transact(pause)
    store.transact(pause)
    assert sentences(store, people["Bek"]) == ["The program paused Bahor."]
    for _call in range(5):
        notes = PollNotes()
        notes.fault([campaign_id], "login-wrong", "")
        store.transact(lambda session, notes=notes: notes.write(session, now_ms(session)))  # type: ignore[misc]
    refused = "Bahor: the gateway refuses the requests for receipts."
    assert sentences(store, people["Bek"]).count(refused) == 1
    assert refused in sentences(store, people["Aziza"])
    for _again in range(2):
        store.transact(lambda session: finish(session, {campaign_id: CampaignState.PAUSED}, now_ms(session)))
    assert sentences(store, people["Bek"]).count("Bahor has finished sending.") == 1
    assert sentences(store, people["Lola"]) == ["Bahor has finished sending."]
    assert not [text for text in sentences(store, people["Bek"]) if "Sinov" in text]


def test_a_choice_decides_about_events_ways_and_whose_campaigns(store: Store, people: dict[str, int]) -> None:
    settings = settings_for(smtp_host="127.0.0.1", smtp_from="sms@example.uz")
    own, other = make_campaign(store, created_by="Lola"), make_campaign(store, created_by="Bek")
    with pytest.raises(DomainError, match="Enter the e-mail address"):
        choices.save(store, AZIZA, settings, people["Lola"], Choices(ALL, ALL))
    with pytest.raises(DomainError, match="No mail server"):
        choices.save(store, AZIZA, settings_for(), people["Lola"], Choices(ALL, ALL, "lola@example.uz"))
    with pytest.raises(DomainError, match="is not an e-mail address"):
        choices.save(store, AZIZA, settings, people["Lola"], Choices(ALL, ALL, "lola"))
    with pytest.raises(DomainError) as refused:
        choices.save(store, Actor("Bek", Role.MARKETER), settings, people["Lola"], Choices(frozenset()))
    assert refused.value.code == "not-allowed"
    assert choices.get(store, AZIZA, people["Lola"]) == Choices.of_role(Role.ANALYST)
    lola, finished = Actor("Lola", Role.ANALYST), frozenset({NoticeEvent.FINISHED})
    choices.save(store, lola, settings, people["Lola"], Choices(ALL, finished, "lola@example.uz", own_only=True))
    assert NoticeEvent.APPROVAL not in choices.get(store, lola, people["Lola"]).app
    for campaign_id in (own, other):
        notify(store, NoticeEvent.FINISHED, campaign_id)
    with store.reading() as session:
        notices = session.scalars(sa.select(Notice).where(col(Notice.user_id) == people["Lola"])).all()
    assert [(notice.campaign_id, notice.in_app, notice.mail_at is not None) for notice in notices] == [
        (own, True, True)
    ]
    choices.save(store, lola, settings, people["Lola"], Choices(frozenset(), finished, "lola@example.uz"))
    notify(store, NoticeEvent.FINISHED, own, key="2")
    assert inbox.unread(store, people["Lola"]) == 1
    users.disable(store, AZIZA, people["Bek"])
    notify(store, NoticeEvent.DECIDED, other)
    assert sentences(store, people["Bek"]) == ["Aksiya has finished sending."]


def test_a_user_who_may_approve_from_now_on_hears_of_it_in_spite_of_earlier_choices(
    store: Store, people: dict[str, int]
) -> None:
    bek = Actor("Bek", Role.MARKETER)
    choices.save(store, bek, settings_for(), people["Bek"], Choices(frozenset({NoticeEvent.FINISHED})))
    users.change_role(store, AZIZA, people["Bek"], Role.MANAGER)
    wanted = frozenset({NoticeEvent.FINISHED, NoticeEvent.APPROVAL, NoticeEvent.TEMPLATE_WAITS})
    assert choices.get(store, AZIZA, people["Bek"]).app == wanted
    choices.save(store, AZIZA, settings_for(), people["Bek"], Choices(frozenset()))
    users.change_role(store, AZIZA, people["Bek"], Role.ADMINISTRATOR)
    assert choices.get(store, AZIZA, people["Bek"]).app == {NoticeEvent.BACKUP}


def test_reading_marks_one_or_all_and_old_ones_are_deleted(store: Store, people: dict[str, int]) -> None:
    bek = Actor("Bek", Role.MARKETER)
    for key in "123":
        notify(store, NoticeEvent.FINISHED, make_campaign(store, f"A{key}", created_by="Bek"), key)
    [newest, *_rest] = inbox.listing(store, bek, people["Bek"])
    [group] = inbox.grouped(inbox.listing(store, bek, people["Bek"]))
    assert group.heading == "3 campaigns have finished"
    with pytest.raises(DomainError, match="no notice 999"):
        inbox.mark_read(store, bek, people["Bek"], [newest.id, 999])
    with pytest.raises(DomainError, match="may not"):
        inbox.mark_read(store, bek, people["Lola"])
    assert inbox.unread(store, people["Bek"]) == 3
    assert inbox.mark_read(store, bek, people["Bek"], [newest.id]) == 1
    assert inbox.mark_read(store, bek, people["Bek"]) == 2
    assert inbox.mark_read(store, bek, people["Bek"]) == 0
    assert inbox.listing(store, bek, people["Bek"], unread_only=True) == []
    now = now_of(store)
    store.transact(lambda session: inbox.sweep(session, now))
    assert len(inbox.listing(store, bek, people["Bek"])) == 3
    store.transact(lambda session: inbox.sweep(session, now + inbox.READ_RETENTION_MS + 60_000))
    assert inbox.listing(store, bek, people["Bek"]) == []


# ------------------------------------------------------------------------------------------------ what a worker notices


def test_spending_near_a_limit_is_noticed_once(store: Store, people: dict[str, int]) -> None:
    now = now_of(store)
    settings = settings_for()
    campaign_id = make_campaign(store, "Yoz", "running", spend_limit=100 * 9_500, started_at=now)
    make_messages(store, campaign_id, {"delivered": 79, "queued": 21}, left_at=now)
    with store.reading() as session:
        account_id = session.get_one(Campaign, campaign_id).account_id

    def look(rules: policy.Policy) -> list[str]:
        for _again in range(2):
            store.transact(lambda session: notices.notice_spending(session, account_id, rules, settings, now))
        return sentences(store, people["Malika"])

    assert look(policy.Policy(spend_day=200 * 9_500)) == []
    with store.writing() as session:
        session.get_one(Campaign, campaign_id).spend_limit = 90 * 9_500
    assert look(policy.Policy(spend_day=200 * 9_500)) == ["Yoz is close to its spending limit."]
    assert look(policy.Policy(spend_day=95 * 9_500))[0] == "The day’s spending is close to its limit."
    assert len(look(policy.Policy(spend_day=95 * 9_500))) == 2


def test_worse_delivery_is_noticed_once_while_it_lasts(store: Store, people: dict[str, int]) -> None:
    now = now_of(store)
    ucell = Degradation(Kind.FALL, now, ("Ucell",), 900, 0.7, 0.93)

    def look(found: list[Degradation], after: int) -> int:
        store.transact(lambda session: notices.notice_degradations(session, found, now + after))
        return len(sentences(store, people["Lola"]))

    assert look([Degradation(Kind.REFUSALS, now, messages=2, code="login-wrong", reason="")], 0) == 0
    assert look([ucell, Degradation(Kind.RECEIPTS, now, messages=300)], 1) == 1
    assert look([ucell], alerts.ENDED_MS) == 1
    assert look([Degradation(Kind.FALL, now, ("Beeline", "Ucell"), 900, 0.7, 0.93)], alerts.ENDED_MS + 1) == 2
    assert look([ucell], 3 * alerts.ENDED_MS) == 3


def test_a_worker_enqueues_the_job_where_a_mail_or_a_look_is_due(
    store: Store, people: dict[str, int], tmp_path: Path
) -> None:
    with_mail = rules(tmp_path, smtp_host="127.0.0.1", smtp_from="sms@example.uz")
    campaign_id = make_campaign(store, "Kuz", created_by="Bek")
    with store.reading() as session:
        account_id, now = session.get_one(Campaign, campaign_id).account_id, now_ms(session)

    def jobs_after(settings: Settings, *looks: int) -> int:
        checks = notices.NoticeChecks(settings)
        with set_clock() as clocks:
            for at in looks:
                clocks.seconds = (at - now) / 1000
                store.transact(lambda session, at=at: checks.check(session, account_id, policy.Policy(), at))  # type: ignore[misc]
        with store.writing() as session:
            n = session.scalar(sa.select(sa.func.count()).where(col(Job.kind) == JobKind.NOTICE)) or 0
            session.execute(sa.delete(Job))
            return n

    uptime, look = int(notices.UPTIME_SECONDS * 1000), int(notices.CHECK_SECONDS * 1000)
    assert jobs_after(with_mail, now, now + uptime) == 0  # nothing was sent lately
    make_messages(store, campaign_id, {"delivered": 300}, left_at=now)
    assert jobs_after(with_mail, now) == 0
    assert jobs_after(with_mail, now, now + uptime, now + uptime + look) == 1
    choices.save(store, AZIZA, with_mail, people["Bek"], Choices(ALL, ALL, "bek@example.uz"))
    notify(store, NoticeEvent.FINISHED, campaign_id)
    assert jobs_after(with_mail, now) == 0
    assert jobs_after(settings_for(), now + 2 * events.GROUP_MS) == 0
    assert jobs_after(with_mail, now + 2 * events.GROUP_MS) == 1


# -------------------------------------------------------------------------------------------------------------- e-mails


def by_mail(store: Store, settings: Settings, people: dict[str, int], *names: str) -> None:
    for name in names:
        choices.save(store, AZIZA, settings, people[name], Choices(ALL, ALL, f"{name.lower()}@example.uz", False))


def text(message: Message) -> str:
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def failures(store: Store) -> dict[int, str]:
    with store.reading() as session:
        return {choice.user_id: choice.mail_failure for choice in session.scalars(sa.select(NoticeChoice))}


def run_mails(store: Store, settings: Settings, server: MailServer) -> int:
    before = len(server.mails)
    mails.send_due(store, settings)
    return len(server.mails) - before


def test_what_waits_for_a_user_is_one_mail_with_links_and_without_texts(
    store: Store, people: dict[str, int], tmp_path: Path
) -> None:
    with mail_server() as server:
        settings = rules(tmp_path, server, app_url="https://sms.example.uz")
        by_mail(store, settings, people, "Lola", "Malika")
        ids = [make_campaign(store, name, created_by="Bek") for name in ("Bahor", "Yoz")]
        for campaign_id in ids:
            notify(store, NoticeEvent.FINISHED, campaign_id, ago=BEFORE)
        notify(store, NoticeEvent.PAUSED, ids[0], ago=0)  # not due yet, but it goes with the others
        assert run_mails(store, settings, server) == 2
        assert run_mails(store, settings, server) == 0
    [lola] = [message for to, message in server.mails if to == ["lola@example.uz"]]
    [malika] = [message for to, message in server.mails if to == ["malika@example.uz"]]
    assert lola["Subject"] == "GETSMS Campaigns: 3 notices"
    assert "2 campaigns have finished" in text(lola)
    assert f"- Bahor has finished sending. https://sms.example.uz/campaigns?id={ids[0]}" in text(lola)
    assert "The program paused Bahor." in text(lola)
    assert "chegirma" not in text(lola)
    with using_language("ru"):
        from getsms_core.base.i18n import _

        assert _("{name} has finished sending.").format(name="Bahor") in text(malika)


def test_the_job_looks_at_delivery_and_mails(
    store: Store, people: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as server:
        settings = rules(tmp_path, server)
        by_mail(store, settings, people, "Lola")
        notify(store, NoticeEvent.FINISHED, make_campaign(store, "Bahor", created_by="Bek"), ago=BEFORE)
        monkeypatch.setattr(notices, "load", lambda: settings)
        notices.ask_again(store, AZIZA)
        assert do_next(store) == ("notice", notices.SUBJECT)
        assert [to for to, _message in server.mails] == [["lola@example.uz"]]
        assert state_of(store, JobKind.NOTICE, notices.SUBJECT) == "done"
        assert [job.name for job in jobs.all_jobs(store, AZIZA, ended_well=True)] == [""]  # it has no row of its own
        server.refuse = "lola"
        notify(store, NoticeEvent.PAUSED, make_campaign(store, "Yoz", created_by="Bek"), ago=BEFORE)
        notices.ask_again(store, AZIZA)
        do_next(store)
        assert state_of(store, JobKind.NOTICE, notices.SUBJECT) == "failed"
    later = now_of(store) + jobs.queue.NOTICE_RETENTION_MS + 60_000
    store.transact(lambda session: jobs.sweep(session, later))
    assert [job.state for job in jobs.all_jobs(store, AZIZA, ended_well=True)] == ["failed"]


def test_a_mail_that_fails_is_repeated_later_and_a_lost_one_is_not(
    store: Store, people: dict[str, int], tmp_path: Path
) -> None:
    campaign_id = make_campaign(store, "Bahor", created_by="Bek")

    def due_in(minutes: int) -> None:
        with store.writing() as session:
            waiting = session.scalars(sa.select(Notice).where(col(Notice.mail_at).is_not(None))).all()
            for notice in waiting:
                notice.mail_at = (notice.mail_at or 0) - minutes * 60_000

    with mail_server(refuse="lola") as server:
        settings = rules(tmp_path, server)
        by_mail(store, settings, people, "Lola", "Malika")
        notify(store, NoticeEvent.FINISHED, campaign_id, ago=BEFORE)
        with pytest.raises(DomainError, match="refused lola"):
            mails.send_due(store, settings)
        assert [to for to, _message in server.mails] == [["malika@example.uz"]]  # one failure does not keep the others'
        assert "refused lola@example.uz" in failures(store)[people["Lola"]]
        assert run_mails(store, settings, server) == 0
        due_in(11)
        with pytest.raises(DomainError):
            mails.send_due(store, settings)
        due_in(11)
        assert run_mails(store, settings, server) == 0  # the delay has doubled
        server.refuse = ""
        due_in(11)
        assert run_mails(store, settings, server) == 1
        assert failures(store)[people["Lola"]] == ""
        server.hangs_up = True
        notify(store, NoticeEvent.PAUSED, campaign_id, ago=BEFORE)
        with pytest.raises(DomainError) as lost:
            mails.send_due(store, settings)
        assert lost.value.code == "mail-lost"
        server.hangs_up = False
        due_in(600)
        assert run_mails(store, settings, server) == 0
        notify(store, NoticeEvent.SPENDING, campaign_id, ago=mails.GIVE_UP_MS + BEFORE)
        assert run_mails(store, settings, server) == 0


def test_a_mail_server_that_says_nothing_is_tried_once_a_job_and_every_user_is_tried_in_turn(
    store: Store, people: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker does one job at a time: lists would wait for as many time-outs as users have notices."""
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    monkeypatch.setattr(mails, "AGAIN_MS", 0)
    campaign_id = make_campaign(store, "Bahor", created_by="Bek")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = rules(tmp_path, smtp_host="127.0.0.1", smtp_port=silent.getsockname()[1],
                         smtp_security="none", smtp_from="sms@example.uz")  # fmt: skip
        by_mail(store, settings, people, "Lola", "Malika")
        notify(store, NoticeEvent.FINISHED, campaign_id, ago=BEFORE)
        for tried in ([1, 0], [1, 1], [2, 1]):
            with pytest.raises(DomainError) as failure:
                mails.send_due(store, settings)
            assert failure.value.code == "mail-unreachable"
            assert sorted(tries(store).values(), reverse=True) == tried
        assert ["127.0.0.1" in failed for failed in failures(store).values()] == [True, True]
    with mail_server() as server:
        assert run_mails(store, rules(tmp_path, server), server) == 2
    assert set(failures(store).values()) == {""}


def tries(store: Store) -> dict[int, int]:
    with store.reading() as session:
        return {notice.user_id: notice.mail_tries for notice in session.scalars(sa.select(Notice)) if notice.mail_at}
