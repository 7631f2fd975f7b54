"""Users' roles and permissions. Every service function that writes takes an `Actor`."""

from dataclasses import dataclass, field
from enum import StrEnum

from getsms_core.base import reasons
from getsms_core.base.errors import DomainError, NotAllowed
from getsms_core.base.i18n import N_


class Role(StrEnum):
    """The role of a user."""

    MARKETER = "marketer"
    MANAGER = "manager"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """An action that a role may allow."""

    READ = "read"
    SEE_PHONES = "see phones"
    EXPORT = "export"
    CAMPAIGN = "run campaigns"
    LISTS = "change lists"
    APPROVE = "approve"
    SETTINGS = "change settings"


_RIGHTS: dict[Role, frozenset[Permission]] = {
    Role.MARKETER: frozenset(
        {Permission.READ, Permission.SEE_PHONES, Permission.EXPORT, Permission.CAMPAIGN, Permission.LISTS}
    ),
    Role.MANAGER: frozenset({Permission.READ, Permission.EXPORT, Permission.APPROVE}),
    Role.ANALYST: frozenset({Permission.READ, Permission.EXPORT}),
    Role.ADMINISTRATOR: frozenset(Permission),
}
ROLE_LABELS = {
    Role.MARKETER: N_("Marketer"),
    Role.MANAGER: N_("Manager"),
    Role.ANALYST: N_("Analyst"),
    Role.ADMINISTRATOR: N_("Administrator"),
}


@dataclass(frozen=True)
class Actor:
    """A name for the audit log and a role."""

    name: str
    role: Role
    address: str = field(default="", kw_only=True, compare=False)
    """The network address of the request, for the audit log; "" for commands and the program."""

    def may(self, permission: Permission) -> bool:
        """Return whether the role has the permission. A role that this release does not know has none."""
        return permission in _RIGHTS.get(self.role, frozenset())

    def must(self, permission: Permission) -> None:
        """Raise `DomainError` ("not-allowed") if the role does not have the permission."""
        if not self.may(permission):
            raise not_allowed(self.name, self.role)


def not_allowed(name: str, role: Role) -> DomainError:
    """Return the error for an action that the role does not allow."""
    return NotAllowed.of("not-allowed", name=name, role=reasons.role(role))


COMMAND_SUFFIX = " (getsms)"
"""What the audit log has behind the name of who ran a command."""


def user_key(name: str) -> str:
    """Return the key of a user name: the same user is "NAME (getsms)" in the command."""
    return name.removesuffix(COMMAND_SUFFIX).casefold()


SYSTEM = Actor("program", Role.ADMINISTRATOR)
"""The actor of automatic actions: pausing after rejections, marking a lost chunk."""
