"""The rows of a list as compressed blocks, of this release and of those before it."""

import pyarrow as pa
import pytest

from getsms_core.contacts import blocks

ROWS = pa.table({"row": pa.array([2, 3], pa.int32()), "field:Ism": ["Ali", None]})


def test_rows_come_back_from_their_blocks_in_order() -> None:
    rows = pa.table({"row": pa.array(range(blocks.BLOCK_ROWS + 5), pa.int32())})
    packed = blocks.pack(rows)
    assert [block.rows for block in packed] == [blocks.BLOCK_ROWS, 5]
    assert pa.concat_tables([blocks.unpack(block.data) for block in packed]) == rows


@pytest.mark.parametrize("compression", ["lz4", None])
def test_a_block_that_an_older_release_wrote_is_read(compression: str | None) -> None:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, ROWS.schema, options=options) as writer:
        writer.write_table(ROWS)
    data = sink.getvalue().to_pybytes()
    assert blocks.unpack(data) == ROWS
    assert blocks.unpack(data, ["field:Ism"]) == ROWS.select(["field:Ism"])
