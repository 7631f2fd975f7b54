"""The calls to the gateway, as the threads of a worker's pool make them: with no access to the database."""

import logging
import queue

from getsms_core.base import clock, logs
from getsms_core.delivery import PostResult, polling
from getsms_core.delivery.polling import StatusCall
from getsms_core.delivery.receipt_decisions import DueRequest
from getsms_core.gateway import STALE, Decision, Gateway, NoAnswer, NothingSent, Unclear
from getsms_core.worker import request_lines
from getsms_core.worker.request_notes import RequestNotes
from getsms_core.worker.turn import STALE_SECONDS, QueuedPost

log = logging.getLogger("getsms.worker")


class FirstByte:
    """The last look at a claim, when the connection to the gateway stands and nothing is written yet. The claim of a
    process that was suspended while it connected has perhaps expired, and its messages were sent again."""

    def __init__(self, post: QueuedPost, connect_timeout: float, notes: RequestNotes | None) -> None:
        self._post, self._notes = post, notes
        self._latest = post.claimed + STALE_SECONDS + connect_timeout
        self.is_withheld = False
        """Whether nothing was written, because it was too late."""

    def begins(self) -> None:
        """Note that the request begins. Raises `TimeoutError` where it must not."""
        if clock.boottime() > self._latest:
            self.is_withheld = True
            raise TimeoutError("this process was suspended after it had claimed the chunk")
        if self._notes is not None:
            self._notes.begins(self._post.claim.attempt)


class GatewayCalls:
    """The calls of one worker; any number of threads make them at once. `connect_timeout` is in seconds."""

    def __init__(self, gateway: Gateway, connect_timeout: float) -> None:
        self._gateway, self._connect_timeout = gateway, connect_timeout
        self.ended: queue.SimpleQueue[PostResult | StatusCall | None] = queue.SimpleQueue()
        """The results, for the loop; None only wakes it."""
        self.stopping = False
        """Whether no status call begins any more: receipts can wait."""

    def post(self, post: QueuedPost, notes: RequestNotes | None) -> None:
        """Send a chunk, unless its claim is stale; `notes` is told when the request begins. Raises nothing."""
        posted = post.claim
        if post.stale:
            # This process was suspended after the claim was committed, or the gateway became slow. Another worker may
            # have expired the claim meanwhile and a user may have sent the messages again: this POST would be a second
            # SMS. Or the campaign was paused since.
            self.ended.put(PostResult(posted, NothingSent(STALE, Decision.RETRY)))
            return
        request_lines.sent(posted)
        begun = clock.monotonic()
        first_byte = FirstByte(post, self._connect_timeout, notes)
        try:
            answer = self._gateway.send(
                posted.items, nickname=posted.sender or None, before_first_byte=first_byte.begins
            )
        except Exception as error:
            # Whatever went wrong here, the POST may have been sent.
            request_lines.failed(posted, error)
            answer = Unclear("unforeseen")
        if first_byte.is_withheld:
            answer = NothingSent(STALE, Decision.RETRY)
        self.ended.put(PostResult(posted, answer))
        request_lines.answered(posted, answer, clock.monotonic() - begun)

    def poll(self, dues: tuple[DueRequest, ...], leased: float) -> None:
        """Ask for the states of messages, leased at this `clock.boottime()`. Raises nothing."""
        # The call waited for a thread, or this process was suspended: other workers may have counted it as dead and use
        # its place at the gateway. The ids are due again when their lease is over.
        if self.stopping or clock.boottime() - leased > STALE_SECONDS:
            self.ended.put(StatusCall((), NoAnswer(polling.NOTHING_TO_ASK)))
            return
        request_ids = [due.request_id for due in dues if due.request_id]
        begun = clock.monotonic()
        try:
            answer = self._gateway.status(request_ids) if request_ids else NoAnswer(polling.NOTHING_TO_ASK)
        except Exception as error:
            logs.write(log, logs.ERROR, "status.failed", error=error)
            answer = NoAnswer("unforeseen")
        self.ended.put(StatusCall(dues, answer))
        request_lines.status_answered(dues, answer, clock.monotonic() - begun)
