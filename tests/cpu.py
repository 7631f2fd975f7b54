"""`pytest --cpu`: which files of tests cost the most CPU, in this process, in the processes that they start, and in
PostgreSQL. Wall time says little on a busy machine; the CPU of the suite is what a build pays for."""

import os
from collections import defaultdict
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

_TICKS = os.sysconf("SC_CLK_TCK")
_FILES_SHOWN = 40


def seconds_of_tree(pid: int) -> float:
    """The CPU seconds of a process, of its children that have ended and of its descendants that run; 0 once gone."""
    process = f"/proc/{pid}"
    fields = _read(f"{process}/stat").rpartition(")")[2].split()
    # utime, stime, cutime, cstime: fields 14-17 of proc_pid_stat(5)
    seconds = sum(int(field) for field in fields[11:15]) / _TICKS
    # Three times for each test: through pathlib it was 4 ms of CPU a test.
    with suppress(FileNotFoundError):
        for thread in os.listdir(f"{process}/task"):  # noqa: PTH208
            seconds += sum(seconds_of_tree(int(child)) for child in _read(f"{process}/task/{thread}/children").split())
    return seconds


def _read(path: str) -> str:
    """A file of /proc; empty where its process or thread ended meanwhile."""
    try:
        with open(path) as file:  # noqa: PTH123
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class CpuReport:
    """Measures each test between its reports, and prints the sums by folder and by file at the end."""

    def __init__(self, shared_folder: Path, *, runs_tests: bool) -> None:
        self._runs_tests = runs_tests
        self._postmaster = shared_folder / "postgres" / "data" / "postmaster.pid"
        self._measured = 0.0
        self._by_file: dict[str, float] = defaultdict(float)
        self._by_test: dict[str, float] = defaultdict(float)

    def pytest_runtest_logstart(self) -> None:
        """What was spent before the first test is collection."""
        if self._runs_tests:  # not in the process of pytest-xdist that deals them out
            self._measured = seconds_of_tree(os.getpid())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, Any, Any]:
        """Add to each report (set-up, call, clean-up) the seconds since the one before; pytest-xdist passes it on."""
        report = yield
        now = seconds_of_tree(os.getpid())
        # Chromium's processes end without a parent that waits for them: their seconds are no longer in the tree.
        report.cpu, self._measured = max(0.0, now - self._measured), now
        return report

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Sum in the process that reports."""
        self._by_file[report.nodeid.partition("::")[0]] += report.cpu
        self._by_test[report.nodeid] += report.cpu

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the sums."""
        postgres = seconds_of_tree(int(self._postmaster.read_text().split()[0])) if self._postmaster.exists() else 0.0
        tests = sum(self._by_file.values())
        # The workers of pytest-xdist are children of this process, and have ended.
        everything = max(tests, seconds_of_tree(os.getpid()))
        terminalreporter.section("CPU seconds")
        terminalreporter.line(
            f"{everything + postgres:8.1f}  in all: {tests:.1f} tests with their processes,"
            f" {everything - tests:.1f} imports and collection, {postgres:.1f} PostgreSQL"
        )
        by_folder: dict[str, float] = defaultdict(float)
        for file, seconds in self._by_file.items():
            by_folder[str(Path(file).parent)] += seconds
        for title, sums, shown in (
            ("By folder", by_folder, len(by_folder)),
            ("By file", self._by_file, _FILES_SHOWN),
            ("By test", self._by_test, _FILES_SHOWN),
        ):
            terminalreporter.section(title, sep="-")
            for name, seconds in sorted(sums.items(), key=lambda item: -item[1])[:shown]:
                terminalreporter.line(f"{seconds:8.1f}  {name}")
