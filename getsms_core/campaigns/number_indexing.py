"""The job that indexes the numbers of campaigns and lists that have no index: those of an earlier release, of its
processes beside this one, and of a restored backup. New ones get theirs when they are made."""

import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.base.permissions import SYSTEM, Actor, Permission
from getsms_core.base.work_states import JobKind
from getsms_core.contacts import list_numbers
from getsms_core.db import number_index
from getsms_core.db.engine import Store
from getsms_core.db.models import RecipientList

SUBJECT = "numbers:0"
"""One job indexes all that is missing."""
RETRY_MS = 3_600_000


def request_missing(session: Session, now: int) -> bool:
    """Enqueue the job if anything has no index, an hour after a failure (`now` in UTC ms). Return whether it did."""
    lists = sa.select(col(RecipientList.id)).where(number_index.LISTS.missing)
    missing = session.execute(lists.limit(1)).first() is not None or number_index.unindexed_campaigns(session)
    if not missing or jobs.unavailable_subjects(session, JobKind.NUMBERS, now - RETRY_MS):
        return False
    jobs.enqueue(session, JobKind.NUMBERS, SUBJECT, SYSTEM.name)
    return True


def index_missing(store: Store, run: jobs.JobRun | None = None) -> int:
    """Index every campaign and list that has no index, one transaction each; return their number. A repeat continues
    where it stopped."""
    with store.reading() as session:
        campaigns = number_index.unindexed_campaigns(session)
    lists = list_numbers.unindexed(store)
    work = [
        *((number_index.index_campaign, campaign_id) for campaign_id in campaigns),
        *((list_numbers.index, list_id) for list_id in lists),
    ]
    for indexed, (index, owner_id) in enumerate(work):
        if run is not None:
            run.progress(store, indexed, len(work))
        index(store, owner_id)
    return len(work)


def index_again(store: Store, actor: Actor, _subject_id: int) -> None:
    """Enqueue the job again after a failure. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.SETTINGS)
    with store.writing() as session:
        jobs.enqueue(session, JobKind.NUMBERS, SUBJECT, actor.name)
