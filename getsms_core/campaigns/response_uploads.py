"""Uploads of responses: a worker reads the file and matches it, so that no request waits for a million rows.

An upload counts from the transaction on in which it ends: a job that is killed starts again and counts each row
once."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import tzinfo
from pathlib import Path

import orjson
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs
from getsms_core.audit import log as audit
from getsms_core.base import names
from getsms_core.base.codes import RequestKind
from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Actor, Permission, Role
from getsms_core.base.settings import load
from getsms_core.base.temporary import temporary_folder
from getsms_core.base.work_states import JobKind
from getsms_core.campaigns import response_rows, response_writing, responses
from getsms_core.campaigns.build import get_campaign, subject
from getsms_core.campaigns.response_rows import Columns, UnusedReason, UnusedRow
from getsms_core.campaigns.responses import MatchResult
from getsms_core.db import repeated_requests
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.errors import PASSING
from getsms_core.db.models import ResponseUpload, ResponseUploadPart
from getsms_core.jobs import JobRun, JobStopped

STEPS = {"reading": N_("Reading the file"), "matching": N_("Matching the rows"), "storing": N_("Storing the responses")}
"""The steps of the job, and their labels."""


def upload(
    store: Store,
    actor: Actor,
    campaign_id: int,
    filename: str,
    parts: Iterable[bytes | memoryview],
    columns: Columns,
    *,
    replace_all: bool = False,
    request_key: str = "",
) -> int:
    """Store a file of responses for a worker to match; return the upload's id. The content is not read here. With
    `replace_all` it replaces the responses of before; a repeat with the same `request_key` returns the id of the first
    call. Raises `DomainError` ("not-allowed", "no-such-campaign")."""
    actor.must(Permission.CAMPAIGN)

    def make(session: Session) -> int:
        get_campaign(session, campaign_id)
        options = {"columns": asdict(columns), "replace": replace_all}
        new = ResponseUpload(
            campaign_id=campaign_id, filename=names.printable(filename)[:200], options=options,
            created_at=now_ms(session), created_by=actor.name,
        )  # fmt: skip
        session.add(new)
        session.flush()
        size = 0
        for number, block in enumerate(parts):
            size += len(block)
            session.execute(sa.insert(ResponseUploadPart).values(upload_id=new.id, number=number, data=block))
        jobs.enqueue(session, JobKind.RESPONSES, subject(campaign_id), actor.name)
        audit.note(session, actor, "campaign.responses-upload", subject(campaign_id), filename=new.filename, bytes=size)
        return int(new.id or 0)

    with store.writing() as session:
        return repeated_requests.run_once(session, actor, RequestKind.RESPONSES, request_key, make)


def match(store: Store, run: JobRun, zone: tzinfo | None = None) -> None:
    """Match the uploads of a campaign that wait, oldest first; the job's function. Times of the files without a zone
    are local to `zone` (default: that of the settings). What a broken-off upload has left is deleted. Raises the first
    `DomainError` after the other uploads are done, and at once that of a database that cannot be used now."""
    refusals: list[DomainError] = []
    for waiting in _waiting(store, run.subject_id):
        try:
            _match(store, run, waiting, zone or load().zone)
        except DomainError as refusal:
            if refusal.code in PASSING:
                raise
            refusals.append(refusal)
            upload_id = int(waiting.id or 0)
            store.transact(lambda session, i=upload_id, error=refusal: _end_badly(session, i, error))  # type: ignore[misc]
    response_writing.delete_leftovers(store, run.subject_id, run)
    if refusals:
        raise refusals[0]


def _waiting(store: Store, campaign_id: int) -> list[ResponseUpload]:
    query = sa.select(ResponseUpload).where(
        col(ResponseUpload.campaign_id) == campaign_id, col(ResponseUpload.ended_at).is_(None)
    )
    with store.reading() as session:
        return list(session.scalars(query.order_by(col(ResponseUpload.id))))


def _match(store: Store, run: JobRun, waiting: ResponseUpload, zone: tzinfo) -> None:
    upload_id, options = int(waiting.id or 0), waiting.options
    run.progress(store, 0, None, step="reading")
    with temporary_folder() as folder:
        path = folder / ("upload" + Path(waiting.filename).suffix.lower())
        _write(store, upload_id, path)
        given = response_rows.from_file(path, Columns(**options["columns"]), zone)
    run.progress(store, 0, len(given.rows), step="matching")
    # The right was checked at the upload; the audit entry names the user who uploaded the file.
    actor = Actor(waiting.created_by, Role.MARKETER)

    def end(session: Session, result: MatchResult) -> None:
        own = session.get(ResponseUpload, upload_id, with_for_update=True)
        if own is None or own.ended_at is not None or not jobs.is_current(session, run):
            raise JobStopped
        if jobs.stop_requested(session, run):
            raise JobStopped
        _delete_older(session, waiting.campaign_id, upload_id)
        _delete_file(session, upload_id)
        own.ended_at, own.unused = now_ms(session), _packed(result.unused)
        own.result = {name: value for name, value in asdict(result).items() if name != "unused"}

    responses.save(store, actor, waiting.campaign_id, given, replace=bool(options["replace"]), run=run, also=end)


def _write(store: Store, upload_id: int, path: Path) -> None:
    with path.open("wb") as file:
        for block in _blocks(store, upload_id):
            file.write(block)


def _blocks(store: Store, upload_id: int) -> Iterator[bytes]:
    of_upload = col(ResponseUploadPart.upload_id) == upload_id
    number = 0
    while True:
        with store.reading() as session:
            query = sa.select(col(ResponseUploadPart.data)).where(of_upload, col(ResponseUploadPart.number) == number)
            block = session.scalar(query)
        if block is None:
            return
        yield block
        number += 1


def fail(session: Session, campaign_id: int, error: DomainError) -> None:
    """End the uploads of a campaign that wait: their job has failed or was cancelled."""
    query = sa.select(col(ResponseUpload.id)).where(
        col(ResponseUpload.campaign_id) == campaign_id, col(ResponseUpload.ended_at).is_(None)
    )
    for upload_id in list(session.scalars(query)):
        _end_badly(session, upload_id or 0, error)


def _end_badly(session: Session, upload_id: int, error: DomainError) -> None:
    own = session.get(ResponseUpload, upload_id)
    if own is not None and own.ended_at is None:
        own.ended_at, own.error_code = now_ms(session), error.code
        _delete_file(session, upload_id)


def match_again(store: Store, actor: Actor, campaign_id: int) -> None:
    """Refuse to do a failed upload again: its file is deleted. Raises `DomainError` ("no-file")."""
    actor.must(Permission.CAMPAIGN)
    raise DomainError.of("no-file", case="responses")


def is_waiting(store: Store, campaign_id: int) -> bool:
    """Return whether an upload of a campaign waits for a worker or is being matched."""
    return bool(_waiting(store, campaign_id))


def last_result(store: Store, actor: Actor, campaign_id: int) -> MatchResult | None:
    """Return the result of the last upload that was matched, with the rows that are not counted; None
    without one. Raises `DomainError` ("not-allowed")."""
    actor.must(Permission.READ)
    query = sa.select(ResponseUpload).where(
        col(ResponseUpload.campaign_id) == campaign_id, col(ResponseUpload.result).is_not(None)
    )
    with store.reading() as session:
        own = session.scalar(query.order_by(col(ResponseUpload.id).desc()).limit(1))
    if own is None or own.result is None:
        return None
    examples = tuple(own.result["examples"])
    result = MatchResult(**{**own.result, "examples": examples, "unused": ()})
    return replace(result, unused=_unpacked(own.unused))


def forget(session: Session, campaign_id: int) -> None:
    """Delete the uploads of a campaign, whose rows may name numbers."""
    _delete_older(session, campaign_id, None)


def forget_number(session: Session, phone: int) -> None:
    """Delete the rows that are not counted of every upload that names this number."""
    digits = str(phone)[-9:]
    query = sa.select(ResponseUpload).where(col(ResponseUpload.unused).is_not(None))
    for own in session.scalars(query):
        remaining = [row for row in _unpacked(own.unused) if digits not in "".join(filter(str.isdecimal, row.value))]
        own.unused = _packed(remaining)
        if own.result is not None:
            own.result = own.result | {"examples": [number for number in own.result["examples"] if number != phone]}


def _delete_older(session: Session, campaign_id: int, upload_id: int | None) -> None:
    """Delete the ended uploads of a campaign before this one; all of them for None."""
    older = sa.select(col(ResponseUpload.id)).where(col(ResponseUpload.campaign_id) == campaign_id)
    if upload_id is not None:
        older = older.where(col(ResponseUpload.id) < upload_id, col(ResponseUpload.ended_at).is_not(None))
    ids = list(session.scalars(older))
    session.execute(sa.delete(ResponseUploadPart).where(col(ResponseUploadPart.upload_id).in_(ids)))
    session.execute(sa.delete(ResponseUpload).where(col(ResponseUpload.id).in_(ids)))


def _delete_file(session: Session, upload_id: int) -> None:
    session.execute(sa.delete(ResponseUploadPart).where(col(ResponseUploadPart.upload_id) == upload_id))


def _packed(rows: Iterable[UnusedRow]) -> bytes:
    return zlib.compress(orjson.dumps([[row.row, row.value, row.reason.value] for row in rows]), 1)


def _unpacked(stored: bytes | None) -> tuple[UnusedRow, ...]:
    if not stored:
        return ()
    return tuple(UnusedRow(row, value, UnusedReason(reason)) for row, value, reason in
                 orjson.loads(zlib.decompress(stored)))  # fmt: skip
