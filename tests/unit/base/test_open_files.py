"""How many files and sockets a process may open."""

import resource
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("soft", "hard", "allowed"), [(64, 256, 256), (64, 100_000, 65_536), (300, 300, 300)])
def test_a_process_may_open_as_many_files_as_the_system_allows(soft: int, hard: int, allowed: int) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and hard > most:
        pytest.skip("this machine allows fewer files")
    program = (
        "import resource; from getsms_core.base import processes; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); print(processes.allow_open_files())"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert int(answer.stdout) == allowed
