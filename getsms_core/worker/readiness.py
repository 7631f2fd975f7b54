"""Whether this installation can do its work: the database answers, its tables are up to date, a worker runs."""

from getsms_core.base.errors import DomainError
from getsms_core.db import schema
from getsms_core.db.engine import Store
from getsms_core.delivery import workers_online

DATABASE, MIGRATIONS, WORKER = "database", "migrations", "worker"


def missing(store: Store) -> list[str]:
    """Return what is missing, of "database", "migrations" and "worker"; [] = ready. Raises nothing that the database
    causes."""
    try:
        with store.reading() as session:
            current = schema.current_revision(session.connection())
        absent = [] if current == schema.HEAD else [MIGRATIONS]
        return absent if workers_online.present(store) else [*absent, WORKER]
    except DomainError as refusal:
        return [cause(refusal)]


def cause(refusal: DomainError) -> str:
    """Return what is missing when the database refused: its tables, or itself."""
    return MIGRATIONS if refusal.code in ("database-newer", "database-foreign") else DATABASE
