"""The process that touches the file: `python -m getsms_core.spreadsheet.child REQUEST`, bounded by the kernel.

Writes `table.arrow` and `answer.json` into the given folder: the result, or an error code. It translates
nothing: the parent writes the messages for users. The parent survives whatever kills it.
"""

import dataclasses
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from getsms_core.base import pandas_block


def main(request: dict[str, Any]) -> None:
    """Read the file of the request under its limits; the answer is in its folder when this returns."""
    from getsms_core.spreadsheet.file_type import UnreadableFile
    from getsms_core.spreadsheet.limits import Limits

    folder = Path(request["folder"])
    try:
        answer = _read(request, folder, Limits(**request["limits"]))
    except UnreadableFile as refusal:
        answer = {"refused": refusal.code, "details": refusal.details}
    except MemoryError:
        answer = {"refused": "too-big", "details": {"what": "memory"}}
    (folder / "answer.json").write_text(json.dumps(answer), "utf-8")


def _read(request: dict[str, Any], folder: Path, limits: Any) -> dict[str, Any]:
    import pyarrow as pa

    from getsms_core.spreadsheet import file_type, grid
    from getsms_core.spreadsheet.kinds import read_grid

    path = Path(request["path"])
    file_grid = read_grid(path, file_type.detect_file_type(path, limits), request, folder, limits)
    table = file_grid.table
    if table.num_rows * table.num_columns > limits.cells:
        raise file_type.UnreadableFile(
            "too-big", what="rows", found=table.num_rows, limit=limits.cells // table.num_columns
        )
    rows = grid.filled_rows(table)
    if not len(rows):
        raise file_type.UnreadableFile("empty-file")
    if len(rows) < table.num_rows:
        table = table.take(rows)
    row_numbers = pa.array([0] * len(rows), pa.int32()) if file_grid.one_line else rows
    table = table.append_column("row", row_numbers)  # from 0; the parent adds one
    with pa.OSFile(str(folder / "table.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    answer = dataclasses.replace(file_grid, table=None).__dict__
    return answer | {"indexes": file_grid.indexes or list(range(file_grid.table.num_columns))}


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    bounds = asked["limits"]
    resource.setrlimit(resource.RLIMIT_AS, (bounds["memory_bytes"], bounds["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CPU, (bounds["cpu_seconds"], bounds["cpu_seconds"] + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pandas_block.block_pandas_import()
    main(asked)
    # Skip interpreter shutdown: on a busy machine it met pyarrow's threads while they started, and aborted.
    os._exit(0)
