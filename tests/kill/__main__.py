"""`make kill`, or `python -m tests.kill`: kill the program at hundreds of random moments and count at the gateway.

Exit status 0: the promise was kept. 1: it was not; the seed and the history of the messages concerned are printed.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kill.app import App
from tests.kill.chaos import Chaos, settle
from tests.kill.databases import Database, Postgres, Sqlite
from tests.kill.fleet import Fleet
from tests.kill.report import printed
from tests.kill.resolving import resolve_all
from tests.kill.scene import Scene
from tests.kill.verdict import Said, judge

DATABASES: dict[str, type[Sqlite] | type[Postgres]] = {"sqlite": Sqlite, "postgresql": Postgres}


def main() -> int:
    """Run it on each database that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seconds", type=float, default=120, help="how long things go wrong (default 120)")
    parser.add_argument("--messages", type=int, default=0, help="messages in all (default 60 a second)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes at once (default 2)")
    parser.add_argument("--seed", type=int, default=None, help="of the dice (default: a new one, printed)")
    parser.add_argument("--calm", action="store_true", help="only kills: the gateway has no faults")
    options = parser.parse_args()
    seed = random.randrange(1_000_000) if options.seed is None else options.seed
    messages = options.messages or int(options.seconds * 60)
    names = list(DATABASES) if options.database == "both" else [options.database]
    print(f"Seed {seed}, {options.seconds:g} s of misfortune, {options.workers} workers, about {messages} messages.")
    return max([run(name, options.seconds, messages, options.workers, seed, options.calm) for name in names])


def run(name: str, seconds: float, messages: int, workers: int, seed: int, calm: bool = False) -> int:
    """One run on one database; the exit status."""
    waves = max(2, min(12, int(seconds // 12)))
    recipients = max(20, messages // waves)
    chunk = max(1, min(100, round(messages / (seconds * 12))))
    began = time.monotonic()
    with _folder() as folder:
        database: Database = DATABASES[name](folder)
        scene = Scene(folder, database.url, recipients=recipients, chunk=chunk)
        fleet = Fleet(folder / "workers.log", database.url, scene.gateway, **scene.pace)
        try:
            chaos = Chaos(scene, fleet, database, workers, seed, app=App(folder, fleet.environment), calm=calm)
            chaos.run(seconds, waves)
            stuck = settle(scene, fleet, workers, 60, receipts=75)
            orderly = fleet.retire()
            first = judge(scene)
            said = resolve_all(scene, random.Random(seed)) if not stuck else Said()
            late = settle(scene, fleet, workers, 60, receipts=0)
            orderly &= fleet.retire()
            second = judge(scene, said)
        finally:
            fleet.close()
            scene.close()
            database.close()
        log = (folder / "workers.log").read_text("utf-8", "replace")
    good = printed(name, chaos, first, second, said, [stuck, late], orderly, time.monotonic() - began, log)
    if not good:
        print(f"\nThe promise was NOT kept. Again with: python -m tests.kill --database {name} --seconds {seconds:g} "
              f"--messages {messages} --workers {workers} --seed {seed}")  # fmt: skip
    return 0 if good else 1


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="getsms-kill-", ignore_cleanup_errors=True) as name:
        yield Path(name)


if __name__ == "__main__":
    sys.exit(main())
