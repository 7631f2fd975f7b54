"""The actions of users on a campaign: start, pause, resume, cancel. A repeated action is a no-op."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.accounts import gateway_account, policy
from getsms_core.audit import log as audit
from getsms_core.base import reasons
from getsms_core.base.errors import Conflict, DomainError
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.reasons import Reason
from getsms_core.base.settings import Settings
from getsms_core.base.states import CAMPAIGN_STATES, CampaignState, Preparation
from getsms_core.base.states import change as change_state
from getsms_core.base.work_states import JobKind
from getsms_core.billing import price_rules
from getsms_core.campaigns import audience, draft_input, logins, template_match, text_column
from getsms_core.campaigns.build import (
    enqueue,
    get_campaign,
    prepare,
    render,
    unknown_field_error,
    wrong_state,
)
from getsms_core.campaigns.drafts import Draft, change, create, must_be
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.campaigns.queries import figures, get, receipt_notes, show
from getsms_core.campaigns.sending_options import SendingOptions
from getsms_core.campaigns.texts import blank_rows, texts_of
from getsms_core.contacts.facts import ListFacts
from getsms_core.db import bulk
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Account, Campaign, Message, RecipientList
from getsms_core.delivery import approval_terms, exclusion_check, halving
from getsms_core.delivery.completion import finish
from getsms_core.delivery.resolution import count_restored_uncertain
from getsms_core.delivery.schedule import QUIET, cancel_queued, quiet_reason
from getsms_core.messages import merge_fields
from getsms_core.messages.estimate import all_texts_empty
from getsms_core.messages.variants import from_stored

__all__ = [
    "Draft",
    "cancel",
    "change",
    "create",
    "figures",
    "get",
    "pause",
    "prepare",
    "receipt_notes",
    "refresh",
    "render",
    "reschedule",
    "resume",
    "show",
    "start",
]
C = CampaignState
STARTABLE = (C.DRAFT, C.SCHEDULED)
MOVABLE = (C.SCHEDULED, C.AWAITING_APPROVAL, C.PAUSED)
"""The states in which a campaign that was never sent can be moved to another time."""
OLD_DRAFT_MS = 3_600_000
"""The messages of an older draft are made again at its start where others may be excluded by now."""
BY_PERSON = "by-person"
AUTOMATIC_PAUSES = (QUIET, "spend-day", "spend-campaign", "end-time")
"""Reasons of pauses by the program without a fault: a user's pause replaces them."""
OPEN = CAMPAIGN_STATES.sources(C.CANCELLED)


@dataclass(frozen=True)
class Seen:
    """What a user saw of a draft before starting it: its content, and the price of a part (tiyin) for each of
    `phone.RANGES`."""

    draft: Draft
    prices: tuple[int, ...]


def start(
    store: Store,
    actor: Actor,
    campaign_id: int,
    start_at: int | None = None,
    *,
    sending: SendingOptions | None = None,
    settings: Settings | None = None,
    seen: Seen | None = None,
) -> None:
    """Start a campaign, now or at an instant (UTC ms). Starting one that is running, finished or awaiting approval
    changes nothing; where the rules require approval, it awaits approval from now on.

    Raises `DomainError` ("wrong-state") for a cancelled or paused one, ("in-the-past") for an instant that has passed,
    ("ends-before-start"), ("bad-limit"), ("all-texts-empty") and, where a message differs from its approved template,
    ("template-mismatch"). With `settings` a draft moves to their login, and a campaign started by another login is
    refused ("other-login"). With `seen`, a draft that has another content or a higher price by now is refused
    ("changed-meanwhile")."""
    options = sending or SendingOptions(at=start_at)
    checked = template_match.require_match(store, campaign_id, options.at)
    _refuse_empty_texts(store, campaign_id, options.at)
    _refuse_empty_audience(store, campaign_id, options.at)

    def start_now_or_later(session: Session, campaign: Campaign) -> bool:
        if seen is not None and campaign.state == C.DRAFT:
            _must_be_as_seen(session, campaign, seen, options.at)
        if settings is not None:
            logins.claim_draft(session, campaign, settings)
        if campaign.state in (C.RUNNING, C.FINISHED, C.AWAITING_APPROVAL):
            return False
        now = now_ms(session)
        _require_startable(session, campaign, checked, options, now)
        is_early = options.at is not None and options.at > now
        is_old = campaign.state == C.DRAFT and campaign.created_at < now - OLD_DRAFT_MS
        _set_started(campaign, actor, options, None if is_early else now)
        draft_input.forget(session, campaign_id)
        session.flush()
        approval_terms.hold_for_approval(session, campaign, now)
        if is_early or is_old:
            _remake_for(session, campaign, options.at or now)
        else:  # whom the exclusions name since then is found by the check before the first chunk
            approval_terms.remake_outdated(session, campaign, now)
        enqueue(session, campaign)
        return True

    _move(store, actor, campaign_id, "campaign.start", start_now_or_later)


def _require_startable(
    session: Session, campaign: Campaign, checked: template_match.CheckedContent, options: SendingOptions, now: int
) -> None:
    """Raise where a campaign cannot be started at `now` (UTC ms) with these options."""
    if campaign.state not in STARTABLE:
        raise wrong_state(campaign, "start")
    if campaign.list_id is None or merge_fields.parse(campaign.text).is_blank:
        raise DomainError.of("incomplete", id=campaign.id)
    checked.must_be(campaign)
    text_column.check(campaign.text_column, campaign.text, from_stored(campaign.variants))
    _refuse_unknown_fields(session, campaign)
    options.check(now)


def _set_started(campaign: Campaign, actor: Actor, options: SendingOptions, started_at: int | None) -> None:
    """Change a campaign to running, or without `started_at` (UTC ms) to scheduled. What was approved of a draft before
    does not count any more."""
    if campaign.state == C.DRAFT:
        campaign.approved_by, campaign.approved_at, campaign.approved_terms = "", None, None
    change_state(campaign, C.SCHEDULED if started_at is None else C.RUNNING)
    campaign.scheduled_at, campaign.ends_at = options.at, options.until
    campaign.priority, campaign.spend_limit = options.priority or 0, options.spend_limit
    campaign.started_at = started_at
    if started_at is not None:
        exclusion_check.ask(campaign)
    campaign.started_by = actor.name
    campaign.because(None)


def _must_be_as_seen(session: Session, campaign: Campaign, seen: Seen, start_at: int | None) -> None:
    """Raise where a draft is not what its user saw: another user, or another tab, may have changed it."""
    must_be(session, campaign, seen.draft)
    prices = price_rules.price_table_at(session, campaign, max(start_at or 0, now_ms(session)))
    if any(price > seen_price for price, seen_price in zip(prices, seen.prices, strict=True)):
        raise Conflict.of("changed-meanwhile", case="prices")


def reschedule(store: Store, actor: Actor, campaign_id: int, start_at: int, *, settings: Settings) -> None:
    """Move a campaign of which nothing has been sent to another start time (UTC ms). One that was paused before its
    start is scheduled again. An approval covers the time: an approved campaign then waits for a new one.

    Raises `DomainError`: "not-allowed", "wrong-state", "in-the-past", "ends-before-start", "other-login"."""

    def go(session: Session, campaign: Campaign) -> bool:
        if campaign.state not in MOVABLE or campaign.started_at is not None:
            raise wrong_state(campaign, "reschedule")
        gateway_account.require_in_force(session, campaign, settings)
        _refuse_restored(session, campaign_id)
        now, before = now_ms(session), campaign.scheduled_at
        if start_at <= now:
            raise DomainError.of("in-the-past", case="move")
        SendingOptions(start_at, campaign.ends_at).check(now)
        if before == start_at and campaign.state != C.PAUSED:
            return False
        campaign.scheduled_at, campaign.started_by = start_at, actor.name
        if campaign.state != C.AWAITING_APPROVAL:
            change_state(campaign, C.SCHEDULED)
            campaign.because(None)
            session.flush()
            approval_terms.hold_for_approval(session, campaign, now)
        _remake_for(session, campaign, start_at)
        enqueue(session, campaign)
        times = {"before": {"scheduled_at": before}, "after": {"scheduled_at": start_at}}
        audit.note(session, actor, "campaign.reschedule", f"campaign:{campaign_id}", **times)
        return False

    _move(store, actor, campaign_id, "campaign.reschedule", go)


def _remake_for(session: Session, campaign: Campaign, start_at: int) -> None:
    """Have messages made again that were made for another start time (UTC ms) where the time decides who gets one: by
    birthdays, by who got something in the days before it, or by who will have got another campaign. The check before
    the first chunk finds only whom they exclude by then and not whom they do not exclude any more."""
    outdated = approval_terms.remake_outdated(session, campaign, start_at)
    exclusions = Exclusions.from_stored(campaign.exclusions)
    if not outdated and (exclusions.days or exclusions.campaigns):
        approval_terms.remake(session, campaign)


def _refuse_empty_texts(store: Store, campaign_id: int, start_at: int | None) -> None:
    """Refuse a campaign in which no row's text shows anything, as long as its text can still be changed."""
    campaign = get(store, campaign_id)
    campaign.scheduled_at = start_at
    if campaign.state not in STARTABLE or campaign.prepared == Preparation.READY or campaign.list_id is None:
        return
    texts = [merge_fields.parse(text) for text in texts_of(campaign)]
    if not all(text.may_be_blank and not text.is_blank for text in texts):
        return
    try:
        recipients = audience.recipients(store, campaign)
        blank = blank_rows(campaign, recipients)
    except DomainError:  # an unknown field or a list that is not ready: named by what comes after
        return
    if len(blank) and blank.all():
        raise all_texts_empty()


def _refuse_empty_audience(store: Store, campaign_id: int, start_at: int | None) -> None:
    """Refuse a condition that names a column that the list does not have, or chooses nobody, as long as it can still
    be changed."""
    campaign = get(store, campaign_id)
    campaign.scheduled_at = start_at
    if (
        campaign.condition
        and campaign.state in STARTABLE
        and campaign.prepared != Preparation.READY
        and campaign.list_id
    ):
        audience.of(store, campaign).must_not_be_empty()


def _refuse_unknown_fields(session: Session, campaign: Campaign) -> None:
    """Raise for an unknown merge field or text column before the start: a started campaign could only be cancelled."""
    recipient_list = session.get(RecipientList, campaign.list_id)
    columns = list(ListFacts.from_stored(recipient_list.facts).columns) if recipient_list else []
    if columns and campaign.text_column:
        text_column.find(columns, campaign.text_column)
    for text in texts_of(campaign) if columns else ():
        if unknown := merge_fields.parse(text).unknown_fields(columns):
            raise unknown_field_error(unknown[0], columns)


def pause(store: Store, actor: Actor, campaign_id: int) -> None:
    """Stop claiming chunks; chunks in flight complete. A campaign that the program had paused is then paused by this
    user, so that the program does not resume it."""

    def go(_session: Session, campaign: Campaign) -> bool:
        if (campaign.state, campaign.code) == (C.PAUSED, BY_PERSON):
            return False
        if campaign.state not in (C.RUNNING, C.SCHEDULED, C.PAUSED):
            raise wrong_state(campaign, "pause")
        fault = campaign.why if campaign.state == C.PAUSED and campaign.code not in AUTOMATIC_PAUSES else None
        if fault is None:
            campaign.because(reasons.reason(BY_PERSON, name=actor.name))
        else:  # what a user must fix before resuming
            campaign.because(reasons.reason(BY_PERSON, case="fault", name=actor.name, fault=fault))
        change_state(campaign, C.PAUSED)
        return True

    _move(store, actor, campaign_id, "campaign.pause", go)


def resume(store: Store, actor: Actor, campaign_id: int, *, settings: Settings | None = None) -> None:
    """Resume sending. The account's connection failures are reset, so that the next attempt is made at once. During
    quiet hours the campaign waits for their end, which its reason names. Where its approval is no longer valid, or the
    rules now require one, it awaits approval instead.

    Raises `DomainError`: "wrong-state", and with `settings` "other-login"."""

    def go(session: Session, campaign: Campaign) -> bool:
        if settings is not None and campaign.state in logins.STARTED:
            gateway_account.require_in_force(session, campaign, settings)
        if campaign.state == C.RUNNING:
            return False
        if campaign.state != C.PAUSED:
            raise wrong_state(campaign, "resume")
        _refuse_restored(session, campaign_id)
        now = now_ms(session)
        quiet = _quiet_reason(session, campaign, settings, now)
        if quiet and campaign.code == QUIET:
            return False
        if approval_terms.hold_for_approval(session, campaign, now):
            approval_terms.remake_outdated(session, campaign, max(campaign.scheduled_at or 0, now))
            audit.note(session, actor, "campaign.ask-approval", f"campaign:{campaign_id}", messages=campaign.messages)
            return False
        early = campaign.scheduled_at is not None and campaign.scheduled_at > now
        change_state(campaign, C.SCHEDULED if early else C.PAUSED if quiet else C.RUNNING)
        campaign.doubts = campaign.refusals = 0
        campaign.because(quiet if not early else None)
        if campaign.started_at is None:
            campaign.started_at = None if early else now
            if not early:
                exclusion_check.ask(campaign)
        approval_terms.remake_outdated(session, campaign, max(campaign.scheduled_at or 0, now))
        enqueue(session, campaign)
        session.flush()
        finish(session, {campaign_id: campaign.state} if campaign.prepared == Preparation.READY else {}, now)
        session.execute(
            sa.update(Account)
            .where(col(Account.id) == campaign.account_id, col(Account.failures) > 0)
            .values(failures=0, next_slot_us=0)
        )
        halving.reset_halvings(session, campaign_id)
        return True

    _move(store, actor, campaign_id, "campaign.resume", go)


def _refuse_restored(session: Session, campaign_id: int) -> None:
    """Raise while a user has not resolved the messages that may have been sent after the backup."""
    left = count_restored_uncertain(session, campaign_id)
    if left:
        raise DomainError.of("restored", case="unsettled", n=left, id=campaign_id)


def _quiet_reason(session: Session, campaign: Campaign, settings: Settings | None, now: int) -> Reason | None:
    """Return the present quiet hours with their end; None outside them and for tests, which ignore them."""
    if settings is None or campaign.is_test:
        return None
    until = policy.get(session, campaign.account_id).of_kind(campaign.category).quiet_until(settings.zone, now)
    return None if until is None else quiet_reason(until, settings.zone)


def cancel(store: Store, actor: Actor, campaign_id: int) -> None:
    """Cancel a campaign permanently: queued messages are cancelled, chunks in flight complete."""

    def go(session: Session, campaign: Campaign) -> bool:
        if campaign.state == C.CANCELLED:
            return False
        if campaign.state not in OPEN:
            raise wrong_state(campaign, "cancel")
        change_state(campaign, C.CANCELLED)
        campaign.because(None)
        campaign.finished_at = now_ms(session)
        draft_input.forget(session, campaign_id)
        session.flush()
        cancel_queued(session, campaign_id)
        jobs.withdraw(session, f"campaign:{campaign_id}", JobKind.CAMPAIGN, JobKind.EXCLUSIONS)
        return True

    _move(store, actor, campaign_id, "campaign.cancel", go)


def refresh(store: Store, actor: Actor, campaign_id: int) -> int:
    """Make all pending receipts due for polling now; return their number."""
    actor.must(Permission.CAMPAIGN)
    with store.writing() as session:
        get_campaign(session, campaign_id)
        now = now_ms(session)
        query = sa.update(Message).where(
            col(Message.campaign_id) == campaign_id,
            col(Message.next_poll_at) > now,
            col(Message.request_id).is_not(None),
        )
        return bulk.rows_changed(session.execute(query.values(next_poll_at=now)))


def _move(store: Store, actor: Actor, campaign_id: int, action: str, go: Callable[[Session, Campaign], bool]) -> None:
    actor.must(Permission.CAMPAIGN)

    def work(session: Session) -> None:
        campaign = get_campaign(session, campaign_id)
        if go(session, campaign):
            audit.note(session, actor, action, f"campaign:{campaign_id}")

    store.transact(work)
