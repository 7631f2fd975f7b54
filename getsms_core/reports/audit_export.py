"""The audit log as a table, for files."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from getsms_core.audit import labels
from getsms_core.audit.log import note_alone
from getsms_core.base.permissions import Actor, Permission
from getsms_core.db.engine import Store
from getsms_core.db.models import Audit
from getsms_core.reports import listings

COLUMNS = ("id", "at", "actor", "action", "subject", "address", "detail")
_BATCH = 5_000


@dataclass(frozen=True)
class Filters:
    """Which entries: by whom, which action, about what, from which address, from `since` up to `until` (UTC ms)."""

    who: str | None = None
    what: str | None = None
    subject: str = ""
    address: str = ""
    since: int | None = None
    until: int | None = None

    def query(self) -> dict[str, Any]:
        """Return the arguments of `listings.audit`."""
        return self.__dict__.copy()


def table(store: Store, actor: Actor, filters: Filters, zone: ZoneInfo) -> pa.Table:
    """Return the entries, newest first: texts, times as ISO 8601 in `zone`, the detail as JSON. The export itself is
    audited. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.SETTINGS)
    columns: dict[str, list[str]] = {name: [] for name in COLUMNS}
    before: int | None = None
    while batch := listings.audit(store, actor, **filters.query(), before_id=before, limit=_BATCH):
        for entry in batch:
            for name, text in zip(COLUMNS, _texts(entry, zone), strict=True):
                columns[name].append(text)
        before = batch[-1].id
    chosen = {name: value for name, value in filters.query().items() if value not in (None, "")}
    note_alone(store, actor, "audit.export", "audit", entries=len(columns["id"]), filters=chosen)
    return pa.table({name: pa.array(texts, pa.string()) for name, texts in columns.items()})


def _texts(entry: Audit, zone: ZoneInfo) -> tuple[str, ...]:
    detail = labels.detail(entry.detail)
    address = str(detail.pop("address", ""))
    at = datetime.fromtimestamp(entry.at / 1000, zone).isoformat(timespec="milliseconds")
    shown = json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else ""
    return str(entry.id), at, entry.actor, entry.action, entry.subject, address, shown
