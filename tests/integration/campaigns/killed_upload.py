"""An upload of responses whose process kills itself before a transaction, the one after so many:
`python -m tests.integration.campaigns.killed_upload URL CAMPAIGN TEXT REPLACE AFTER`."""

import os
import signal
import sys
from typing import Any

from getsms_core.base.permissions import Actor, Role
from getsms_core.campaigns import response_writing, responses
from getsms_core.campaigns.response_rows import Columns
from getsms_core.db.engine import open_store


def main(url: str, campaign_id: str, text: str, replace: str, deadly: str) -> None:
    """Store the responses in portions of four rows."""
    written = 0
    whole = response_writing.Upload._touch

    def touch(self: response_writing.Upload, session: Any, **values: Any) -> None:
        nonlocal written
        if written == int(deadly):
            os.kill(os.getpid(), signal.SIGKILL)
        written += 1
        whole(self, session, **values)

    setattr(response_writing, "PORTION", 4)  # noqa: B010  (mypy: a constant)
    setattr(response_writing.Upload, "_touch", touch)  # noqa: B010  (mypy: a method)
    columns = Columns("telefon", None, "summa")
    responses.from_text(
        open_store(url), Actor("Aziza", Role.ADMINISTRATOR), int(campaign_id), text, columns, replace=replace == "True"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
