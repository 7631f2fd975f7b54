"""Every kind of job has its entry: one more kind costs one line in each table."""

import pytest

from getsms_core.base.permissions import SYSTEM, Actor, Role
from getsms_core.base.work_states import JOB_LABELS, JobKind, JobState
from getsms_core.jobs import KIND_LABELS, may_change
from getsms_core.worker.handlers import HANDLERS
from pages.ui.jobs.job_cards import LOOKS


def test_every_kind_has_a_label_and_a_handler_and_every_state_a_word_and_a_look() -> None:
    assert set(KIND_LABELS) == set(HANDLERS) == {*JobKind}
    assert set(JOB_LABELS) == set(LOOKS) == {*JobState}
    assert len({look.shape for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize(
    ("role", "kind", "own", "others"),
    [
        (Role.MARKETER, JobKind.LIST, True, True),
        (Role.MARKETER, JobKind.CAMPAIGN, True, True),
        (Role.MARKETER, JobKind.EXPORT, True, False),
        (Role.MARKETER, JobKind.ERASE, False, False),
        (Role.ANALYST, JobKind.REPORT, True, False),
        (Role.ANALYST, JobKind.LIST, False, False),
        (Role.MANAGER, JobKind.CAMPAIGN, False, False),
        (Role.ADMINISTRATOR, JobKind.REPORT, True, True),
        (Role.ADMINISTRATOR, JobKind.ERASE, True, True),
    ],
)
def test_who_may_change_a_job(role: Role, kind: JobKind, own: bool, others: bool) -> None:
    somebody = Actor("Aziza", role)
    assert (may_change(somebody, kind, "Aziza"), may_change(somebody, kind, SYSTEM.name)) == (own, others)
