"""`@each_case(("cell", "number"), TABLE)`: all rows of a table in one test.

For each test pytest, pytest-xdist and the collection in each of its processes pay 3 ms of CPU: for a row that calls a
pure function, a hundred times what it tests. As with `parametrize`, every row runs, and each that fails is reported
with its values."""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from getsms_core.base import i18n

Test = Callable[..., None]


def each_case(names: str | Sequence[str], cases: Iterable[Any]) -> Callable[[Test], Test]:
    """Call the test once for each case: a tuple of values for the names, or one value for one name.

    Each call begins in English. All share the fixtures of the test, so what a call leaves in them must not matter to
    the next. A case that fails is a failed subtest of pytest's; those that pass are not reported: that costs 1 ms each.
    """
    parameters = (names,) if isinstance(names, str) else tuple(names)
    rows = [dict(zip(parameters, (case,) if isinstance(names, str) else case, strict=True)) for case in cases]
    if not rows:
        raise ValueError(f"no cases for {', '.join(parameters)}")

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def every_case(subtests: pytest.Subtests, **fixtures: Any) -> None:
            for row in rows:
                i18n.set_language("en")
                try:
                    test(**fixtures, **row)
                except BaseException:
                    with subtests.test(**row):
                        raise

        signature = inspect.signature(test)
        fixtures = [parameter for name, parameter in signature.parameters.items() if name not in parameters]
        subtests = inspect.Parameter("subtests", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        every_case.__signature__ = signature.replace(parameters=[subtests, *fixtures])  # type: ignore[attr-defined]
        return every_case

    return decorate
