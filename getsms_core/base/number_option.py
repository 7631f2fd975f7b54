"""The number of an option of a command."""

import math
from typing import Any

import click

from getsms_core.base.i18n import _


class Number(click.FloatRange):
    """A number within limits, written with a point."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number. Raises click.BadParameter."""
        try:
            number = float(value)
            if math.isnan(number):  # NaN passes every comparison with a limit
                raise ValueError
            return super().convert(number, param, ctx)
        except ValueError:
            self.fail(_("{value!r} is not a number.").format(value=value), param, ctx)
