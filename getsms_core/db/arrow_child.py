"""Read SQLite with ADBC as a separate program: queries on stdin, Arrow on stdout.

Never run it in a process that has the database open with Python's sqlite3: ADBC contains another SQLite, and when
one library closes the file, POSIX drops the other one's locks. Three times faster than Python's cursor."""

import json
import runpy
import sys
from contextlib import suppress
from pathlib import Path

# `-I` finds no package of ours; ADBC would import pandas, which is half of this program's 0.5 s of CPU.
runpy.run_path(str(Path(__file__).parents[1] / "base" / "pandas_block.py"))["block_pandas_import"]()

import adbc_driver_sqlite.dbapi  # noqa: E402
import pyarrow as pa  # noqa: E402

BATCH_ROWS = "65536"


def main(database: str) -> None:
    """Answer {"columns": [[name, "int64" | "string"], ...], "queries": [sql, ...]} with one Arrow stream."""
    request = json.load(sys.stdin)
    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in request["columns"]])
    sink = pa.PythonFile(sys.stdout.buffer, "w")
    with (
        adbc_driver_sqlite.dbapi.connect(f"file:{database}?mode=ro", autocommit=False) as connection,
        connection.cursor() as cursor,
        pa.ipc.new_stream(sink, schema) as writer,
    ):
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
        for query in request["queries"]:
            cursor.execute(query)
            for batch in cursor.fetch_record_batch():
                writer.write_batch(batch.cast(schema))


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # the parent has closed the pipe
        main(sys.argv[1])
