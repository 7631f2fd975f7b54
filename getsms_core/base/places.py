"""Where the program's own files are, in a checkout and in an installed wheel.

A wheel holds `app.py`, `pages/`, `.streamlit/`, the guides of `docs/` and the samples below `getsms_core/_app/`, where
`make wheel` puts them; in a checkout they are at its top level.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_IS_CHECKOUT = (_PACKAGE.parent / "app.py").exists()
APP = _PACKAGE.parent if _IS_CHECKOUT else _PACKAGE / "_app"
"""The folder of `app.py`."""
DATA = (_PACKAGE.parent if _IS_CHECKOUT else Path.cwd()) / "data"
"""The default folder of the database and files: in the checkout, else in the folder where the program was started."""
