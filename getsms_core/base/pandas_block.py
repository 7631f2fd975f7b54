"""Block the import of pandas in a process that works on Arrow columns alone.

pyarrow imports pandas when it first converts a Python value, only to ask whether the value is a Series. Measured with
and without the block, seconds of CPU of the process alone, a list of 1,000 rows, median of five runs:

    getsms check         0.79   1.02        spreadsheet.child   0.22   0.39
    getsms create        1.72   2.08        db.ingest           0.24   0.39
                                            db.arrow_child      0.22   0.50

`getsms create` of 100,000 rows, with the children that it starts, takes 2.8 s with the block and 3.6 s without.
Jobs gain 0.1 s of 1.8, commands that only read the database nothing (`getsms lists`: 0.97, 0.96): they are not
blocked, and may import pandas.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _PandasBlocker(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError("the import of pandas is blocked (getsms_core.base.pandas_block)", name=fullname)
        return None


def block_pandas_import() -> None:
    """Make `import pandas` fail in this process. Only for a dedicated process that does not use pandas: pyarrow
    remembers that it is missing."""
    sys.meta_path.insert(0, _PandasBlocker())
