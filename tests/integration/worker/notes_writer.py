"""A process that writes request notes and still runs:
`python -m tests.integration.worker.notes_writer FOLDER WORKER WAITING BEGUN`, attempts separated by commas."""

import sys
import threading
from pathlib import Path

from getsms_core.worker import request_notes


def main(folder: str, worker_id: str, waiting: str, begun: str) -> None:
    """Write the notes, say so, and wait to be killed."""
    notes = request_notes.create(Path(folder), worker_id, 8)
    assert notes is not None
    notes.waiting(waiting.split(","))
    for attempt in filter(None, begun.split(",")):
        notes.begins(attempt)
    print("noted", flush=True)
    threading.Event().wait(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
