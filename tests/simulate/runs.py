"""The simulations of one process, one after the other on one machine. A fault can be planted in the product first."""

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulate import mutations

if TYPE_CHECKING:
    from tests.simulate.world import Machine, Result

_MEMORY = Path("/dev/shm")
FOLDERS = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
"""Where the databases of the simulations are: in memory where there is such a folder."""
_machine: "Machine | None" = None


def start_machine(mutation: str = "") -> None:
    """Begin a machine for this process, with a fault planted in the product if one is named."""
    global _machine
    mutations.plant(mutation)
    from tests.simulate.world import Machine  # not earlier: a mutation is planted before the product is imported

    _machine = Machine()
    atexit.register(_machine.close)


def folder_prefix(pid: int | None) -> str:
    """Return the beginning of the names of a process's folders in `FOLDERS`."""
    return f"getsms-simulate-{pid}-"


def remove_folders(pid: int | None) -> None:
    """Remove what a process that was killed left in `FOLDERS`."""
    for folder in FOLDERS.glob(f"{folder_prefix(pid)}*"):
        shutil.rmtree(folder, ignore_errors=True)


def simulate(seed: str, campaigns: int) -> "Result":
    """Run one simulation."""
    from tests.simulate.world import World

    assert _machine is not None
    return World(_machine, seed, campaigns).run()
