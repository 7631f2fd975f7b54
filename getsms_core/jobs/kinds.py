"""What each kind of job is called, and who may retry or cancel it."""

from collections.abc import Mapping
from dataclasses import dataclass

from getsms_core.base.i18n import N_
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.work_states import JobKind


@dataclass(frozen=True)
class _Kind:
    """A kind's label; the right that changing a job needs; and whether it must be one's own, or one's to administer."""

    label: str
    right: Permission
    own: bool = False


_KINDS: Mapping[JobKind, _Kind] = {
    JobKind.LIST: _Kind(N_("Check of a list"), Permission.LISTS),
    JobKind.CAMPAIGN: _Kind(N_("Preparation of messages"), Permission.CAMPAIGN),
    JobKind.RESPONSES: _Kind(N_("Upload of responses"), Permission.CAMPAIGN),
    JobKind.EXCLUSIONS: _Kind(N_("Check of exclusions"), Permission.CAMPAIGN),
    JobKind.EXPORT: _Kind(N_("File"), Permission.EXPORT, own=True),
    JobKind.REPORT: _Kind(N_("Saved report"), Permission.EXPORT, own=True),
    JobKind.NOTICE: _Kind(N_("Notices by e-mail, and a check of delivery"), Permission.SETTINGS),
    JobKind.ERASE: _Kind(N_("Erasing of old data"), Permission.SETTINGS),
    JobKind.ERASE_NUMBER: _Kind(N_("Erasing of a number"), Permission.SETTINGS),
    JobKind.NUMBERS: _Kind(N_("Index of numbers"), Permission.SETTINGS),
}
KIND_LABELS: Mapping[JobKind, str] = {kind: of.label for kind, of in _KINDS.items()}
"""The label of each kind; translate it with `_` where it is shown."""


def may_change(actor: Actor, kind: JobKind, created_by: str) -> bool:
    """Return whether the actor may retry or cancel a job of this kind that `created_by` asked for."""
    of = _KINDS[kind]
    return actor.may(of.right) and (not of.own or actor.name == created_by or actor.may(Permission.SETTINGS))
