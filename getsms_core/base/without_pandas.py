"""Processes that work on Arrow columns alone, and start without pandas.

pyarrow imports pandas at the first array it makes of anything, only to ask whether that is a Series: 0.7 s of CPU in
each process, and a list passes through three of them.
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
            raise ModuleNotFoundError(
                "this process does without pandas (getsms_core.base.without_pandas)", name=fullname
            )
        return None


def block_pandas_import() -> None:
    """There is no pandas for this process from here on. Only for a process of one's own that speaks no frames: pyarrow
    remembers that there is none."""
    sys.meta_path.insert(0, _PandasBlocker())
