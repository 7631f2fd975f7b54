"""The simulator in short: thirty campaigns, the same events for the same seed, and faults that it must find."""

import os
import subprocess
import sys

import pytest

from tests.compiled_statements import separate_dialects
from tests.conftest import ROOT
from tests.effort import times
from tests.simulate import mutations, runs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("simulate")]
CAMPAIGNS = 10  # of one simulation
DIGEST = """
from tests.simulate import runs
runs.start_machine()
print(runs.simulate("digest.1", 3).digest)
"""


@pytest.fixture(scope="module", autouse=True)
def _machine() -> None:
    with separate_dialects():
        runs.start_machine()


@pytest.mark.parametrize("number", range(times(3)))
def test_nothing_is_sent_twice_or_lost_whatever_the_seed_decides(number: int) -> None:
    result = runs.simulate(f"fresh10.{number}", CAMPAIGNS)
    assert not result.violation, f"{result.seed}: {result.violation[-6000:]}"
    assert result.campaigns == CAMPAIGNS


def test_the_same_seed_gives_the_same_events_in_every_process() -> None:
    digest = runs.simulate("digest.1", 3).digest
    assert runs.simulate("digest.2", 2).digest != digest
    elsewhere = subprocess.run(
        [sys.executable, "-c", DIGEST], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "4242"}, capture_output=True,
        text=True, check=True,
    timeout=600)  # fmt: skip
    assert elsewhere.stdout.split() == [digest]


def test_a_planted_fault_is_found_and_the_run_says_how_to_repeat_it() -> None:
    command = [sys.executable, "-m", "tests.simulate", "--seed", "7", "--campaigns", "100", "--processes", "1"]
    run = subprocess.run(
        [*command, "--mutation", "roll-ups-forgotten"], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert run.returncode == 1, run.stdout[-2000:] + run.stderr[-2000:]
    assert "VIOLATION in simulation 7." in run.stdout
    assert "SEED=7 CAMPAIGNS=100" in run.stdout


def test_every_mutation_still_fits_the_source_and_is_listed() -> None:
    listed = (ROOT / "docs" / "promise.md").read_text("utf-8")
    for name, mutation in mutations.MUTATIONS.items():
        assert f"`{name}`" in listed
        path, _colons, test = mutation.test.partition("::")
        assert not test or f"def {test}(" in (ROOT / "tests" / "integration" / path).read_text("utf-8"), name
        for patch in mutation.patches:
            source = (ROOT / f"{patch.module.replace('.', '/')}.py").read_text("utf-8")
            assert source.count(patch.before) == 1, name
