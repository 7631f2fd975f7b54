"""The types of the tables' columns in Arrow and PostgreSQL, derived from the models."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from getsms_core.db.models.base import Table, table

_ARROW_TYPES = (
    (sa.Boolean, pa.bool_()),
    (sa.BigInteger, pa.int64()),
    (sa.Integer, pa.int32()),
    (sa.Float, pa.float64()),
    (sa.LargeBinary, pa.binary()),
)
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def arrow_type(column: sa.Column[Any]) -> pa.DataType:
    """Return the Arrow type of a column, integers as wide as in PostgreSQL; texts, enums and JSON are strings."""
    return next((arrow for kind, arrow in _ARROW_TYPES if isinstance(column.type, kind)), pa.string())


def arrow_rows(model: type[Table], values: Mapping[str, Any]) -> pa.Table:
    """Return rows of a table for `bulk.ingest` from one array a column: numpy, Arrow or Python values.

    Raises pyarrow.ArrowInvalid for an integer that the column cannot hold."""
    columns = table(model).c
    return pa.table(values, schema=pa.schema([(name, arrow_type(columns[name])) for name in values]))


def fetched_rows(model: type[Table], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Return the rows of a query for the columns `names` of a table."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return arrow_rows(model, dict(zip(names, columns, strict=True)))


@cache
def postgres_types(table_name: str, names: Collection[str]) -> tuple[str, ...]:
    """Return the PostgreSQL types of columns, for arrays of values: TEXT for everything that is stored as text."""
    columns = Table.metadata.tables[table_name].c
    return tuple(
        "TEXT" if arrow_type(columns[name]) == pa.string() else columns[name].type.compile(_DIALECT) for name in names
    )
