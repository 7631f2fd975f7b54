"""The sentences of the sources, collected once for all tests of a process: 1.2 s of CPU."""

from functools import cache

from getsms_core.locale.__main__ import build_template


@cache
def collected_sentences() -> str:
    """Return what `make words` would write into getsms.pot."""
    return build_template()
