"""Approval: a second person looks at a campaign before it is sent, where the account's rules ask for one."""

from collections.abc import Callable

from sqlmodel import Session

from getsms_core import audit, people
from getsms_core.actor import Actor, May
from getsms_core.errors import Refused
from getsms_core.policy import SENT_BACK
from getsms_core.preparing import campaign_of
from getsms_core.sending.holding import LATE_MS
from getsms_core.statuses import LABELS, CampaignState
from getsms_core.store.engine import Store, now_ms
from getsms_core.store.models import Campaign
from getsms_core.words import _

REASON_LENGTH = 500
C = CampaignState


def may_approve(store: Store, actor: Actor, campaign: Campaign) -> bool:
    """Whether this person may approve this campaign: their role lets them, and they are not the one who asked, unless
    nobody else here could."""
    return actor.may(May.APPROVE) and not (actor.name == campaign.started_by and _others(store, actor))


def approve(store: Store, actor: Actor, campaign_id: int) -> None:
    """Let it be sent: now, at the time that was asked for or, where that has gone by, once somebody resumes it.
    Approving it again changes nothing.

    Raises `Refused`: "not-allowed", "own-campaign", "wrong-state", "ended"."""
    actor.must(May.APPROVE)
    others = _others(store, actor)

    def work(session: Session) -> None:
        campaign = campaign_of(session, campaign_id)
        if campaign.approved_at is not None and campaign.state != C.AWAITING_APPROVAL:
            return
        _must_wait(campaign)
        if campaign.started_by == actor.name and others:
            raise Refused(
                "own-campaign",
                _("You asked for this campaign yourself. Another manager or administrator must approve it."),
            )
        now, at = now_ms(session), campaign.scheduled_at
        if campaign.ends_at is not None and campaign.ends_at <= now:
            raise Refused(
                "ended",
                _("Its end time has gone by: nothing would be sent. Send it back, so that a new one is chosen."),
            )
        campaign.approved_by, campaign.approved_at = actor.name, now
        if at is not None and at < now - LATE_MS:
            campaign.state, campaign.code = C.PAUSED, "late-approval"
            campaign.reason = _("It was approved after the time it was due at. Resume it to send it now.")
        elif at is not None and at > now:
            campaign.state = C.SCHEDULED
        else:
            campaign.state, campaign.started_at = C.RUNNING, now
        audit.note(session, actor, "campaign.approve", f"campaign:{campaign_id}", messages=campaign.messages)

    store.transact(work)


def refuse(store: Store, actor: Actor, campaign_id: int, reason: str) -> None:
    """Send it back to be mended: it is a draft again and shows the reason.

    Raises `Refused`: "not-allowed", "no-reason", "wrong-state"."""
    actor.must(May.APPROVE)
    words = " ".join(reason.split())[:REASON_LENGTH]
    if not words:
        raise Refused("no-reason", _("Write why you send it back, so that it can be mended."))

    def back(campaign: Campaign) -> None:
        campaign.code = SENT_BACK
        campaign.reason = _("Sent back by {name}: {reason}").format(name=actor.name, reason=words)

    _to_draft(store, actor, campaign_id, "campaign.refuse", back, reason=words)


def withdraw(store: Store, actor: Actor, campaign_id: int) -> None:
    """Take it back before anybody has decided: it is a draft again. Raises `Refused`: "not-allowed", "wrong-state"."""
    actor.must(May.CAMPAIGN)

    def back(campaign: Campaign) -> None:
        campaign.code, campaign.reason = "", ""

    _to_draft(store, actor, campaign_id, "campaign.withdraw", back)


def _to_draft(
    store: Store, actor: Actor, campaign_id: int, action: str, back: Callable[[Campaign], None], **facts: str
) -> None:
    def work(session: Session) -> None:
        campaign = campaign_of(session, campaign_id)
        _must_wait(campaign)
        campaign.state, campaign.scheduled_at, campaign.started_by = C.DRAFT, None, ""
        back(campaign)
        audit.note(session, actor, action, f"campaign:{campaign_id}", **facts)

    store.transact(work)


def _must_wait(campaign: Campaign) -> None:
    if campaign.state != C.AWAITING_APPROVAL:
        state = _(LABELS[campaign.state.value]).lower()
        raise Refused(
            "wrong-state",
            _("Campaign {id} is {state}. {why}").format(
                id=campaign.id, state=state, why=_("Only one that waits for approval can be decided on.")
            ),
        )


def _others(store: Store, actor: Actor) -> bool:
    """Whether somebody else may approve, so that nobody needs to approve what they asked for themselves."""
    return any(
        one.name != actor.name and one.disabled_at is None and one.actor.may(May.APPROVE)
        for one in people.everyone(store)
    )
