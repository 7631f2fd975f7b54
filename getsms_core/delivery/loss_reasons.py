"""The messages that did not arrive for one reason, as a condition on messages."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.failure_reasons import LOST, code_shown, stored_code
from getsms_core.base.reasons import Reason, reason
from getsms_core.db.models import SPAN, Message

_CODES_NAMED = 30  # words of the gateway that are not known are codes, too


def having_reason(session: Session, campaign_ids: Sequence[int], code: str) -> sa.ColumnElement[bool]:
    """Return the SQL condition on messages of these campaigns that did not arrive for this reason, by its code or its
    words. One pass over the messages finds the gateway's own words that have the code."""
    spans = [col(Message.id).between(i * SPAN, (i + 1) * SPAN - 1) for i in campaign_ids]
    lost = sa.and_(sa.or_(*spans), col(Message.state).in_(sorted(LOST)))
    pairs = session.execute(sa.select(col(Message.state), col(Message.reason)).where(lost).distinct()).all()
    same = [
        sa.and_(col(Message.state) == state, col(Message.reason) == reason if reason else _without_reason())
        for state, reason in pairs
        if code in (reason, code_shown(stored_code(reason), state))
    ]
    return sa.and_(lost, sa.or_(*same)) if same else sa.false()


def codes(session: Session, campaign_ids: Sequence[int]) -> list[str]:
    """Return the codes of the reasons for which messages of these campaigns did not arrive, in alphabetical order.
    Words of the gateway that are not known are their own code."""
    spans = [col(Message.id).between(i * SPAN, (i + 1) * SPAN - 1) for i in campaign_ids]
    lost = sa.and_(sa.or_(*spans), col(Message.state).in_(sorted(LOST)))
    pairs = session.execute(sa.select(col(Message.state), col(Message.reason)).where(lost).distinct()).all()
    return sorted({code_shown(stored_code(reason), state) for state, reason in pairs})


def unmatched(session: Session, campaign_ids: Sequence[int], code: str) -> Reason | None:
    """Return that no message of these campaigns has this reason, with the codes that there are; None where one has."""
    having = sa.select(col(Message.id)).where(having_reason(session, campaign_ids, code)).limit(1)
    if session.execute(having).first() is not None:
        return None
    known = codes(session, campaign_ids)
    if not known:
        return reason("no-such-reason", case="none", code=code)
    ellipsis = [] if len(known) <= _CODES_NAMED else ["…"]
    return reason("no-such-reason", code=code, codes=", ".join(known[:_CODES_NAMED] + ellipsis))


def _without_reason() -> sa.ColumnElement[bool]:
    return sa.or_(col(Message.reason).is_(None), col(Message.reason) == "")
