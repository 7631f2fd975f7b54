"""A process that opens databases and writes to them as a user without rights:
`python -m tests.integration.db.writes_as_nobody GOOD_URL URL...`. Prints a line for each URL after the first."""

import os
import sys

from getsms_core.base.errors import DomainError
from getsms_core.db.engine import open_store


def main(good_url: str, *urls: str) -> None:
    """Print "written", or the code and the sentence of the refusal."""
    open_store(good_url).close()  # all modules are loaded while they can be read
    if os.geteuid() == 0:  # whom no permission stops
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    for url in urls:
        try:
            store = open_store(url)
            with store.writing() as session:
                session.connection().exec_driver_sql("DELETE FROM message")
            print("written")
        except DomainError as refusal:
            print(refusal.code, refusal.message.replace("\n", " "), sep="|")


if __name__ == "__main__":
    main(*sys.argv[1:])
