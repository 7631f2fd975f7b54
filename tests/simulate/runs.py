"""The simulations of one process, one after the other on one machine. A fault can be planted in the product first."""

import atexit
from typing import TYPE_CHECKING

from tests.simulate import mutations

if TYPE_CHECKING:
    from tests.simulate.world import Machine, Result

_machine: "Machine | None" = None


def start_machine(mutation: str = "") -> None:
    """Begin a machine for this process, with a fault planted in the product if one is named."""
    global _machine
    mutations.plant(mutation)
    from tests.simulate.world import Machine  # not earlier: a mutation is planted before the product is imported

    _machine = Machine()
    atexit.register(_machine.close)


def simulate(seed: str, campaigns: int) -> "Result":
    """Run one simulation."""
    from tests.simulate.world import World

    assert _machine is not None
    return World(_machine, seed, campaigns).run()
