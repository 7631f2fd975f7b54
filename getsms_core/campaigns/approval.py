"""Approval: a second person looks at a campaign before it is sent, where the account's rules ask for one."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts.policy import SENT_BACK
from getsms_core.audit import log as audit
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_, _
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.states import LABELS, CampaignState
from getsms_core.billing import price_rules
from getsms_core.campaigns.build import get_campaign
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Audit, Campaign, RecipientList, Template
from getsms_core.delivery import approval_terms
from getsms_core.delivery.completion import finish
from getsms_core.delivery.schedule import LATE_MS
from getsms_core.users import service as users_module

REASON_LENGTH = 500
AUTHOR_REASONS = {
    "asked": N_("You asked for this campaign yourself. Another manager or administrator must approve it."),
    "text": N_("You wrote this campaign yourself. Another manager or administrator must approve it."),
    "list": N_("You made its list yourself. Another manager or administrator must approve it."),
    "prices": N_("You set its prices yourself. Another manager or administrator must approve it."),
    "limits": N_("You set the account's limits yourself. Another manager or administrator must approve it."),
}
"""Why an author may not approve."""
C = CampaignState


def may_approve(store: Store, actor: Actor, campaign: Campaign) -> bool:
    """Whether this person may approve this campaign: their role lets them, and they are no author of it, unless nobody
    else here could."""
    if not actor.may(Permission.APPROVE):
        return False
    with store.reading() as session:
        authors = _authors(session, campaign)
    return _own_part(actor, authors, _approvers(store)) is None


def terms_fingerprint(store: Store, campaign_id: int) -> str:
    """The fingerprint of what somebody is shown before they approve it: `approve` takes it back."""
    with store.reading() as session:
        return approval_terms.fingerprint(session, get_campaign(session, campaign_id, lock=False), now_ms(session))


def approval_cost(store: Store, campaign: Campaign) -> int:
    """What is approved, tiyin: the cost under the prices in force when it is to be sent."""
    with store.reading() as session:
        return max(campaign.cost, approval_terms.expected_cost(session, campaign, now_ms(session)))


def approve(store: Store, actor: Actor, campaign_id: int, seen: str | None = None) -> None:
    """Let it be sent: now, at the time that was asked for or, where that has gone by, once somebody resumes it. The
    approval holds for the campaign's terms and cost as they are now; `seen` is the `seal` of what the approver was
    shown. Approving it again changes nothing.

    Raises `DomainError`: "not-allowed", "own-campaign", "wrong-state", "ended", "not-counted", "changed-meanwhile"."""
    actor.must(Permission.APPROVE)
    approvers = _approvers(store)

    def work(session: Session) -> DomainError | None:
        campaign = get_campaign(session, campaign_id)
        if campaign.approved_at is not None and campaign.state != C.AWAITING_APPROVAL:
            return None
        _must_wait(campaign)
        part = _own_part(actor, _authors(session, campaign), approvers)
        if part is not None:
            raise DomainError("own-campaign", _(AUTHOR_REASONS[part]))
        now, at = now_ms(session), campaign.scheduled_at
        if campaign.ends_at is not None and campaign.ends_at <= now:
            raise DomainError(
                "ended",
                _("Its end time has gone by: nothing would be sent. Send it back, so that a new one is chosen."),
            )
        if campaign.prepared != "ready":
            raise DomainError(
                "not-counted", _("Its messages are still being counted. Approve it when its cost is known.")
            )
        costs = approval_terms.expected_cost(session, campaign, now)
        repriced = approval_terms.reprice(session, campaign, max(at or 0, now))
        if (repriced and costs > campaign.cost) or (
            seen is not None and seen != approval_terms.fingerprint(session, campaign, now)
        ):
            return DomainError(
                "changed-meanwhile",
                _("It has changed since you looked at it, perhaps its price. Nothing was approved. Look at it again."),
            )
        _approve(session, campaign, actor, costs, now)
        return None

    refusal = store.transact(work)
    if refusal is not None:  # after the commit: its messages are being made under the new prices
        raise refusal


def _approve(session: Session, campaign: Campaign, actor: Actor, costs: int, now: int) -> None:
    at = campaign.scheduled_at
    campaign.approved_by, campaign.approved_at = actor.name, now
    campaign.approved_terms = approval_terms.terms_of(session, campaign) | {"cost": costs}
    campaign.code, campaign.reason = "", ""
    begun = campaign.started_at is not None
    if not begun and at is not None and at < now - LATE_MS:
        campaign.state, campaign.code = C.PAUSED, "late-approval"
        campaign.reason = _("It was approved after the time it was due at. Resume it to send it now.")
    elif at is not None and at > now:
        campaign.state = C.SCHEDULED
    else:
        campaign.state, campaign.started_at = C.RUNNING, campaign.started_at or now
    audit.note(session, actor, "campaign.approve", f"campaign:{campaign.id}", messages=campaign.messages, cost=costs)
    if begun:
        session.flush()
        finish(session, {campaign.id or 0: campaign.state}, now)


def refuse(store: Store, actor: Actor, campaign_id: int, reason: str) -> None:
    """Send it back to be mended: it is a draft again, or paused where part of it was sent, and shows the reason.

    Raises `DomainError`: "not-allowed", "no-reason", "wrong-state"."""
    actor.must(Permission.APPROVE)
    words = " ".join(reason.split())[:REASON_LENGTH]
    if not words:
        raise DomainError("no-reason", _("Write why you send it back, so that it can be mended."))

    def back(campaign: Campaign) -> None:
        campaign.code = SENT_BACK
        campaign.reason = _("Sent back by {name}: {reason}").format(name=actor.name, reason=words)

    _to_draft(store, actor, campaign_id, "campaign.refuse", back, reason=words)


def withdraw(store: Store, actor: Actor, campaign_id: int) -> None:
    """Take it back before anybody has decided: it is a draft again, or paused where part of it was sent.

    Raises `DomainError`: "not-allowed", "wrong-state"."""
    actor.must(Permission.CAMPAIGN)

    def back(campaign: Campaign) -> None:
        if campaign.state == C.DRAFT:
            campaign.code, campaign.reason = "", ""

    _to_draft(store, actor, campaign_id, "campaign.withdraw", back)


def _to_draft(
    store: Store, actor: Actor, campaign_id: int, action: str, back: Callable[[Campaign], None], **facts: str
) -> None:
    def work(session: Session) -> None:
        campaign = get_campaign(session, campaign_id)
        _must_wait(campaign)
        if approval_terms.never_claimed(session, campaign_id):
            campaign.state, campaign.scheduled_at, campaign.started_by = C.DRAFT, None, ""
            back(campaign)
        else:  # its messages are a record of what was sent: it can be resumed or cancelled, not changed
            campaign.state, campaign.code = C.PAUSED, "by-person"
            campaign.reason = _("Paused by {name}.").format(name=actor.name)
            back(campaign)
        audit.note(session, actor, action, f"campaign:{campaign_id}", **facts)

    store.transact(work)


def _must_wait(campaign: Campaign) -> None:
    if campaign.state != C.AWAITING_APPROVAL:
        state = _(LABELS[campaign.state.value]).lower()
        raise DomainError(
            "wrong-state",
            _("Campaign {id} is {state}. {why}").format(
                id=campaign.id, state=state, why=_("Only one that waits for approval can be decided on.")
            ),
        )


def _authors(session: Session, campaign: Campaign) -> dict[str, set[str]]:
    """Who made each part of what is to be approved."""
    kept = session.get(RecipientList, campaign.list_id) if campaign.list_id else None
    template = session.get(Template, campaign.template_id) if campaign.template_id else None
    subject = f"campaign:{campaign.id}"
    changed = session.scalars(
        sa.select(col(Audit.actor)).where(col(Audit.subject) == subject, col(Audit.action) == "campaign.change")
    )
    last_rules = session.scalar(
        sa.select(col(Audit.actor))
        .where(col(Audit.subject) == f"account:{campaign.account_id}", col(Audit.action) == "policy.save")
        .order_by(col(Audit.id).desc())
        .limit(1)
    )
    at = max(campaign.scheduled_at or 0, now_ms(session))
    parts = {
        "asked": {campaign.started_by},
        "text": {campaign.created_by, *changed, *([template.created_by] if template else [])},
        "list": {kept.created_by} if kept else set(),
        "prices": price_rules.authors(session, campaign, at),
        "limits": {last_rules} if last_rules else set(),
    }
    return {part: {_person(name) for name in names if name} for part, names in parts.items()}


def _own_part(actor: Actor, authors: dict[str, set[str]], approvers: set[str]) -> str | None:
    """The part of a campaign for which this person may not approve it; None where they may. Where everybody who may
    approve is an author, another than the one who asked does; where there is no other either, they do it themselves."""
    me = _person(actor.name)
    mine = [part for part in AUTHOR_REASONS if me in authors[part]]
    if not mine:
        return None
    others = approvers - {me}
    if others - set().union(*authors.values()):
        return mine[0]
    return "asked" if "asked" in mine and others else None


def _approvers(store: Store) -> set[str]:
    """Who may sign in and approve."""
    users = users_module.all_users(store)
    return {_person(user.name) for user in users if user.disabled_at is None and user.actor.may(Permission.APPROVE)}


def _person(name: str) -> str:
    """Whose name it is: somebody who types `getsms` under their own name is nobody else."""
    return name.removesuffix(" (getsms)").casefold()
