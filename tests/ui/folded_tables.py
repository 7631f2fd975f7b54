"""The tables behind charts, which a page makes once its reader opens them."""

from streamlit.runtime.state.common import user_key_from_element_id
from streamlit.testing.v1 import AppTest


def open_tables(page: AppTest) -> AppTest:
    """Open every table of a page that was run, as its reader does, and run it again."""
    keys = [key for expander in page.expander if (key := user_key_from_element_id(expander.proto.id))]
    for key in keys:
        page.session_state[key] = True
    return page.run() if keys else page
