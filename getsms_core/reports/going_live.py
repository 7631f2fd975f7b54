"""The steps from the sandbox to sending for real, each ticked by what the database and the settings say."""

from collections.abc import Callable
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.accounts import gateway_account, policy
from getsms_core.accounts.policy import Policy
from getsms_core.audit import log as audit
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import Settings
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit, Campaign, User
from getsms_core.gateway import Probe
from getsms_core.reports.sender import accepted_at, sender_name

_TESTS = 20  # the latest test sends that are searched


class LiveStep(StrEnum):
    """A step, in the order in which an administrator takes them."""

    LOGIN = "login"
    ADDRESS = "address"
    SENDER = "sender"
    TEST = "test"
    USERS = "users"
    LIMITS = "limits"
    BACKUP = "backup"


def steps(store: Store, actor: Actor, settings: Settings) -> dict[LiveStep, bool]:
    """Return for each step whether it is done. In the sandbox, which accepts any address, name and number, nothing that
    a real gateway must accept is done. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.SETTINGS)
    with store.reading() as session:
        account = gateway_account.find(session, settings)
        account_id = int(account.id or 0) if account is not None else 0
        is_live = account_id > 0 and not settings.sandbox
        rules = policy.get(session, account_id) if account_id else Policy()
        test_accepted = is_live and _test_accepted(session, account_id)
        users = session.scalar(sa.select(sa.func.count()).where(col(User.disabled_at).is_(None))) or 0
        done_steps = {
            LiveStep.LOGIN: not settings.sandbox,
            LiveStep.ADDRESS: is_live and (test_accepted or _last_check_passed(session, account_id)),
            LiveStep.TEST: test_accepted,
            LiveStep.USERS: users > 1,
            LiveStep.LIMITS: _has_limits(rules),
            LiveStep.BACKUP: _noted(session, "database", "database.backup") is not None,
        }
    name = settings.nickname
    answers = sender_name(store, account_id, name) if is_live and name else None
    done_steps[LiveStep.SENDER] = answers is not None and answers.taken_at is not None and not answers.refused
    return {step: done_steps[step] for step in LiveStep}


def check_connection(store: Store, actor: Actor, settings: Settings, probe: Callable[[], Probe]) -> Probe:
    """Check whether the gateway would accept messages from here, and record the outcome in the audit log. Raises
    `DomainError` ("not-allowed")."""
    actor.must(Permission.SETTINGS)
    account_id = gateway_account.account_id(store, settings)
    result = probe()
    audit.note_alone(store, actor, "gateway.check", f"account:{account_id}", passed=result.ok, code=result.code)
    return result


def _has_limits(rules: Policy) -> bool:
    limits = (rules.spend_day, rules.approve_messages, rules.approve_cost)
    return bool(rules.quiet) or rules.has_cap or any(limit is not None for limit in limits)


def _last_check_passed(session: Session, account_id: int) -> bool:
    entry = _noted(session, f"account:{account_id}", "gateway.check")
    return entry is not None and bool(entry.detail.get("passed"))


def _noted(session: Session, subject: str, action: str) -> Audit | None:
    """The last entry of an action in the audit log."""
    query = sa.select(Audit).where(col(Audit.subject) == subject, col(Audit.action) == action)
    return session.scalar(query.order_by(col(Audit.id).desc()).limit(1))


def _test_accepted(session: Session, account_id: int) -> bool:
    tests = sa.select(col(Campaign.id)).where(col(Campaign.is_test), col(Campaign.account_id) == account_id)
    ids = session.scalars(tests.order_by(col(Campaign.id).desc()).limit(_TESTS)).all()
    return accepted_at(session, ids) is not None
