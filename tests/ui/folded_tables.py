"""What a page keeps folded: the tables behind charts, which it makes once its reader opens them, and forms."""

from collections import defaultdict

from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.testing.v1 import AppTest

_seen: dict[str, set[str]] = defaultdict(set)
"""The keys of the folded tables that each script has shown in this process."""


def open_tables(page: AppTest) -> AppTest:
    """Open every table of a page that was run, as its reader does, and run it again."""
    keys = {key for expander in page.expander if (key := user_key_from_element_id(expander.proto.id))}
    folded = {key for key in keys if not page.session_state[key]}
    for key in folded:
        page.session_state[key] = True
    _seen[page._script_path] |= folded
    return page.run() if folded else page


def run_with_open_tables(page: AppTest) -> AppTest:
    """Run a page with every table open: in one run where another test has opened the tables of its script."""
    for key in _seen[page._script_path]:
        page.session_state[key] = True
    return open_tables(page.run())
