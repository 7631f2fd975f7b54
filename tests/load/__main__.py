"""`make load`, or `python -m tests.load`: people who open pages while a campaign runs, and what they wait for.

Real WebSockets before the whole program (`getsms serve`): app, worker and practice gateway. Nothing passes or fails:
machines differ, and the load of the machine is printed beside the figures. Limits: docs/load.md.
"""

import argparse
import asyncio
import math
import os
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from tests.bench.databases import database
from tests.load.scene import CHUNK, Buckets, Scene, running_program
from tests.load.tab import Tab, Timings

CAMPAIGN_SHARE = 2
"""Every second person looks at the campaign that runs, the others at the overview."""


BUSY = 0.05
"""CPU seconds a second that an app without visitors does not use."""
PATIENCE = 60.0
"""Seconds after which a person gives up."""


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--people", type=int, default=50, help="who arrive (default 50)")
    parser.add_argument("--arrive", type=float, default=10, help="seconds in which they arrive (default 10)")
    parser.add_argument("--stay", type=float, default=30, help="seconds that they stay (default 30)")
    parser.add_argument("--uploads", type=int, default=0, help="files that others upload at once meanwhile (20)")
    parser.add_argument("--megabytes", type=int, default=50, help="of each file (default 50)")
    parser.add_argument("--rate", type=int, default=20, help="requests a second of the campaign (default 20)")
    parser.add_argument("--profile", default="", help="py-spy writes a profile of the app there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="getsms-load-") as name, database(options.database, Path(name)) as url:
        Path(name).chmod(0o755)
        messages = int((options.arrive + options.stay + 60) * options.rate * CHUNK)
        with running_program(Path(name), url, options.people + options.uploads, messages, options.rate) as scene:
            asyncio.run(_measure(scene, options))


async def _measure(scene: Scene, options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(64))
    await _started(scene)
    idle, load = scene.memory(), os.getloadavg()[0]
    highest, stop = [idle], threading.Event()
    watcher = threading.Thread(target=_watch, args=(scene, highest, stop), daemon=True)
    watcher.start()
    timings, uploads = Timings(), Timings()
    profiler = await _profiler(scene, options)
    print(f"The app runs and holds {idle:.0f} MB; people arrive.", flush=True)
    cpu, began = scene.cpu_seconds(), time.monotonic()
    before = scene.runs()
    tabs = await _arrive(scene, options, timings)
    arrived_cpu, requests, arrived_at = scene.cpu_seconds(), timings.asked, time.monotonic()
    if options.uploads:
        await asyncio.gather(_upload_all(scene, options, uploads), asyncio.sleep(options.stay))
    else:
        await asyncio.sleep(options.stay)
    after = await asyncio.to_thread(scene.runs)
    now_cpu, seconds = scene.cpu_seconds(), time.monotonic() - arrived_at
    await asyncio.gather(*(tab.close() for tab in tabs))
    stop.set()
    watcher.join(60)
    if profiler:
        await profiler.wait()
    print(f"{options.people} people in {options.arrive:g} s, {options.database}; {os.cpu_count()} cores, "
          f"load of the machine before {load:.1f}")  # fmt: skip
    _line("first page, s", timings.first_pages)
    _runs("live fragment, s", before["timer"], after["timer"])
    _line("the same until new figures, s", timings.fragments)
    print(f"{'questions of timers, answered':32} {timings.asked:6} {timings.answered:6}")
    print(f"{'memory of the app, MB':32} idle {idle:.0f}, highest {highest[0]:.0f} (+{highest[0] - idle:.0f}), "
          f"after {scene.memory():.0f}")  # fmt: skip
    print(f"{'CPU of the app':32} {arrived_cpu - cpu:.1f} s for the arrival in {arrived_at - began:.0f} s, "
          f"{1000 * (arrived_cpu - cpu) / options.people:.0f} ms a person; then {now_cpu - arrived_cpu:.1f} s in "
          f"{seconds:.0f} s, {1000 * (now_cpu - arrived_cpu) / max(1, timings.asked - requests):.0f} ms a question of "
          f"a timer")  # fmt: skip
    if options.uploads:
        _line(f"{options.uploads} uploads of {options.megabytes} MB, s", uploads.uploads)
    for errors in (timings.errors, uploads.errors):
        for error in sorted(set(errors)):
            print(f"{errors.count(error)} times: {error}")


async def _started(scene: Scene) -> None:
    """Wait until the app has imported its pages, at most a minute: its start is not counted as people's."""
    for _second in range(60):
        before = scene.cpu_seconds()
        await asyncio.sleep(1)
        if scene.cpu_seconds() - before < BUSY:
            return


async def _arrive(scene: Scene, options: argparse.Namespace, timings: Timings) -> list[Tab]:
    async def open_page(n: int) -> Tab:
        await asyncio.sleep(n * options.arrive / options.people)
        campaign = n % CAMPAIGN_SHARE == 1
        page, query = ("campaigns", f"id={scene.campaign_id}") if campaign else ("", "")
        tab = Tab(scene.url, scene.cookies[n], page, query, timings)
        try:
            await asyncio.wait_for(tab.open(), PATIENCE)
        except TimeoutError:
            timings.errors.append(f"a first page took more than {PATIENCE:g} s")
        return tab

    return list(await asyncio.gather(*(open_page(n) for n in range(options.people))))


async def _upload_all(scene: Scene, options: argparse.Namespace, timings: Timings) -> None:
    """People who may: marketers and administrators among those who have not come yet, and those again."""
    row = b"+99890%07d,Mijoz,%s\n"
    padding = b"x" * 170
    content = b"phone,name,note\n" + b"".join(
        row % (n, padding) for n in range((options.megabytes << 20) // (len(padding) + 21))
    )
    cookies = [cookie for n, cookie in enumerate(scene.cookies) if n % 4 in (0, 3)]

    async def upload(n: int) -> None:
        tab = Tab(scene.url, cookies[-1 - n % len(cookies)], "new_campaign", "", Timings(), scripts=False)
        await tab.open()
        timings.first_pages += tab.timings.first_pages
        tab.timings = timings
        await tab.upload(content, f"list-{n}.csv")
        await tab.close()

    await asyncio.gather(*(upload(n) for n in range(options.uploads)))


def _watch(scene: Scene, highest: list[float], stop: threading.Event) -> None:
    while not stop.wait(0.05):
        with suppress(OSError):
            highest[0] = max(highest[0], scene.memory())


async def _profiler(scene: Scene, options: argparse.Namespace) -> "asyncio.subprocess.Process | None":
    if not options.profile:
        return None
    seconds = str(int(options.arrive + options.stay))
    command = ["py-spy", "record", "--pid", str(scene.pid), "--duration", seconds, "--format", "raw", "--gil",
               "--output", options.profile, "--nonblocking"]  # fmt: skip
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)


def _line(what: str, seconds: list[float]) -> None:
    if not seconds:
        print(f"{what:32} none")
        return
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    print(f"{what:32} {len(seconds):5}   median {statistics.median(seconds):6.2f}   p95 {p95:6.2f}   "
          f"longest {ordered[-1]:6.2f}")  # fmt: skip


def _runs(what: str, before: Buckets, after: Buckets) -> None:
    """Print the quantiles of the runs between two readings, linear within a bucket."""
    counts = {bound: n - before.get(bound, 0) for bound, n in sorted(after.items())}
    total = max(counts.values(), default=0)
    if not total:
        print(f"{what:32} none")
        return
    median, p95, p99 = (_quantile(counts, total * share) for share in (0.5, 0.95, 0.99))
    print(f"{what:32} {total:5}   median {median:6.2f}   p95 {p95:6.2f}   99 % {p99:10.2f}")


def _quantile(counts: Buckets, rank: float) -> float:
    lower, below = 0.0, 0
    for bound, n in counts.items():
        if n >= rank:
            return lower if bound == math.inf else lower + (bound - lower) * (rank - below) / (n - below)
        lower, below = bound, n
    return lower


if __name__ == "__main__":
    main()
