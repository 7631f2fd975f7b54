"""The simulations of one process of the test, one after the other on one machine."""

import atexit

from tests.simulate import mutations
from tests.simulate.world import Machine, Result, World

_machine: Machine | None = None


def start_machine(mutation: str = "") -> None:
    """Begin a machine for this process, with a fault planted in the product if one is named."""
    mutations.plant(mutation)
    atexit.register(stop_machine)


def stop_machine() -> None:
    """Remove the machine's files."""
    global _machine
    if _machine is not None:
        _machine.close()
        _machine = None


def simulate(seed: str, campaigns: int) -> Result:
    """Run one simulation."""
    global _machine
    if _machine is None:
        _machine = Machine()
    return World(_machine, seed, campaigns).run()
