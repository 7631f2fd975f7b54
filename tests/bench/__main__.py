"""`make bench`: every speed that the project claims, as a ratio to the naive way in the same run.

    python -m tests.bench [--rows N] [--messages N] [--seconds S] [--history N] [--ids N]

Machines differ and are noisy: what counts is the ratio. Each part runs alone as `python -m tests.bench.bench_...`.
"""

import argparse
import tempfile
from pathlib import Path

from tests.bench import (
    bench_audience,
    bench_conditions,
    bench_create,
    bench_files,
    bench_history,
    bench_lists,
    bench_numbers,
    bench_pages,
    bench_polling,
    bench_reports,
    bench_sending,
    bench_text,
)


def main() -> None:
    """Measure lists, texts and reports against their naive ways, then sending against a bare thread pool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="of lists and texts")
    parser.add_argument(
        "--messages",
        type=int,
        default=1_000_000,
        help="in the history and, at most a million, in files",
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement of sending, roughly")
    parser.add_argument("--history", type=int, default=10_000_000, help="messages of the history on each database")
    parser.add_argument("--ids", type=int, default=100_000, help="messages with an id each that are followed")
    arguments = parser.parse_args()
    print(f"{'':60}     ours    naive  naive/ours")
    parts = (
        (bench_lists, arguments.rows),
        (bench_conditions, arguments.rows),
        (bench_audience, arguments.rows),
        (bench_numbers, arguments.messages),
        (bench_text, arguments.rows),
        (bench_reports, arguments.messages),
    )
    for part, size in parts:
        for label, ours, naive in part.run(size):
            print(f"{label:60} {ours:7.3f}s {naive:7.3f}s {naive / ours:10.1f}x", flush=True)
    print()
    bench_create.table(arguments.rows, min(arguments.rows, 50_000))
    print()
    with tempfile.TemporaryDirectory(prefix="getsms-bench-") as folder:
        bench_pages.run(arguments.messages, Path(folder))
    for kind in ("sqlite", "postgresql"):
        print()
        bench_sending.table(kind, arguments.seconds)
        bench_polling.run(kind, arguments.ids, 100, 400)
        bench_history.run(kind, arguments.history)
        bench_files.run(kind, min(arguments.messages, 1_000_000))


if __name__ == "__main__":
    main()
