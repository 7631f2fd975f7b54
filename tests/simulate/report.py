"""What a run prints."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulate.world import Result

SHOWN = 400  # events of a violation


def print_figures(results: "Sequence[Result]", seconds: float) -> None:
    """Print what happened in all simulations of a run."""
    crashes: Counter[str] = Counter()
    states: Counter[str] = Counter()
    actions: Counter[str] = Counter()
    for result in results:
        crashes += result.crashes
        states += result.states
        actions += result.actions
    print(f"{sum(result.campaigns for result in results)} campaigns, {sum(r.messages for r in results)} messages, "
          f"{sum(r.steps for r in results)} steps, {sum(r.seconds for r in results) / 3600:.2f} simulated hours in "
          f"{seconds:.0f} s.")  # fmt: skip
    print("Killed: " + ", ".join(f"{moment} {n}" for moment, n in sorted(crashes.items())) + ".")
    print("Users: " + ", ".join(f"{action} {n}" for action, n in sorted(actions.items())) + ".")
    print("Messages: " + ", ".join(f"{state} {n}" for state, n in sorted(states.items())) + ".")
    print("Every invariant held.")


def print_violation(result: "Result", seed: int, campaigns: int) -> None:
    """Print the broken invariant and the events of what it concerns."""
    first, _, events = result.violation.partition("\n")
    print(f"\nVIOLATION in simulation {result.seed}: {first}\n")
    lines = events.splitlines()
    print("\n".join(lines[-SHOWN:]))
    print(f"\nAgain with: make simulate SEED={seed} CAMPAIGNS={campaigns}")
