"""One of several processes that do the same in one database: `python -m tests.integration.db.racing_process URL N`.

Before each step it writes "ready" and waits for a line, so that all of them go on at once."""

import sys
from collections.abc import Callable
from decimal import Decimal

from getsms_core.accounts import gateway_account
from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import SYSTEM, Role
from getsms_core.base.settings import Settings
from getsms_core.billing import price_rules
from getsms_core.campaigns import templates
from getsms_core.db.engine import open_store
from getsms_core.users import service as users
from getsms_core.worker import registry

PASSWORD = "seven of nine 7"


def together(work: Callable[[], object]) -> None:
    """Do one step with the others, and write its result or the code of its refusal."""
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        print(work(), flush=True)
    except DomainError as refusal:
        print("refused", refusal.code, flush=True)


def main(url: str, number: int) -> None:
    """Take the steps one after another."""
    settings = Settings(_env_file=None, database_url=url)  # type: ignore[call-arg]
    together(lambda: "opened" if open_store(url) else "")
    store = open_store(url)

    def start_worker() -> str:
        account_id = gateway_account.account_id(store, settings)
        with store.writing() as session:
            registry.register(session, account_id, "test")
        return f"account {account_id}"

    name = ("Oʻktam", "OʻKTAM")[number % 2]
    wording = templates.Wording("Sale", "Salom", "service", "uz")
    together(start_worker)
    together(lambda: users.create_first_administrator(store, f"Admin {number}", PASSWORD).role)
    together(lambda: users.create(store, SYSTEM, name, PASSWORD, Role.ANALYST).role)
    together(lambda: "price" if price_rules.add(store, SYSTEM, Decimal(100 + number), 1) else "")
    together(lambda: "template" if templates.create(store, SYSTEM, wording) else "")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
