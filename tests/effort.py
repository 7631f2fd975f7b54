"""How many random cases the tests try: `make test EFFORT=5` tries five times as many, for a thorough run by hand."""

import os

EFFORT = max(1, int(os.environ.get("TEST_EFFORT", "1")))


def times(cases: int) -> int:
    """Return the number of cases to try instead of `cases`."""
    return cases * EFFORT
