"""What goes wrong in a simulation besides kills: the gateway's faults, clocks that jump, processes that stand still."""

from typing import TYPE_CHECKING

from tests.kill.chaos import SEND_FAULTS, STATUS_FAULTS

if TYPE_CHECKING:
    from tests.simulate.world import World

ZONE_MS = 5 * 3_600_000
"""What a computer's clock is wrong by that took the time of its zone for that of UTC, or the reverse."""


class Chaos:
    """The misfortunes of one simulation, each a thread of the world's own."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.is_over = False

    def start(self) -> None:
        """Begin."""
        dice = self.world.scheduler.dice
        for work, chance in (
            (self._faults, 0.8), (self._clock_jumps, 0.4), (self._freezes, 0.4), (self._gateway_crashes, 0.3),
        ):  # fmt: skip
            if dice.random() < chance:
                self.world.scheduler.start("chaos", None, work, dice.random())

    def calm(self) -> None:
        """End: the gateway answers as it should."""
        self.is_over = True
        self.world.gateway.faults = {}
        self.world.gateway.refuses_until = 0.0

    def _faults(self) -> None:
        scheduler = self.world.scheduler
        dice = scheduler.dice
        while not self.is_over:
            faults = {
                dice.choice(SEND_FAULTS): round(dice.uniform(0.1, 0.33), 2) for _n in range(dice.choice((0, 1, 2, 3)))
            }
            if len(faults) == 1 and dice.random() < 0.4:
                faults = dict.fromkeys(faults, 1.0)
            if dice.random() < 0.25:  # such an answer queues the chunk again: the next attempt may be another worker's
                faults[dice.choice(("http-403", "http-429"))] = round(dice.uniform(0.2, 0.8), 2)
            if dice.random() < 0.3:
                faults[f"status-{dice.choice(STATUS_FAULTS)}"] = round(dice.uniform(0.2, 0.8), 2)
            self.world.gateway.faults = faults
            self.world.gateway.slow = dice.choice(((0.005, 0.05), (0.01, 0.3), (0.2, 1.0)))
            scheduler.log(f"the gateway's faults are {faults}")
            scheduler.pause(dice.uniform(0.3, 3.0))

    def _clock_jumps(self) -> None:
        scheduler = self.world.scheduler
        dice = scheduler.dice
        while not self.is_over:
            scheduler.pause(dice.uniform(2, 12))
            jump = dice.choice((60_000, 5_000, 600_000, -500, -2_000, -10_000, ZONE_MS, -ZONE_MS))
            if self._is_one_scheduled() and dice.random() < 0.7:  # its time passes, or is longer to come
                jump = dice.choice((1_200_000, 1_200_000, -10_000))
            if abs(scheduler.wall_offset_ms + jump) > 1.5 * ZONE_MS:  # the days of a frequency cap are not over by it
                jump = -jump
            self.set_clock(jump)

    def _is_one_scheduled(self) -> bool:
        return any(campaign.state == "scheduled" for campaign in self.world.invariants.rows.campaigns.values())

    def set_clock(self, by_ms: int) -> None:
        """Set the computer's clock forward or, where negative, back."""
        self.world.scheduler.wall_offset_ms += by_ms
        self.world.invariants.free_request()
        self.world.invariants.limits.clock_jumped()
        self.world.scheduler.log(f"the clock jumps by {by_ms} ms")

    def _freezes(self) -> None:
        scheduler = self.world.scheduler
        dice = scheduler.dice
        while not self.is_over:
            scheduler.pause(dice.uniform(2, 12))
            workers = [p for p in self.world.computer.processes if not p.is_dead and p.action == "work"]
            if workers:
                frozen = dice.choice(workers)
                frozen.frozen_until = scheduler.now + dice.choice((0.3, 1.2, 3.0, 9.0, 20.0))
                scheduler.log(f"{frozen.name} stands still until {frozen.frozen_until:.2f}")

    def _gateway_crashes(self) -> None:
        scheduler = self.world.scheduler
        dice = scheduler.dice
        while not self.is_over:
            scheduler.pause(dice.uniform(5, 20))
            self.world.gateway.crash(dice.uniform(0.2, 2.0))
            scheduler.log("the gateway is killed")
