"""Everything that goes wrong, by dice: faults at the gateway, kills, harm to the database, people at work meanwhile."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import psycopg

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import service as campaigns
from getsms_core.contacts import lists
from getsms_core.sandbox.faults import FAULTS
from tests.kill.app import App, gone
from tests.kill.databases import Database
from tests.kill.fleet import Fleet
from tests.kill.scene import DATABASE_TROUBLE, OPERATORS, PERSON, Scene

SEND_FAULTS = (
    *FAULTS, "http-500-before", "http-500-after", "http-502-after", "http-503-before", "http-403", "http-404",
    "http-429", *(f"error-{number}" for number in (100, 101, 102, 103, 200, 201, 202, 203, 300, 999)),
)  # fmt: skip
STATUS_FAULTS = ("http-500", "html", "cut-json", "reset-after", "read-timeout", "error-400", "error-101", "short-list",
                 "shuffled", "duplicated", "foreign", "http-403")  # fmt: skip
MOMENTS = ("at any moment", "with a chunk claimed", "with a POST in flight", "all workers at once")


class Chaos:
    """One run's misfortunes. `counts` says how often each of them befell it."""

    def __init__(
        self,
        scene: Scene,
        fleet: Fleet,
        database: Database,
        workers: int,
        seed: int,
        longest_life: float = 0.8,
        app: App | None = None,
        calm: bool = False,
    ) -> None:
        self.scene, self.fleet, self.database, self.workers, self.app = scene, fleet, database, workers, app
        self._longest_life = longest_life
        self.calm = calm
        """Whether the gateway works as it should: only processes are killed."""
        self.kills: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.errors: list[BaseException] = []
        self._kill_dice, self._dice, self._people_dice, self._harm_dice = (random.Random(seed + n) for n in range(4))
        self._menu: list[str] = []
        self._over = threading.Event()
        self._thaw_at = 0.0
        self.seen_faults: set[str] = set()
        self._orphans: list[int] = []

    def run(self, seconds: float, waves: int, kills: int = 1_000_000, every: float = 0) -> None:
        """Let it all loose for so long, or until so many kills; campaigns begin one after the other meanwhile,
        spread over the time or so many seconds apart."""
        end = monotonic() + seconds
        if self.app is not None:
            self.app.start()
        beside = [
            threading.Thread(target=self._guarded, args=(work,))
            for work in (
                self._weather,
                self._people,
                self._accidents,
                lambda: self._begin_waves(waves, every or seconds * 0.85 / waves),
            )
        ]
        for thread in beside:
            thread.start()
        try:
            while monotonic() < end and self.fleet.killed < kills and not self.errors:
                self._staff()
                self._kill_one()
        finally:
            self._over.set()
            self.fleet.thaw()
            for thread in beside:
                thread.join(120)
            self.fleet.thaw()
            if self.app is not None:
                self.app.stop()
                gone(self._orphans)
        if self.errors:
            raise self.errors[0]

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.errors.append(error)

    def _staff(self) -> None:
        if self.fleet.frozen and monotonic() > self._thaw_at:  # not in the other thread: a frozen worker may hold it up
            self.fleet.thaw()
        wanted = self.workers + (self.workers > 1 and self._kill_dice.random() < 0.2)
        for _missing in range(wanted - len(self.fleet.look())):
            self.fleet.start()

    def _kill_one(self) -> None:
        dice = self._kill_dice
        moment = dice.choices(MOMENTS, (4, 3, 3, 1))[0]
        if moment == "with a chunk claimed":
            reached = self._reached(self._claimed)
        elif moment == "with a POST in flight":
            self.scene.control("requests", {})
            reached = self._reached(self._in_flight)
        else:
            self._over.wait(dice.uniform(0, self._longest_life))
            reached = True
        if not reached:
            moment = MOMENTS[0]
        else:
            self._over.wait(dice.choice((0, 0, 0.001, 0.005, 0.02, 0.05)))
        alive = sorted(self.fleet.look() - self.fleet.frozen)
        if moment == MOMENTS[3]:
            self.kills[moment] += len(alive)
            self.fleet.kill_all()
        elif alive:
            self.fleet.kill(dice.choice(alive))
            self.kills[moment] += 1

    def _reached(self, condition: Callable[[], bool], seconds: float = 3) -> bool:
        until = monotonic() + seconds
        while monotonic() < until:
            if condition():
                return True
            self._over.wait(0.01)
        return False

    def _claimed(self) -> bool:
        with suppress(*DATABASE_TROUBLE):
            return self.scene.claimed_by(self.fleet.alive - self.fleet.frozen)
        return False

    def _in_flight(self) -> bool:
        seen = self.scene.control("requests")
        return bool(seen and seen["sends"]["in_flight"])

    def _begin_waves(self, waves: int, every: float) -> None:
        began = monotonic()
        for number in range(waves):
            while monotonic() < began + number * every:
                if self._over.wait(0.1):
                    return
            self.scene.add_wave(by_worker=number > 0 and number == waves // 2 and every > 5)

    def _weather(self) -> None:
        """The gateway fails in another way about every half second."""
        while not self._over.wait(self._dice.uniform(0.2, 0.8)):
            self._faults()

    def _people(self) -> None:
        """Somebody does something about three times a second, and resumes what paused itself."""
        while not self._over.wait(self._people_dice.uniform(0.1, 0.5)):
            with suppress(*DATABASE_TROUBLE):
                self.counts["campaigns resumed that paused themselves"] += self.scene.resume_self_paused()
                self._people_dice.choices((self._campaigns, self._opt_out), (4, 1))[0]()

    def _accidents(self) -> None:
        """Harm to the database, to the gateway's process, and workers that stand still, every other second."""
        while not self._over.wait(self._harm_dice.uniform(1, 4)):
            with suppress(*DATABASE_TROUBLE, psycopg.Error):
                chances = (6, 1, 1, 2 if self.app is not None else 0)
                self._harm_dice.choices((self._harm, self._freeze, self._kill_gateway, self._kill_app), chances)[0]()

    def _faults(self) -> None:
        dice = self._dice
        faults: dict[str, float] = {}
        for _each in range(0 if self.calm else dice.choice((0, 1, 1, 2, 3))):
            if not self._menu:
                self._menu = dice.sample(SEND_FAULTS, len(SEND_FAULTS))
            faults[self._menu.pop()] = round(dice.uniform(0.1, 0.33), 2)
        if len(faults) == 1 and dice.random() < 0.5:
            faults = dict.fromkeys(faults, 1.0)
        if dice.random() < 0.3 and not self.calm:
            faults[f"status-{dice.choice(STATUS_FAULTS)}"] = round(dice.uniform(0.2, 0.8), 2)
        if self.scene.control("faults", {"faults": faults, "latency": dice.choice((0.01, 0.05, 0.1, 0.2, 0.3))}):
            self.seen_faults |= faults.keys()
            self.counts["changes of the gateway's faults"] += 1

    def _campaigns(self) -> None:
        """Somebody pauses or resumes a campaign while it runs, and now and then cancels one; never the first."""
        waves, dice = list(self.scene.waves), self._people_dice
        if len(waves) < 2:
            return
        campaign_id = dice.choice(waves[1:])
        doing = dice.choice((campaigns.pause, campaigns.resume))
        if len(waves) > 3 * (self.counts["cancel by a person"] + 1) and dice.random() < 0.3:
            campaign_id, doing = waves[-1], campaigns.cancel
        with suppress(DomainError):
            doing(self.scene.store, PERSON, campaign_id)
            self.counts[f"{doing.__name__} by a person"] += 1

    def _opt_out(self) -> None:
        n = self._people_dice.randrange(self.scene.recipients)
        phone = int(f"998{OPERATORS[n % len(OPERATORS)]}{1_000_000 + n:07}")
        self.counts["opt-outs"] += lists.add_opt_outs(self.scene.store, PERSON, [phone], "reply", "STOP")

    def _harm(self) -> None:
        self.database.harm(self._harm_dice, self.fleet, self.counts)

    def _freeze(self) -> None:
        alive = sorted(self.fleet.alive - self.fleet.frozen)
        if self.workers > 1 and len(alive) > 1 and not self.fleet.frozen:
            self.fleet.freeze(self._harm_dice.choice(alive))
            self._thaw_at = monotonic() + self._harm_dice.choice((0.5, 1, 1, 2, 10))
            self.counts["workers frozen for a while"] += 1

    def _kill_gateway(self) -> None:
        if self.calm:
            return
        self.scene.kill_gateway()
        self.counts["gateway killed and started again"] += 1

    def _kill_app(self) -> None:
        if self.app is not None:
            self._orphans += self.app.kill()
            self.app.start()
            self.counts["app (getsms serve) killed and started again"] += 1


def settle(scene: Scene, fleet: Fleet, workers: int, seconds: float, receipts: float) -> str:
    """Calm everything and let the work end. Returns "", or what was left when nothing had moved for so many seconds.
    Then waits at most `receipts` seconds for last words."""
    scene.calm()
    never, moved, before = threading.Event(), monotonic(), (-1, -1)
    while True:
        for _missing in range(workers - len(fleet.look())):
            fleet.start()
        with suppress(*DATABASE_TROUBLE):
            scene.resume_all()
            left = len(scene.open_campaigns()), scene.unsent()
            if left == (0, 0):
                break
            if left != before:
                moved, before = monotonic(), left
        if monotonic() - moved > seconds:
            return f"{before[0]} campaigns open and {before[1]} chunks to send, and nothing moved for {seconds} s"
        never.wait(0.1)
    until = monotonic() + receipts
    while monotonic() < until and scene.waiting():
        never.wait(0.1)
    return ""
