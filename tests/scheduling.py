"""Which process of pytest-xdist runs which tests."""

from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController


class GroupScheduling(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no types
    """`--dist loadgroup` that forgets what a process has run. Otherwise it counts all of that after each test, which
    for 9,000 tests takes as long as 3,000 of them."""

    def _reschedule(self, node: WorkerController) -> None:
        units = self.assigned_work[node]
        for scope in [scope for scope, tests in units.items() if all(tests.values())]:
            del units[scope]
        super()._reschedule(node)
