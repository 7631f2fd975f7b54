"""`make simulate`, or `python -m tests.simulate`: simulate campaigns under a scheduler that a seed decides.

Exit status 0: every invariant held. 1: one did not; the seed and the events of the messages concerned are printed.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context

from tests.simulate import mutations
from tests.simulate.report import print_figures, print_violation
from tests.simulate.runs import remove_folders, simulate, start_machine
from tests.waits import LIMIT

CAMPAIGNS, OF_MUTATION = 100, 400


def main() -> int:
    """Simulate, or look for the planted mutations. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="of everything (default: a new one, printed)")
    parser.add_argument(
        "--campaigns", type=int, default=None,
        help=f"campaigns in all (default {CAMPAIGNS}; with a mutation {OF_MUTATION}: the first violation ends it)",
    )  # fmt: skip
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="simulations at once")
    parser.add_argument("--mutation", default="", help='plant a fault first: its name, or "all"')
    options = parser.parse_args()
    seed = int.from_bytes(os.urandom(3)) if options.seed is None else options.seed
    campaigns = options.campaigns or (OF_MUTATION if options.mutation else CAMPAIGNS)
    if options.mutation == "all":
        return mutations.find_all(seed, campaigns, options.processes)
    if options.mutation and options.mutation not in mutations.MUTATIONS:
        parser.error(f"there is no mutation {options.mutation!r}; they are {', '.join(mutations.MUTATIONS)}")
    if options.mutation and mutations.MUTATIONS[options.mutation].test:
        return mutations.find_by_test(options.mutation)
    return run(seed, campaigns, options.processes, options.mutation)


def run(seed: int, campaigns: int, processes: int, mutation: str = "") -> int:
    """Simulate this number of campaigns; returns the exit status."""
    began = time.monotonic()
    worlds = max(1, -(-campaigns // 10))
    print(f"Seed {seed}, {campaigns} campaigns in {worlds} simulations{f', mutation {mutation}' if mutation else ''}.")
    seeds = [f"{seed}.{number}" for number in range(worlds)]
    sizes = [min(10, campaigns - 10 * number) for number in range(worlds)]
    results = []
    with ProcessPoolExecutor(
        min(processes, worlds), mp_context=get_context("spawn"), initializer=start_machine, initargs=(mutation,)
    ) as pool:
        for result in pool.map(simulate, seeds, sizes):
            results.append(result)
            if result.violation:
                print_violation(result, seed, campaigns)
                _end_others()
                return 1
    print_figures(results, time.monotonic() - began)
    return 0


def _end_others() -> None:
    """Kill the simulations that run: with a fault in the program each may take minutes to its end."""
    for child in active_children():
        child.kill()
        child.join(LIMIT)
        remove_folders(child.pid)


if __name__ == "__main__":
    sys.exit(main())
