"""The number of an option of a command."""

import math
from typing import Any, NoReturn

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _


class Number(click.FloatRange):
    """A number within limits: with a point as scripts write it, else in the notation that `amounts` reads."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number. Raises click.BadParameter."""
        try:
            number = float(value)
        except ValueError:
            number = self._read(value, param, ctx)
        if math.isnan(number):  # NaN passes every comparison with a limit
            self._refuse(value, param, ctx)
        return super().convert(number, param, ctx)

    def _read(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from getsms_core.base import amounts  # with Babel, which takes 60 ms to load

        try:
            return float(amounts.parse_decimal(value))
        except DomainError as refusal:
            if refusal.code == "ambiguous-number":
                self.fail(refusal.message, param, ctx)
            self._refuse(value, param, ctx)

    def _refuse(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        self.fail(_("{value!r} is not a number.").format(value=value), param, ctx)
