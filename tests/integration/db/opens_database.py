"""A process that opens a database and closes it: `python -m tests.integration.db.opens_database URL`. It fails when
that has loaded Alembic."""

import sys

from getsms_core.db.engine import open_store

if __name__ == "__main__":
    open_store(sys.argv[1]).close()
    sys.exit("alembic" in sys.modules)
