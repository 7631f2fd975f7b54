"""The users who may approve campaigns and templates."""

from collections.abc import Iterable

from getsms_core.base.permissions import Permission, user_key
from getsms_core.db.engine import Store
from getsms_core.users import service as users
from getsms_core.users.identity import UserInfo


def enabled(store: Store) -> list[UserInfo]:
    """Return the enabled users who may approve."""
    return [user for user in users.all_users(store) if user.disabled_at is None and user.actor.may(Permission.APPROVE)]


def keys(approvers: Iterable[UserInfo]) -> set[str]:
    """Return the keys of these users, by which `approval_terms` names authors."""
    return {user_key(user.name) for user in approvers}
