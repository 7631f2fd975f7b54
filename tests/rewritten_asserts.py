"""The asserts of all test files rewritten once, before the processes of pytest-xdist start."""

import pytest
from _pytest.assertion import rewrite


def write(config: pytest.Config) -> None:
    """Write the bytecode of the test files that this run will collect, where there is none.

    In a fresh checkout each process would rewrite all of them at the same time: 4 s of CPU each. A file that was
    written before and has changed since is left to the processes, which compare the source."""
    state = config.stash[rewrite.assertstate_key]
    for argument in config.args:
        place = config.invocation_params.dir / argument.partition("::")[0]
        for file in place.rglob("test_*.py"):
            bytecode = rewrite.get_cache_dir(file) / (file.stem + rewrite.PYC_TAIL)
            if not bytecode.exists() and rewrite.try_makedirs(bytecode.parent):
                source_hash, code = rewrite._rewrite_test(file, config)
                rewrite._write_pyc(state, code, source_hash, bytecode)
