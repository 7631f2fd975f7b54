"""Build a campaign's messages and chunks from its list, rendered, measured and priced row by row."""

import uuid
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core import jobs, phone
from getsms_core.audit import log as audit
from getsms_core.base.codes import NoticeEvent
from getsms_core.base.errors import DomainError, NotFound
from getsms_core.base.kinds import ExcludedReason
from getsms_core.base.permissions import SYSTEM
from getsms_core.base.reasons import campaign_state, reason
from getsms_core.base.states import (
    CHUNK_STATES,
    MESSAGE_STATES,
    CampaignState,
    ExclusionCheck,
    MessageState,
    Preparation,
    change,
)
from getsms_core.base.work_states import JobKind
from getsms_core.billing import price_list, price_rules
from getsms_core.campaigns import audience, cuts, excluded
from getsms_core.campaigns.audience import Audience
from getsms_core.campaigns.texts import texts_of, variant_of
from getsms_core.db import bulk, number_index, rollups
from getsms_core.db.column_types import arrow_rows
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import SPAN, Campaign, Chunk, Message, ReasonRollUp, RollUp, VariantRollUp
from getsms_core.delivery import approval_terms
from getsms_core.delivery.schedule import cancel_queued
from getsms_core.jobs.previous_release import DIRECT, OF_JOB
from getsms_core.messages import encoding, estimate, invisible, merge_fields
from getsms_core.notices import events

STARTED = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)
ENDED = (CampaignState.FINISHED, CampaignState.CANCELLED)


def subject(campaign_id: int | None) -> str:
    """Return the subject of a campaign's jobs."""
    return f"campaign:{campaign_id}"


def enqueue(session: Session, campaign: Campaign) -> None:
    """Enqueue the build of a campaign, unless it is ready or a worker is building it. A build without a worker, which
    nobody requeues after a crash, is replaced."""
    if campaign.prepared == Preparation.READY:
        return
    if campaign.prepared == Preparation.PREPARING and campaign.worker_id:
        if campaign.worker_id.startswith(OF_JOB) and jobs.has_open(session, JobKind.CAMPAIGN, subject(campaign.id)):
            return
        if not campaign.worker_id.startswith((OF_JOB, DIRECT)):
            return  # by a worker of release 0.1: jobs.previous_release takes it over when that worker is gone
    campaign.prepared, campaign.worker_id = Preparation.NONE, None
    session.flush()
    jobs.enqueue(session, JobKind.CAMPAIGN, subject(campaign.id), campaign.started_by or campaign.created_by)


def fail(session: Session, campaign_id: int, error: DomainError) -> None:
    """Pause a campaign whose messages could not be made, with the reason, as long as it would be sent."""
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    if campaign is None or campaign.prepared == Preparation.READY:
        return
    campaign.prepared, campaign.worker_id = Preparation.NONE, None
    if campaign.state in (*STARTED, CampaignState.AWAITING_APPROVAL):
        change(campaign, CampaignState.PAUSED)
        campaign.because(error.reason)
        audit.note(session, SYSTEM, "campaign.pause", subject(campaign_id), code=error.code, reason=error.reason)
        now = now_ms(session)
        events.of_campaign(session, NoticeEvent.PAUSED, campaign_id, f"{error.code}:{now}", now)


def prepare(
    store: Store, campaign_id: int, chosen: Audience | None = None, run: jobs.JobRun | None = None
) -> dict[str, int]:
    """Make a campaign's messages and chunks from its list: rendered, counted and priced row by row. `chosen` is the
    campaign's audience where it is at hand already; `run` is the job that does it. Returns how many messages travel in
    each encoding, as far as they were made here.

    A recipient whom the campaign's condition does not choose, who is excluded, or whose text shows nothing, gets no
    message and a row in `Excluded`.

    A second call does nothing; one that was cut off starts over. Raises `DomainError` for unknown merge fields, an
    empty list, a campaign without a list, nobody left to send to ("nobody-chosen", "all-excluded") and
    ("all-texts-empty") where no message would show anything."""
    begun = _begin(store, campaign_id, run)
    if begun is None:
        return {}
    campaign, token = begun
    chosen = audience.of(store, campaign) if chosen is None else audience.exclude(store, campaign, chosen)
    chosen.must_not_be_empty()
    if chosen.recipients.num_rows >= SPAN:
        raise DomainError.of("too-many-recipients", n=SPAN - 1)
    reasons, encodings = chosen.reasons.copy(), Counter[str]()
    columns = cuts.of_campaign(store, campaign, chosen.recipients)
    messages = _write_messages(store, campaign, chosen, cuts.codes(columns), reasons, encodings, run)
    bulk.ingest(store, "chunk", _chunks(campaign, messages))
    excluded.write(store, campaign_id, chosen.accepted, reasons)
    numbers = number_index.pack(messages["phone"].to_numpy(), np.arange(1, messages.num_rows + 1))
    number_index.ingest(store, number_index.MESSAGES, campaign_id, numbers)
    _finish(store, campaign_id, token, chosen, columns, messages, reasons)
    return encodings


def _begin(store: Store, campaign_id: int, run: jobs.JobRun | None) -> tuple[Campaign, str] | None:
    """Mark the campaign as being built and delete what an interrupted call wrote; returns it with the token of this
    call. None if there is nothing to build."""
    with store.writing() as session:
        campaign = get_campaign(session, campaign_id)
        if campaign.prepared == Preparation.READY or campaign.state in ENDED:
            return None
        if campaign.list_id is None:
            raise DomainError.of("no-list", id=campaign_id)
        if run is not None and not jobs.is_current(session, run):
            raise jobs.JobStopped
        token = f"{DIRECT}{uuid.uuid4().hex}" if run is None else f"{OF_JOB}{run.id}:{run.attempt}"
        campaign.prepared, campaign.worker_id = Preparation.PREPARING, token
        campaign.exclusion_check = ExclusionCheck.DONE  # everything is checked by this call, as of now
        delete_messages(session, campaign_id)
    return campaign, token


def _write_messages(
    store: Store,
    campaign: Campaign,
    chosen: Audience,
    cut_of_all: npt.NDArray[np.int32] | None,
    reasons: audience.Codes,
    encodings: Counter[str],
    run: jobs.JobRun | None,
) -> pa.Table:
    """Write the messages slice by slice: a slice is rendered while the previous one is written.

    Returns number_range, variant (with several texts), cut (with cut columns), phone, parts and price of every message.
    Sets the reason of rows whose text is empty, and counts the messages by encoding. Raises `DomainError`
    ("all-texts-empty")."""
    recipients, reached = chosen.recipients, chosen.positions
    variant_of_all = variant_of(campaign, recipients)
    price_table = price_rules.campaign_price_table(store, campaign)
    counted: list[pa.Table] = []
    first = 1
    with bulk.bulk_appender(store, "message", recipients.num_rows) as append:
        for start in range(0, recipients.num_rows, bulk.SLICE_ROWS):
            block = recipients.slice(start, bulk.SLICE_ROWS)
            variant_of_block = None if variant_of_all is None else variant_of_all[start : start + bulk.SLICE_ROWS]
            cut_of_block = None if cut_of_all is None else cut_of_all[start : start + bulk.SLICE_ROWS]
            rendered, blank = render_or_exclude(campaign, block, price_table, first, variant_of_block, cut_of_block)
            reasons[reached[start + blank]] = audience.CODES[ExcludedReason.EMPTY_TEXT]
            first += rendered.num_rows
            if run is not None:
                run.progress(store, start, recipients.num_rows)
            if not rendered.num_rows:
                continue
            append(rendered)
            counted.append(rendered.select([*_roll_up_keys(rendered), "phone", "parts", "price"]))
            encodings.update(
                {count["values"]: count["counts"] for count in rendered["encoding"].value_counts().to_pylist()}
            )
    if not counted:
        raise estimate.all_texts_empty()
    return pa.concat_tables(counted)


def _finish(
    store: Store,
    campaign_id: int,
    token: str,
    chosen: Audience,
    columns: Sequence[cuts.CutValues],
    messages: pa.Table,
    reasons: audience.Codes,
) -> None:
    """Mark the campaign as built, with its figures. Raises `DomainError` ("prepared-elsewhere")."""
    with store.writing() as session:
        campaign = get_campaign(session, campaign_id)
        if (campaign.prepared, campaign.worker_id) != (Preparation.PREPARING, token):
            raise DomainError.of("prepared-elsewhere", id=campaign_id)
        cuts.write(session, campaign_id, columns)
        _add_to_rollups(session, campaign_id, messages)
        campaign.prepared, campaign.worker_id = Preparation.READY, None
        campaign.numbers_indexed = True
        campaign.messages = messages.num_rows
        excluded.write_roll_up(session, campaign_id, reasons)
        campaign.condition_day = chosen.day
        campaign.parts = int(messages["parts"].to_numpy().sum())
        campaign.cost = int(messages["price"].to_numpy().sum())
        if campaign.state in ENDED:  # while it was built
            cancel_queued(session, campaign_id)
        elif campaign.state in STARTED and approval_terms.hold_for_approval(session, campaign, now_ms(session)):
            audit.note(session, SYSTEM, "campaign.ask-approval", f"campaign:{campaign_id}", messages=campaign.messages)


def unknown_field_error(field: str, columns: Sequence[str]) -> DomainError:
    """Return the error for a text with a merge field that the list does not have."""
    return DomainError.of("unknown-field", field="{" + field + "}", columns=", ".join(columns))


def render(
    campaign: Campaign,
    recipients: pa.Table,
    price_table: tuple[int, ...] | None = None,
    first: int = 1,
    variants: npt.NDArray[np.int16] | None = None,
    cut: npt.NDArray[np.int32] | None = None,
) -> pa.Table:
    """Return the message table of `render_or_exclude`."""
    return render_or_exclude(campaign, recipients, price_table, first, variants, cut)[0]


def render_or_exclude(
    campaign: Campaign,
    recipients: pa.Table,
    price_table: tuple[int, ...] | None = None,
    first: int = 1,
    variants: npt.NDArray[np.int16] | None = None,
    cut: npt.NDArray[np.int32] | None = None,
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Return the message table of a campaign: one row per recipient whose text is not blank, in the order of the list,
    with the columns that are not NULL; and the positions of the recipients whose text is blank. `price_table` has the
    price per part for each of `phone.RANGES`; the default is the campaign's own price. For a slice of the recipients,
    `first` is the number of its first message within the campaign. `variants` says which text each recipient gets
    (0 = A), where there are several, and `cut` the values of the cut columns of each (`cuts.codes`)."""
    empty = np.empty(0, np.int64)
    texts = _texts(campaign, recipients, variants)
    may_be_blank = any(merge_fields.parse(text).may_be_blank for text in texts_of(campaign))
    if may_be_blank and (blank := invisible.blank_rows(texts)).any():
        sent, empty = np.flatnonzero(~blank), np.flatnonzero(blank)
        texts, recipients = texts.take(pa.array(sent)), recipients.take(pa.array(sent))
        variants = None if variants is None else variants[sent]
        cut = None if cut is None else cut[sent]
    measures = encoding.measure_column(texts)
    estimate.check_part_limit(measures.parts)
    count, campaign_id = recipients.num_rows, campaign.id or 0
    numbers = np.arange(first, first + count, dtype=np.int64)
    phones = recipients["phone"].to_numpy()
    parts = measures.parts.astype(np.int32)
    optional = {name: values for name, values in (("variant", variants), ("cut", cut)) if values is not None}
    messages = arrow_rows(
        Message,
        {
            "id": campaign_id * SPAN + numbers,
            "campaign_id": np.full(count, campaign_id),
            "chunk_id": campaign_id * SPAN + (numbers - 1) // campaign.chunk_size + 1,
            "row": recipients["row"],
            "phone": phones,
            "text": texts,
            "encoding": pa.DictionaryArray.from_arrays(
                pa.array(measures.gsm7.astype(np.int8)),
                pa.array([encoding.Encoding.UCS2.value, encoding.Encoding.GSM7.value]),
            ),
            "parts": parts,
            "price": (parts * price_list.prices_of(price_table or (campaign.price,), phones)).astype(np.int32),
            "number_range": phone.range_of(phones),
            **optional,
            "state": pa.repeat(MESSAGE_STATES.initial[0].value, count),
        },
    )
    return messages, empty


def _texts(campaign: Campaign, recipients: pa.Table, variants: npt.NDArray[np.int16] | None) -> pa.ChunkedArray:
    fields = recipients.drop_columns(["row", "phone"])
    parsed = [merge_fields.parse(text) for text in texts_of(campaign)]
    for template in parsed:
        if unknown := template.unknown_fields(fields.column_names):
            raise unknown_field_error(unknown[0], fields.column_names)
    if variants is None:
        return parsed[0].render_column(fields, mend=campaign.mend_values)
    variant_positions = [np.flatnonzero(variants == variant) for variant in range(len(parsed))]
    rendered = [
        # A table without columns loses its row count in `take`: take rows first, then drop columns.
        template.render_column(
            recipients.take(pa.array(positions)).drop_columns(["row", "phone"]), mend=campaign.mend_values
        )
        for template, positions in zip(parsed, variant_positions, strict=True)
    ]
    together = pa.chunked_array(
        [chunk for template in rendered for chunk in pa.chunked_array(template).chunks], pa.string()
    )
    return together.take(pa.array(np.argsort(np.concatenate(variant_positions), kind="stable")))


def _chunks(campaign: Campaign, messages: pa.Table) -> pa.Table:
    count = messages.num_rows
    first = np.arange(0, count, campaign.chunk_size, dtype=np.int64)
    last = np.minimum(first + campaign.chunk_size, count)
    size = len(first)
    base = (campaign.id or 0) * SPAN
    return arrow_rows(
        Chunk,
        {
            "id": base + np.arange(1, size + 1, dtype=np.int64),
            "campaign_id": np.full(size, campaign.id),
            "account_id": np.full(size, campaign.account_id),
            "first_id": base + first + 1,
            "last_id": base + last,
            "messages": last - first,
            "state": pa.repeat(CHUNK_STATES.initial[0].value, size),
            "attempts": np.zeros(size, np.int64),
            "not_before_at": np.zeros(size, np.int64),
            "code": pa.repeat("", size),
            "detail": pa.repeat("", size),
        },
    )


def _add_to_rollups(session: Session, campaign_id: int, messages: pa.Table) -> None:
    sums = (
        messages.group_by(_roll_up_keys(messages))
        .aggregate([("parts", "count"), ("parts", "sum"), ("price", "sum")])
        .to_pylist()
    )
    deltas = rollups.RollUpDeltas()
    for row in sums:
        deltas.add(campaign_id, row["number_range"], MessageState.QUEUED, None, messages=row["parts_count"],
                  parts=row["parts_sum"], cost=row["price_sum"], variant=row.get("variant"),
                   cut=row.get("cut"))  # fmt: skip
    deltas.write(session)


def _roll_up_keys(messages: pa.Table) -> list[str]:
    return [name for name in ("number_range", "variant", "cut") if name in messages.column_names]


def delete_messages(session: Session, campaign_id: int) -> None:
    """Delete the messages and chunks of a draft, and who got none."""
    span = (campaign_id * SPAN, (campaign_id + 1) * SPAN - 1)
    session.execute(sa.delete(Message).where(col(Message.id).between(*span)))
    session.execute(sa.delete(Chunk).where(col(Chunk.id).between(*span)))
    session.execute(sa.delete(RollUp).where(col(RollUp.campaign_id) == campaign_id))
    session.execute(sa.delete(VariantRollUp).where(col(VariantRollUp.campaign_id) == campaign_id))
    session.execute(sa.delete(ReasonRollUp).where(col(ReasonRollUp.campaign_id) == campaign_id))
    cuts.delete(session, campaign_id)
    number_index.delete(session, number_index.MESSAGES, campaign_id)
    session.execute(sa.update(Campaign).where(col(Campaign.id) == campaign_id).values(numbers_indexed=False))
    excluded.delete(session, campaign_id)


def get_campaign(session: Session, campaign_id: int, *, lock: bool = True) -> Campaign:
    """Return the campaign's row, locked for writing unless `lock` is False. Raises `DomainError`
    ("no-such-campaign")."""
    campaign = session.get(Campaign, campaign_id, with_for_update=lock or None)
    if campaign is None:
        raise NotFound.of("no-such-campaign", id=campaign_id)
    return campaign


def wrong_state(campaign: Campaign, action: str) -> DomainError:
    """Return the error for an action that the campaign's state does not allow: a case of the reason "needed-state"."""
    state, why = campaign_state(campaign.state), reason("needed-state", case=action)
    return DomainError.of("wrong-state", id=campaign.id, state=state, why=why)
