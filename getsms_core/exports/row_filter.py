"""Which messages of a campaign a file holds: by state, by reason and by the columns of its list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.reasons import Reason
from getsms_core.base.states import MessageState
from getsms_core.contacts.conditions import Condition, from_json, to_json
from getsms_core.db.engine import Store
from getsms_core.db.models import Message
from getsms_core.delivery import loss_reasons


@dataclass(frozen=True)
class RowFilter:
    """Empty: every message. `states` are message states ("sending" too), `reason` the code of a reason, `condition` is
    about the columns of the list, as `contacts.conditions` has it."""

    states: tuple[str, ...] = ()
    reason: str = ""
    condition: Condition | None = None

    def __bool__(self) -> bool:
        return bool(self.states or self.reason or self.condition)

    def to_stored(self) -> dict[str, Any]:
        """Return it as JSON; {} for every message."""
        condition = to_json(self.condition) if self.condition else ""
        stored = {"states": list(self.states), "reason": self.reason, "condition": condition}
        return {name: value for name, value in stored.items() if value}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any] | None) -> "RowFilter":
        """Return what `to_stored` returned."""
        stored = stored or {}
        condition = from_json(stored["condition"]) if stored.get("condition") else None
        return cls(tuple(stored.get("states", ())), stored.get("reason", ""), condition)

    def unmatched(self, store: Store, campaign_id: int) -> list[Reason]:
        """Return what it names and no message of a campaign has."""
        if not self.reason:
            return []
        with store.reading() as session:
            no_such_reason = loss_reasons.unmatched(session, [campaign_id], self.reason)
        return [no_such_reason] if no_such_reason else []

    def where(
        self, session: Session, campaign_id: int, state: sa.SQLColumnExpression[Any]
    ) -> list[sa.ColumnElement[bool]]:
        """Return what the database decides of a campaign; `state` is the expression of the state that a file shows."""
        conditions: list[sa.ColumnElement[bool]] = []
        if self.states:
            conditions.append(state.in_([MessageState(name).value for name in self.states]))
        if self.reason:
            of_lost = loss_reasons.having_reason(session, [campaign_id], self.reason)
            conditions.append(sa.or_(col(Message.reason) == self.reason, of_lost))
        return conditions
