"""The log lines of calls to the gateway. The threads that make the calls write them, after the answer is handed on, so
that no answer waits for its line."""

import logging
from collections import Counter
from collections.abc import Sequence

from getsms_core.base import logs
from getsms_core.delivery import Claim
from getsms_core.delivery.receipt_decisions import DueRequest
from getsms_core.gateway import Accepted, Answered, NothingSent, Rejected, SendAnswer, StatusAnswer, Statuses
from getsms_core.worker.turn import Turn

log = logging.getLogger("getsms.gateway")


def committed(turn: Turn) -> None:
    """A committed turn: the receipts that it wrote and the chunks that it claimed."""
    if turn.status_calls:
        logs.write(log, logs.INFO, "receipts.recorded", status_calls=turn.status_calls, settled=turn.settled,
                   ms=round(turn.write_seconds * 1000))  # fmt: skip
    for claim in turn.claims:
        logs.write(log, logs.INFO, "chunk.claimed", campaign_id=claim.campaign_id, chunk_id=claim.chunk_id,
                   attempt=claim.attempt, number=claim.number, messages=len(claim.messages))  # fmt: skip


def sent(claim: Claim) -> None:
    """The request of a claim begins."""
    logs.write(log, logs.INFO, "request.sent", campaign_id=claim.campaign_id, chunk_id=claim.chunk_id,
               attempt=claim.attempt, messages=len(claim.messages))  # fmt: skip


def failed(claim: Claim, error: Exception) -> None:
    """The request ended in an unexpected error."""
    logs.write(log, logs.ERROR, "request.failed", campaign_id=claim.campaign_id, chunk_id=claim.chunk_id,
               attempt=claim.attempt, error=error)  # fmt: skip


def answered(claim: Claim, answer: SendAnswer, seconds: float) -> None:
    """The request ended: with an answer for each message, a refusal of all, or an answer that was lost."""
    fields: dict[str, object] = {"campaign_id": claim.campaign_id, "chunk_id": claim.chunk_id,
                                 "attempt": claim.attempt, "ms": round(seconds * 1000)}  # fmt: skip
    if isinstance(answer, Answered):
        verdicts = Counter(type(verdict) for verdict in answer.verdicts)
        accepted, rejected = verdicts[Accepted], verdicts[Rejected]
        fields |= {"outcome": "answered", "accepted": accepted, "rejected": rejected,
                   "uncertain": len(answer.verdicts) - accepted - rejected}  # fmt: skip
    elif isinstance(answer, NothingSent):
        fields |= {"outcome": "nothing-sent", "code": answer.code}
    else:
        fields |= {"outcome": "uncertain", "code": answer.code, "uncertain": len(claim.messages)}
    logs.write(log, logs.INFO, "request.answered", **fields)


def status_answered(dues: Sequence[DueRequest], answer: StatusAnswer, seconds: float) -> None:
    """A status call ended."""
    fields: dict[str, object] = {"campaign_id": dues[0].campaign_id if dues else None, "request_ids": len(dues),
                                 "ms": round(seconds * 1000)}  # fmt: skip
    fields |= {"records": len(answer.receipts)} if isinstance(answer, Statuses) else {"code": answer.code}
    logs.write(log, logs.INFO, "status.answered", **fields)
