"""What a worker looks for once a minute: campaigns and rows old enough to be erased, indexes that are missing."""

from zoneinfo import ZoneInfo

from sqlmodel import Session

from getsms_core import jobs
from getsms_core.accounts.policy import Policy
from getsms_core.campaigns import number_erasure, number_indexing, response_writing, retention


def enqueue_due(session: Session, account_id: int, policy: Policy, zone: ZoneInfo, now: int) -> None:
    """Enqueue the erasures and the writing of indexes that are due, and delete old jobs (`now` in UTC ms)."""
    retention.request_due_erasures(session, account_id, policy, zone, now)
    number_erasure.request_due(session, now)
    number_indexing.request_missing(session, now)
    response_writing.request_cleaning(session, now)
    jobs.sweep(session, now)
