"""Log lines of a transaction: written once it is committed, so that the log contains nothing that was rolled back."""

import logging
from typing import Any

from sqlalchemy import event
from sqlmodel import Session

from getsms_core.base import logs


def log_after_commit(session: Session, log: logging.Logger, level: int, name: str, /, **fields: Any) -> None:
    """Write an event of `base.logs.EVENTS` after the session's transaction is committed."""
    event.listen(session, "after_commit", lambda _session: logs.write(log, level, name, **fields), once=True)
