"""The users of a simulation: they create, start, approve, pause, resume, cancel and resolve, opt numbers out, and
restore a backup. What they call is what the pages and the command call."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from getsms_core.backup.aftermath import hold_everything
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import MessageKind, OptOutScope
from getsms_core.base.permissions import Actor, Role
from getsms_core.base.states import Preparation
from getsms_core.campaigns import approval, build, texts
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.sending_options import SendingOptions
from getsms_core.contacts import lists
from getsms_core.db.models import Chunk, Message
from getsms_core.delivery import Resolution, resolve
from getsms_core.messages.variants import Variant
from tests.simulate.computer import Process
from tests.simulate.rows import Snapshot
from tests.simulate.scheduler import Thread, Violation

if TYPE_CHECKING:
    from tests.simulate.world import World

PRICE = 9_500
"""Tiyin, of each message of a simulation."""
AZIZA, BOBUR = Actor("Aziza", Role.ADMINISTRATOR), Actor("Bobur", Role.ADMINISTRATOR)


class Users:
    """The users of one simulation. `created` counts the campaigns, `actions` what was done."""

    def __init__(self, world: "World") -> None:
        self.world, self.created = world, 0
        self.actions: Counter[str] = Counter()
        self._backup: tuple[bytes, int] | None = None
        self.is_calm = False

    def start(self) -> None:
        """Begin: two users who act about once a second."""
        for number in range(2):
            self.world.scheduler.start("user", None, partial(self._act_on, number), 0.5)

    # ---------------------------------------------------------------------------------------------- actions

    def _act_on(self, number: int) -> None:
        scheduler = self.world.scheduler
        slot = self.world.machine.slots[-1 - number]
        while not self.world.stopping:
            scheduler.pause(scheduler.dice.uniform(0.1, 1.5))
            name, work = self._choose()
            if work is None:
                continue
            process = self.world.computer.process("app", slot)
            process.action = name
            task = scheduler.start(f"user {name}", process, partial(self._do, work, process))
            while task in scheduler.threads:
                scheduler.pause(0.02)
            process.is_dead = True
            self.actions[name] += 1

    def _do(self, work: Callable[[Process], None], process: Process) -> None:
        try:
            work(process)
        except DomainError as error:
            self.world.scheduler.log(f"is refused: {error.code}")
        except Exception as error:
            self.world.scheduler.fail(Violation(f"a user's action failed: {error!r}"))

    def _choose(self) -> tuple[str, Callable[[Process], None] | None]:
        rows, dice = self.world.invariants.rows, self.world.scheduler.dice
        if self.created < self.world.campaigns and (self.is_calm or dice.random() < 0.35):
            return "create", self._create
        awaiting = [c.id for c in rows.campaigns.values() if c.state == "awaiting approval"]
        if ended := [campaign_id for campaign_id in awaiting if self._has_ended_before(rows, campaign_id)]:
            return "cancel", lambda process: campaigns.cancel(process.slot.store, AZIZA, dice.choice(ended))
        if awaiting and dice.random() < 0.4:
            return "approve", lambda process: approval.approve(process.slot.store, BOBUR, dice.choice(awaiting))
        paused = [c for c in rows.campaigns.values() if c.state == "paused" and c.code != "quiet-hours"]
        program_paused = [c.id for c in paused if c.code != "by-person"]
        if self.is_calm and (limited := [c.id for c in paused if c.code.startswith("spend-")]):
            return "cancel", lambda process: campaigns.cancel(process.slot.store, AZIZA, dice.choice(limited))
        if paused and self.is_calm:
            return self._resume_or_resolve(rows, dice.choice(paused).id)
        if program_paused and dice.random() < 0.5:
            return self._resume_or_resolve(rows, dice.choice(program_paused))
        if self.is_calm:
            return "", None
        return self._disturb(rows)

    def _has_ended_before(self, rows: Snapshot, campaign_id: int) -> bool:
        """Whether the end time of a campaign has passed: it can no longer be approved."""
        ends_at = rows.campaigns[campaign_id].ends_at
        return ends_at is not None and ends_at <= self.world.scheduler.wall_ms()

    def _resume_or_resolve(self, rows: Snapshot, campaign_id: int) -> tuple[str, Callable[[Process], None]]:
        if restored := rows.uncertain(campaign_id, "restored"):
            return self._resolution(campaign_id, restored)  # it is refused until all of them are resolved
        return self._resumption(campaign_id)

    def _resumption(self, campaign_id: int) -> tuple[str, Callable[[Process], None]]:
        self.world.invariants.free_request()
        settings = self.world.settings
        return "resume", lambda process: campaigns.resume(process.slot.store, AZIZA, campaign_id, settings=settings)

    def _disturb(self, rows: Snapshot) -> tuple[str, Callable[[Process], None] | None]:
        dice = self.world.scheduler.dice
        ids = [c.id for c in rows.campaigns.values() if c.state in ("running", "paused", "scheduled")]
        if dice.random() < 0.4:  # the worst moment is while a worker stands still that has claimed of it
            ids = [campaign_id for campaign_id in ids if campaign_id in self._held_still(rows)] or ids
        roll = dice.random()
        if roll < 0.25 and ids:
            return "pause", lambda process: campaigns.pause(process.slot.store, AZIZA, dice.choice(ids))
        if roll < 0.5 and ids:
            return self._resumption(dice.choice(ids))
        if roll < 0.55 and ids:
            return "cancel", lambda process: campaigns.cancel(process.slot.store, AZIZA, dice.choice(ids))
        if roll < 0.7:
            return "opt out", self._opt_out
        if roll < 0.85:
            uncertain = sorted({m.campaign_id for m in rows.messages.values() if m.state == "uncertain"})
            if uncertain:
                chosen = dice.choice(uncertain)
                of_it = rows.uncertain(chosen)
                return self._resolution(chosen, dice.sample(of_it, dice.randint(1, len(of_it))))
        if roll > 0.97:
            return ("restore", self._restore) if self._backup else ("back up", self._back_up)
        return "", None

    def _held_still(self, rows: Snapshot) -> set[int]:
        """Return the campaigns of which a worker has claimed a chunk that stands still."""
        now, workers = self.world.scheduler.now, self.world.invariants.workers
        still = {worker_id for worker_id, process in workers.items() if process.frozen_until > now}
        return {c.campaign_id for c in rows.chunks.values() if c.state == "sending" and c.worker_id in still}

    def _resolution(self, campaign_id: int, ids: list[int]) -> tuple[str, Callable[[Process], None]]:
        how = self.world.scheduler.dice.choice(
            (Resolution.AGAIN, Resolution.AGAIN, Resolution.SENT, Resolution.NOT_SENT)
        )
        return f"resolve as {how}", lambda process: self._resolve(process, campaign_id, how, ids)

    def _resolve(self, process: Process, campaign_id: int, how: Resolution, ids: list[int]) -> None:
        resolve(process.slot.store, AZIZA, campaign_id, how, message_ids=ids)

    def _opt_out(self, process: Process) -> None:
        rows, dice = self.world.invariants.rows, self.world.scheduler.dice
        numbers = sorted({message.phone for message in rows.messages.values()})
        if numbers:
            scope = dice.choice((OptOutScope.ALL, OptOutScope.ADVERTISING))
            lists.add_opt_outs(process.slot.store, AZIZA, [dice.choice(numbers)], "reply", "STOP", scope)

    # --------------------------------------------------------------------------------------------- campaigns

    def create_campaigns(self, count: int) -> None:
        """Create campaigns before anything else runs."""
        slot = self.world.machine.slots[-1]
        for _number in range(count):
            process = self.world.computer.process("app", slot)
            process.action = "create"
            thread = self.world.scheduler.start("user create", process, partial(self._do, self._create, process))
            self.world.scheduler.run(partial(self._has_ended, thread), 100)
            process.is_dead = True

    def _has_ended(self, thread: Thread) -> bool:
        return thread not in self.world.scheduler.threads

    def create_all(self) -> None:
        """From now on the users only create what is missing, approve, and resume what is paused."""
        self.is_calm = True

    def has_to_resume(self, rows: Snapshot) -> bool:
        """Whether a campaign is paused or waits for approval."""
        return any(c.state in ("paused", "awaiting approval") for c in rows.campaigns.values())

    def resolve_everything(self) -> None:
        """Decide on the uncertain messages of every campaign, as users do in the end."""
        rows = self.world.invariants.rows
        for campaign_id in sorted({m.campaign_id for m in rows.messages.values() if m.state == "uncertain"}):
            ids = rows.uncertain(campaign_id)
            name, work = self._resolution(campaign_id, ids)
            process = self.world.computer.process("app", self.world.machine.slots[-3])
            process.action = name
            thread = self.world.scheduler.start(f"user {name}", process, partial(self._do, work, process))
            self.world.scheduler.run(partial(self._has_ended, thread), 100)
            process.is_dead = True

    def _create(self, process: Process) -> None:
        """Create a campaign with its messages, and start it."""
        dice, store, world = self.world.scheduler.dice, process.slot.store, self.world
        self.created += 1
        label = f"C{self.created}"
        kind = dice.choice((MessageKind.SERVICE, MessageKind.ADVERTISING))
        world.invariants.campaign_added(label, kind, False)
        list_id = dice.choice(world.machine.lists)
        variants = (Variant(f"{label} B {{code}}", share=50),) if dice.random() < 0.2 else ()
        draft = campaigns.Draft(label, f"{label} {{code}}", list_id, category=kind, variants=variants)
        campaign_id = campaigns.create(store, AZIZA, world.settings, draft)
        recipients = lists.accepted(store, list_id)
        with store.writing() as session:
            campaign = build.get_campaign(session, campaign_id)
            campaign.chunk_size = world.settings.chunk_size
            rendered = build.render(campaign, recipients, variants=texts.variant_of(campaign, recipients))
            session.execute(sa.insert(Message), rendered.to_pylist())
            session.execute(sa.insert(Chunk), build._chunks(campaign, rendered).to_pylist())
            build._add_to_rollups(session, campaign_id, rendered)
            campaign.prepared, campaign.messages = Preparation.READY, rendered.num_rows
            campaign.parts, campaign.cost = (sum(rendered[name].to_pylist()) for name in ("parts", "price"))
        campaigns.start(store, AZIZA, campaign_id, sending=self._options(rendered.num_rows))

    def _options(self, messages: int) -> SendingOptions:
        """Return how a campaign is sent: most at once, without a limit or an end."""
        dice, now = self.world.scheduler.dice, self.world.scheduler.wall_ms()
        at = now + dice.randrange(500, 15_000) if dice.random() < 0.2 else None
        return SendingOptions(
            at=at,
            until=(at or now) + dice.randrange(1_000, 20_000) if dice.random() < 0.1 else None,
            priority=dice.choice((0, 0, 1)),
            spend_limit=messages * PRICE * dice.choice((1, 2)) // 3 if dice.random() < 0.1 else None,
        )

    # ----------------------------------------------------------------------------------------------- backups

    def _back_up(self, process: Process) -> None:
        """Take a copy of the database, as a backup has it."""
        copy = sqlite3.connect(":memory:")
        source = sqlite3.connect(self.world.machine.database)
        source.backup(copy)
        self._backup = copy.serialize(), self.world.scheduler.wall_ms()
        source.close()
        copy.close()

    def _restore(self, process: Process) -> None:
        """Stop every worker, put the copy in the place of the database, and do what a restore does with it."""
        world, scheduler = self.world, self.world.scheduler
        assert self._backup is not None
        content, taken_at = self._backup
        self._backup, world.is_restoring = None, True
        chance, scheduler.crash_chance = scheduler.crash_chance, 0.0
        while others := [other for other in world.computer.processes if other is not process and not other.is_dead]:
            for other in others:
                scheduler.kill(other, "a backup is restored")
            scheduler.pause(0.01)
        file = world.folder / "backup.db"
        file.write_bytes(content)
        if world.invariants.database is not None:
            world.invariants.database.close()
        world.replace_database(file)
        world.connect()
        with process.slot.store.writing() as session:
            hold_everything(session, taken_at)
        world.is_restoring, scheduler.crash_chance = False, chance
