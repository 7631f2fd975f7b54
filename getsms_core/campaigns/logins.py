"""Campaigns when GETSMS_LOGIN changes: drafts move to the new login, started campaigns stay with their own."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts import gateway_account
from getsms_core.audit import log as audit
from getsms_core.base.i18n import _
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState, Preparation
from getsms_core.billing import price_list
from getsms_core.campaigns.build import delete_messages
from getsms_core.db.engine import Store
from getsms_core.db.models import Account, Campaign

STARTED = (CampaignState.AWAITING_APPROVAL, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


class OtherLogin(NamedTuple):
    """A started campaign that belongs to another login than the current one."""

    campaign_id: int
    name: str
    login: str

    @property
    def warning(self) -> str:
        """The message for the log and for doctor."""
        return _(
            "Campaign {id} “{name}” belongs to the login {login} and is not sent by this one. Cancel it, copy the "
            "rest, or set that login again."
        ).format(id=self.campaign_id, name=self.name, login=self.login)


def move_drafts(session: Session, settings: Settings) -> int:
    """Move every draft to the current account; return the id of that account."""
    account_id = gateway_account.ensure(session, settings)
    drafts = sa.select(Campaign).where(
        col(Campaign.state) == CampaignState.DRAFT, col(Campaign.account_id) != account_id
    )
    for campaign in session.scalars(drafts.order_by(col(Campaign.id)).with_for_update()).all():
        _move(session, campaign, account_id, settings)
    return account_id


def claim_draft(session: Session, campaign: Campaign, settings: Settings) -> None:
    """Move a draft to the current login. Raises `DomainError` ("other-login") for a campaign that has started with
    another login."""
    if campaign.state == CampaignState.DRAFT:
        account_id = gateway_account.ensure(session, settings)
        if campaign.account_id != account_id:
            _move(session, campaign, account_id, settings)
    elif campaign.state in STARTED:
        gateway_account.require_in_force(session, campaign, settings)


def _move(session: Session, campaign: Campaign, account_id: int, settings: Settings) -> None:
    """Move a draft to another account, which has its own prices: the approval and the messages are dropped."""
    assert campaign.id is not None
    campaign.account_id, campaign.price = account_id, price_list.tiyin(settings.price)
    campaign.approved_by, campaign.approved_at, campaign.approved_terms = "", None, None
    delete_messages(session, campaign.id)
    campaign.prepared, campaign.worker_id = Preparation.NONE, None
    campaign.messages, campaign.parts, campaign.cost = 0, 0, 0
    login = gateway_account.login_in_force(settings)
    audit.note(session, SYSTEM, "campaign.change", f"campaign:{campaign.id}", login=login)


def owner_login(store: Store, campaign: Campaign) -> str | None:
    """Return the login that a campaign belongs to; None for practice."""
    with store.reading() as session:
        account = session.get(Account, campaign.account_id)
        return account.login if account is not None and not account.sandbox else None


def other_login(store: Store, campaign: Campaign, settings: Settings) -> str:
    """Return the login of a started campaign, where it is not the current one; else ""."""
    if campaign.state not in STARTED:
        return ""
    with store.reading() as session:
        account = gateway_account.find(session, settings)
        if account is not None and account.id == campaign.account_id:
            return ""
        return gateway_account.login_of(session.get(Account, campaign.account_id))


def campaigns_of_other_logins(session: Session, settings: Settings) -> list[OtherLogin]:
    """Return the started campaigns of other logins, oldest first."""
    account = gateway_account.find(session, settings)
    query = (
        sa.select(Campaign, Account)
        .join(Account, col(Account.id) == col(Campaign.account_id))
        .where(col(Campaign.state).in_(STARTED), col(Campaign.account_id) != (account.id if account else 0))
        .order_by(col(Campaign.id))
    )
    return [
        OtherLogin(int(campaign.id or 0), campaign.name, gateway_account.login_of(owner))
        for campaign, owner in session.execute(query)
    ]
