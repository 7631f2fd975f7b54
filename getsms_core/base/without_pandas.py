"""Block the import of pandas in processes that work on Arrow columns alone.

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
    """Make `import pandas` fail in this process. Only for a dedicated process that does not use pandas: pyarrow
    remembers that it is missing."""
    sys.meta_path.insert(0, _PandasBlocker())
