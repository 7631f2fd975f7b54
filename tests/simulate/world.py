"""One simulation: a computer with workers and users, a gateway, and everything that goes wrong."""

import json
import logging
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.accounts import gateway_account
from getsms_core.accounts.policy import KindRules, Policy, QuietHours
from getsms_core.base import clock
from getsms_core.base.errors import DomainError
from getsms_core.base.kinds import MessageKind
from getsms_core.base.settings import Settings, load
from getsms_core.base.states import ChunkState
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Account
from getsms_core.delivery import PostResult
from getsms_core.worker.job_process import JobProcess
from getsms_core.worker.loop import Worker
from tests.engine_support import checked_list, phones
from tests.simulate.chaos import Chaos
from tests.simulate.computer import Computer, Process, Slot, VirtualPool, VirtualQueue
from tests.simulate.gateway import CountingLedger, Exchange, Network, PracticeGateway
from tests.simulate.invariants import Invariants
from tests.simulate.rows import Rules
from tests.simulate.runs import FOLDERS, folder_prefix
from tests.simulate.scheduler import START_MS, Scheduler, Violation
from tests.simulate.users import PRICE, Users

CAMPAIGNS = 10  # of one simulation
LIST_SIZES = (3, 8, 14, 24)
CHAOS_SECONDS = 2.5  # a campaign
SETTLE_SECONDS = 150.0
WORKERS, USERS = 3, 2
QUIET_MS = 60_000
NOBODY: frozenset[str] = frozenset()
FREEZE = 2  # passes of the settling phase


@dataclass
class Result:
    """One simulation's figures; `violation` is empty where everything held."""

    seed: str
    campaigns: int
    messages: int
    steps: int
    seconds: float
    digest: str
    crashes: Counter[str]
    states: Counter[str]
    actions: Counter[str]
    violation: str = ""


class _NoJobs(JobProcess):
    """Jobs run in processes of their own, which are not simulated."""

    @property
    def idle(self) -> bool:
        """Never: so no job is claimed."""
        return False


class SimulatedWorker(Worker):
    """The product's worker with threads and a queue in virtual time. Jobs run in processes of their own, which are not
    simulated."""

    def __init__(self, world: "World", process: Process, settings: Settings) -> None:
        super().__init__(process.slot.store, settings, world.network.client(process))
        self._scheduler, self._process, self._invariants = world.scheduler, process, world.invariants
        self.calls.ended = VirtualQueue(world.scheduler)  # type: ignore[assignment]
        self._job_process = _NoJobs(process.slot.store)
        process.on_death.append(self._let_go_of_notes)
        process.recorded_chunks, process.requeued_chunks = self._recorded_chunks, self._requeued_chunks
        process.has_claims = self._has_claims

    def _register(self) -> None:
        super()._register()
        self._invariants.workers[self.id] = self._process

    def _recorded_chunks(self) -> frozenset[int]:
        return frozenset(ended.claim.chunk_id for ended in self._unwritten if isinstance(ended, PostResult))

    def _has_claims(self) -> bool:
        """Whether a claim of it is committed whose request has not begun."""
        chunks = self._invariants.rows.chunks.values()
        mine = (chunk for chunk in chunks if chunk.state == ChunkState.SENDING and chunk.worker_id == self.id)
        return any(not self._invariants.has_begun(chunk) for chunk in mine)

    def _requeued_chunks(self) -> frozenset[int]:
        chunks = self._invariants.rows.chunks
        return frozenset(n for n in self._recorded_chunks() if n in chunks and chunks[n].state == ChunkState.QUEUED)

    def _new_pool(self) -> VirtualPool:
        return VirtualPool(self._scheduler, self._process, self.settings.concurrency)

    def _let_go_of_notes(self) -> None:
        """What the kernel does for a process that was killed: its locks end, its files stay."""
        if self._notes is not None:
            with suppress(OSError):  # a worker that ended by itself has closed them
                self._notes.close(remove=False)
            self._notes = None


class Machine:
    """What the simulations of one test process share: compiled statements, a database with tables and lists."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=folder_prefix(os.getpid()), dir=FOLDERS))
        self.database = self.folder / "simulation.db"
        self.template = self.folder / "template.db"
        self.settings = load(
            login="simulated", password="simulated", env="test", _env_file=None, poll_first=0.5,
            database_url=f"sqlite:///{self.database}", connect_timeout=1, read_timeout=3, uncertain_limit=60,
            status_batch=10,
        )  # fmt: skip
        with clock.supplied_by(Scheduler("template")):
            store = open_store(self.settings.database_url)
            self.lists = [
                checked_list(store, phones(size), code=[f"{n:03}" for n in range(size)]) for size in LIST_SIZES
            ]
            gateway_account.account_id(store, self.settings)
            store.checkpoint()
            store.close()
        shutil.move(self.database, self.template)
        self.slots = [Slot(self._store()) for _number in range(WORKERS + USERS + 1)]

    def _store(self) -> Store:
        shutil.copy(self.template, self.database)
        return open_store(self.settings.database_url, upgrade=False)

    def close(self) -> None:
        """Remove its folder."""
        for slot in self.slots:
            slot.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class World:
    """One simulation on a machine."""

    def __init__(self, machine: Machine, seed: str, campaigns: int = CAMPAIGNS) -> None:
        self.machine, self.seed, self.campaigns = machine, seed, campaigns
        self.scheduler = scheduler = Scheduler(seed, crash_chance=0.0)
        dice = scheduler.dice
        self.rules = Rules(
            concurrency=dice.choice((1, 2, 4)),
            rate=dice.choice((0.0, 0.0, 3.0, 8.0)),
            cap=dice.choice((0, 0, 2, 3)),
            approve_above=dice.choice((None, None, 10)),
            spend_day=dice.choice((None, None, None, 30 * PRICE, 60 * PRICE)),
            quiet=dice.choice((NOBODY, NOBODY, frozenset((MessageKind.ADVERTISING,)), frozenset(MessageKind))),
            quiet_from=START_MS, quiet_to=START_MS + QUIET_MS,
        )  # fmt: skip
        if self.rules.quiet:  # they begin or end while campaigns are sent
            scheduler.wall_offset_ms = dice.choice((-1, 1)) * dice.randrange(2_000, 18_000) + dice.choice((0, QUIET_MS))
        self.settings = machine.settings.model_copy(
            update={
                "concurrency": self.rules.concurrency,
                "rate": self.rules.rate,
                "chunk_size": dice.choice((1, 2, 5)),
            }
        )
        self.crash_chance = dice.choice((0.0, 0.0001, 0.0004, 0.0012))
        self.lost_commit_chance = dice.choice((0.0, 0.05, 0.2, 0.6))
        self.stop_chance = dice.choice((0.0, 0.0, 0.05, 0.2))
        self._lay_out()
        self.computer = Computer(scheduler)
        self.computer.after_commit = self._committed
        for slot in machine.slots:
            slot.computer, slot.process = self.computer, None
        self.invariants = Invariants(scheduler, self.rules)
        self.ledger = CountingLedger(self.folder / "ledger.db", self.invariants.taken)
        self.gateway = PracticeGateway(scheduler, self.ledger, dice.randrange(1 << 30))
        self.invariants.gateway_seed = self.gateway.handler.rules.seed
        self.network = Network(scheduler, self.gateway, self.invariants.noted, self._begins, self._ends)
        self.account_id = 1
        self.connect()
        self.users = Users(self)
        self.chaos = Chaos(self)
        self.stopping = self.is_restoring = False
        self.workers = 0

    def _lay_out(self) -> None:
        """Lay out the files of this simulation: the database from the template, with this account's rules."""
        self.folder = self.machine.folder / "world"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.replace_database(self.machine.template)
        rules = self.rules
        windows = (QuietHours(tuple(range(7)), *(self._local_time(at) for at in (rules.quiet_from, rules.quiet_to))),)
        policy = Policy(
            cap_messages=rules.cap, cap_days=2 if rules.cap else 0, approve_messages=rules.approve_above,
            spend_day=rules.spend_day, by_kind={kind: KindRules(quiet=windows) for kind in sorted(rules.quiet)},
        )  # fmt: skip
        store = self.machine.slots[0].store
        with store.writing() as session:
            session.execute(
                sa.update(Account)
                .where(col(Account.id) == 1)
                .values(concurrency=self.rules.concurrency, rate=self.rules.rate, policy=policy.to_stored())
            )
        self.machine.slots[0].reopen()
        shutil.rmtree(self.settings.requests_folder, ignore_errors=True)

    def _local_time(self, instant: int) -> str:
        return f"{datetime.fromtimestamp(instant / 1000, self.settings.zone):%H:%M}"

    def replace_database(self, file: Path) -> None:
        """Put another database in the place of this one; no process may run."""
        for slot in self.machine.slots:
            slot.reopen()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.machine.database}{suffix}").unlink(missing_ok=True)
        shutil.copy(file, self.machine.database)

    def connect(self) -> None:
        """Open the connection with which the invariants are checked."""
        self.invariants.database = sqlite3.connect(self.machine.database, isolation_level=None)

    def _committed(self, process: Process) -> None:
        if process.action == "restore":
            self.invariants.restored(self.invariants.keys)
        else:
            self.invariants.committed(process.action)

    def _begins(self, exchange: Exchange) -> None:
        chunk_id = self.invariants.begins(exchange)
        for process in self.computer.processes:
            if chunk_id in process.returns_with:
                exchange.holds_answer |= process.cut_off_until > self.scheduler.now
                process.cut_off_until, process.returns_with = 0.0, frozenset()

    def _ends(self, exchange: Exchange) -> None:
        self.invariants.ends(exchange)

    # -------------------------------------------------------------------------------------------- the workers

    def start_worker(self, number: int, after: float = 0.0) -> None:
        """Begin a worker process in a slot, as a supervisor does."""
        slot = self.machine.slots[number]

        def begin() -> None:
            if self.stopping:
                return
            if self.is_restoring:
                self.start_worker(number, 0.5)
                return
            self.workers += 1
            process = self.computer.process(f"worker {self.workers}", slot)
            self.scheduler.log(f"starts {process.name} as process {process.pid}")
            process.on_death.append(lambda: self.start_worker(number, self.scheduler.dice.uniform(0.05, 2.0)))
            self.scheduler.start(process.name, process, lambda: self._work(process))

        self.scheduler.start("supervisor", None, begin, after)

    def _work(self, process: Process) -> None:
        process.action = "work"
        worker = SimulatedWorker(self, process, self.settings)
        try:
            worker.run()
        except DomainError as error:
            self.scheduler.log(f"ends: {error.code}")
        except sa.exc.OperationalError as error:
            if process in self.invariants.workers.values():
                self.scheduler.fail(Violation(f"a worker ended by itself: {error!r}"))
            self.scheduler.log("ends: it could not register")
        except Exception as error:
            self.scheduler.fail(Violation(f"a worker ended by itself: {error!r}"))
        process.is_dead = True
        for closing in process.on_death:
            closing()

    # ------------------------------------------------------------------------------------------------- a run

    def run(self) -> Result:
        """Run the simulation to its end. Returns its figures, and the violation with its history if there was one."""
        violation = ""
        logging.disable(logging.CRITICAL)  # a line for each of ten thousand steps
        try:
            with clock.supplied_by(self.scheduler), self.computer.as_this_computer():
                self._run()
        except Violation as broken:
            events = "\n".join(map(str, self.scheduler.history(broken.refs)))
            violation = f"{broken}\n{events}"
        finally:
            self._end()
            logging.disable(logging.NOTSET)
        rows = self.invariants.rows
        return Result(
            self.seed, self.users.created, len(rows.messages), self.scheduler.steps, self.scheduler.now,
            self.scheduler.digest(), Counter(self.scheduler.crashes),
            Counter(row.state for row in rows.messages.values()), self.users.actions, violation,
        )  # fmt: skip

    def _run(self) -> None:
        scheduler = self.scheduler
        self.invariants.committed("begin")
        self.users.create_campaigns(2)
        for number in range(WORKERS):
            self.start_worker(number, scheduler.dice.random())
        self.users.start()
        self.chaos.start()
        scheduler.crash_chance = self.crash_chance
        scheduler.lost_commit_chance, scheduler.stop_chance = self.lost_commit_chance, self.stop_chance
        scheduler.run(lambda: False, CHAOS_SECONDS * self.campaigns)
        self.users.create_all()
        for _again in range(FREEZE):
            self._settle()
            self.users.resolve_everything()
        self._settle()
        self._judge()

    def _settle(self) -> None:
        """Let everything be calm, and wait until nothing is left to send."""
        self.scheduler.crash_chance = self.scheduler.lost_commit_chance = self.scheduler.stop_chance = 0.0
        self.chaos.calm()
        self._await_the_time()
        if not self.scheduler.run(self._settled, SETTLE_SECONDS):
            rows = self.invariants.rows
            left = [c for c in rows.chunks.values() if c.state in ("queued", "sending")]
            refs = {f"k{chunk.id}" for chunk in left} | {f"c{chunk.campaign_id}" for chunk in left}
            self.scheduler.fail(Violation(f"{len(left)} chunks are never sent", *sorted(refs)))

    def _await_the_time(self) -> None:
        """Let the quiet hours end and the time of every scheduled campaign come, as they do in the end."""
        scheduler, rules = self.scheduler, self.rules
        times = [row.scheduled_at or 0 for row in self.invariants.rows.campaigns.values() if row.state == "scheduled"]
        wall = max([scheduler.wall_ms(), *times])
        wall = rules.quiet_to if rules.quiet and rules.quiet_from <= wall < rules.quiet_to else wall
        if wall > scheduler.wall_ms():
            self.chaos.set_clock(wall - scheduler.wall_ms())

    def _settled(self) -> bool:
        rows = self.invariants.rows
        waiting = {c.id for c in rows.campaigns.values() if c.state in ("running", "paused", "scheduled")}
        if self.users.created < self.campaigns or self.users.has_to_resume(rows):
            return False
        return not any(
            chunk.state == "sending" or (chunk.state == "queued" and chunk.campaign_id in waiting)
            for chunk in rows.chunks.values()
        )

    def _judge(self) -> None:
        """Check once more, and that every message of a sent campaign has an end."""
        self.invariants.committed("end")
        rows = self.invariants.rows
        for row in rows.messages.values():
            campaign = rows.campaigns[row.campaign_id]
            if row.state == "queued" and campaign.state not in ("draft", "awaiting approval"):
                self.scheduler.fail(Violation(f"message {row.id} is queued at the end", f"m{row.id}"))

    def _end(self) -> None:
        self.stopping = True
        self.scheduler.violation = None
        for process in list(self.computer.processes):
            self.scheduler.kill(process, "the end")
        with suppress(Violation):
            self.scheduler._mark_dead()
        for slot in self.machine.slots:
            slot.computer = slot.process = None
        if self.invariants.database is not None:
            self.invariants.database.close()
        self.ledger.close()


@contextmanager
def machine() -> Iterator[Machine]:
    """A machine for one block."""
    new_machine = Machine()
    try:
        yield new_machine
    finally:
        new_machine.close()


def as_json(result: Result) -> str:
    """Return a result as one line of JSON."""
    return json.dumps(replace(result).__dict__, default=dict)
