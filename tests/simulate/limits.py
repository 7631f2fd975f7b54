"""The rules about time, money and the states of campaigns that must hold after each step: quiet hours, start and end
times, spending limits, approvals, and what becomes of a campaign that nothing is left of.
"""

from collections.abc import Callable
from math import inf

from getsms_core.base.states import CampaignState, ChunkState
from tests.simulate.rows import CampaignRow, ChunkRow, MessageRow, Rules, Snapshot
from tests.simulate.scheduler import Scheduler

LATE_MS = 900_000  # a campaign that misses its start time by more is paused
TRANSACTION_SECONDS = 1.0  # that a transaction takes at most: it decides by the clock at its beginning
SCHEDULE_SECONDS = 0.3  # until a worker looks at the schedule again
LONGEST_WAIT_MS = 3_600_000  # of a chunk; one that waits longer was put back before the clock was set back
OPEN = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.SCHEDULED)
C, K = CampaignState, ChunkState


class LimitChecks:
    """Checks first bytes and commits. `fail` ends the simulation with a sentence and the events of what it names."""

    def __init__(self, scheduler: Scheduler, rules: Rules, fail: Callable[[str, set[str]], None]) -> None:
        self._scheduler, self._rules, self._fail = scheduler, rules, fail
        self.jumped_at = -inf
        """When the wall clock was set last, in virtual time."""

    def clock_jumped(self) -> None:
        """The wall clock was set: what was over may be to come again."""
        self.jumped_at = self._scheduler.now

    def _seconds_since(self, instant: int) -> float:
        """Return for how long the wall clock has been at or past an instant (UTC ms), in virtual time."""
        past = (self._scheduler.wall_ms() - instant) / 1000
        return min(past, self._scheduler.now - self.jumped_at)

    @property
    def _clock_is_steady(self) -> bool:
        return self._scheduler.now - self.jumped_at > TRANSACTION_SECONDS

    # ------------------------------------------------------------------------------------------- first bytes

    def may_send(self, campaign: CampaignRow, bound: float) -> str:
        """Return why a message of a campaign may not be sent now, or ""; `bound` is how long (s) after the beginning of
        quiet hours, and after the end time, what was claimed before may be sent."""
        rules, wall = self._rules, self._scheduler.wall_ms()
        is_quiet = campaign.category in rules.quiet and rules.quiet_from <= wall < rules.quiet_to
        if is_quiet and not campaign.is_test and self._seconds_since(rules.quiet_from) > bound:
            return f"sent {self._seconds_since(rules.quiet_from):.2f} s after the quiet hours began"
        if campaign.ends_at is not None and self._seconds_since(campaign.ends_at) > bound + SCHEDULE_SECONDS:
            return f"sent {self._seconds_since(campaign.ends_at):.2f} s after the end time of its campaign"
        return ""

    def unapproved(self, campaign: CampaignRow, rows: Snapshot) -> str:
        """Return why a campaign needs an approval that it does not have, or "": what one user starts without approval
        counts together."""
        above = self._rules.approve_above
        if above is None or campaign.is_test or campaign.approved_at:
            return ""
        together = sum(
            other.messages
            for other in rows.campaigns.values()
            if other.started_by == campaign.started_by and not other.approved_at and not other.is_test
            and other.started_at is not None and other.state not in (C.DRAFT, C.AWAITING_APPROVAL)
        )  # fmt: skip
        return f"sent without the approval that the rules require above {above}: {together}" if together > above else ""

    # ----------------------------------------------------------------------------------------------- commits

    def committed(self, before: Snapshot, after: Snapshot, action: str) -> None:
        """Check what a transaction changed; `action` is "work" for one of a worker."""
        changed = [row for row in after.campaigns.values() if before.campaigns.get(row.id) != row]
        for campaign in changed:
            if campaign.state == C.RUNNING and after.uncertain(campaign.id, "restored"):
                self._fail(
                    f"campaign {campaign.id} runs before its restored messages are resolved", {f"c{campaign.id}"}
                )
        claimed = after.claimed_since(before)
        if action == "work":
            for campaign in changed:
                self._check_program(before.campaigns.get(campaign.id), campaign, after)
        self._check_claims(claimed, after)
        if changed or before.chunks != after.chunks:
            self._check_open(after)

    def _check_program(self, old: CampaignRow | None, row: CampaignRow, rows: Snapshot) -> None:
        """Check what the program itself decided about a campaign."""
        if old is None or old.state == row.state:
            return
        ref = {f"c{row.id}"}
        if (old.state, row.state) == (C.PAUSED, C.RUNNING) and old.code != "quiet-hours":
            self._fail(f"the program resumed campaign {row.id}, which is paused: {old.code}", ref)
        if (old.state, row.state) == (C.SCHEDULED, C.RUNNING) and self._clock_is_steady:
            late = self._scheduler.wall_ms() - (row.scheduled_at or 0)
            if late < 0:
                self._fail(f"campaign {row.id} is started {-late / 1000:.2f} s before its time", ref)
            if late > LATE_MS + TRANSACTION_SECONDS * 1000:
                self._fail(f"campaign {row.id} is started {late / 1000:.0f} s after its time", ref)
        if row.state == C.PAUSED and row.code in ("spend-day", "spend-campaign"):
            self._check_limit_was_reached(row, rows)

    def _check_limit_was_reached(self, campaign: CampaignRow, rows: Snapshot) -> None:
        of_day = campaign.code == "spend-day"
        limit = self._rules.spend_day if of_day else campaign.spend_limit
        costs = [0]
        for chunk in rows.chunks.values():
            if chunk.state == K.QUEUED and (of_day or chunk.campaign_id == campaign.id):
                costs.append(sum(row.price for row in rows.messages.values() if row.chunk_id == chunk.id))
        spent = rows.cost(None if of_day else campaign.id)
        if limit is not None and spent + max(costs) <= limit:
            self._fail(f"paused for the limit of {limit}, but only {spent} are spent", {f"c{campaign.id}"})

    def _check_claims(self, claimed: list[ChunkRow], rows: Snapshot) -> None:
        now = self._scheduler.wall_ms()
        for chunk in claimed:
            wait = chunk.not_before_at - now
            if 0 < wait <= LONGEST_WAIT_MS and self._clock_is_steady:
                self._fail(f"chunk {chunk.id} is claimed {wait} ms before it may be tried again", {f"k{chunk.id}"})
        limits = {chunk.campaign_id: rows.campaigns[chunk.campaign_id].spend_limit for chunk in claimed}
        for campaign_id, limit in limits.items():
            if limit is not None and (spent := rows.cost(campaign_id)) > limit:
                self._fail(f"{spent} are spent for campaign {campaign_id}; its limit is {limit}", {f"c{campaign_id}"})
        if claimed and self._rules.spend_day is not None and (spent := rows.cost()) > self._rules.spend_day:
            self._fail(f"{spent} are spent; the limit of the day is {self._rules.spend_day}",
                       {f"c{campaign_id}" for campaign_id in limits})  # fmt: skip

    def _check_open(self, rows: Snapshot) -> None:
        """A campaign runs as long as a chunk of it is queued or in flight, and no longer."""
        opened = rows.open_chunks()
        for campaign in rows.campaigns.values():
            chunks = opened.get(campaign.id, [])
            refs = {f"c{campaign.id}", *(f"k{chunk.id}" for chunk in chunks)}
            if campaign.state == C.RUNNING and not chunks and campaign.messages:
                self._fail(f"campaign {campaign.id} runs, and nothing of it is left", refs)
            if campaign.state == C.FINISHED and chunks:
                self._fail(f"campaign {campaign.id} is finished, and {len(chunks)} chunks are not", refs)
            if campaign.state == C.CANCELLED and any(chunk.state == K.QUEUED for chunk in chunks):
                self._fail(f"campaign {campaign.id} is cancelled, and a chunk of it is queued", refs)

    # ------------------------------------------------------------------------------ messages that are not sent

    def wrongly_cancelled(self, row: MessageRow, rows: Snapshot) -> str:
        """Return why a message should not have been cancelled by the program for its reason, or ""."""
        campaign = rows.campaigns[row.campaign_id]
        if row.reason == "opted-out" and not covers(rows.opt_outs.get(row.phone), campaign.category):
            return "not sent because of an opt-out that does not cover it"
        ended = campaign.ends_at is not None and self._scheduler.wall_ms() >= campaign.ends_at
        if row.reason == "end-time" and not ended and self._clock_is_steady:
            return "not sent because of an end time that has not come"
        return ""


def covers(scope: str | None, category: str) -> bool:
    """Return whether an opt-out of this scope, None for no opt-out, is one from messages of this kind."""
    return scope == "all" or (scope is not None and category == "advertising")


def wrongly_rejected(row: MessageRow, refused_alone: bool, rows: Snapshot) -> str:
    """Return why a message should not have been rejected with error 201, or ""; `refused_alone`: whether the gateway
    refused a request that had only this message."""
    if not refused_alone:
        return "rejected with error 201, but never refused alone"
    chunk = rows.chunks[row.chunk_id]
    for other in rows.chunks.values():
        is_half = chunk.halvings == 1 and other.halvings == 1 and other.root_id == chunk.root_id
        if is_half and other.id != chunk.id and other.state in (K.QUEUED, K.SENDING) and other.code == "data-invalid":
            return "rejected with error 201, although the other half was refused too"
    return ""
