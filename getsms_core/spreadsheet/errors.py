"""Errors for a file that cannot be read: a code for scripts and a message for users."""

from collections.abc import Mapping
from typing import Any

from getsms_core.base.errors import DomainError


def read_error(code: str, details: Mapping[str, Any]) -> DomainError:
    """Return the exception for a code; `details` are its parameters, and `what` the case of its sentence."""
    return DomainError.of(code, **{"case" if name == "what" else name: value for name, value in details.items()})
