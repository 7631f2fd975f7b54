"""Several processes that do the same in one database: `python -m tests.integration.db.racing_process URL`.

They are forks of one process that has the imports. Before each step they wait for each other, so that all of them go on
at once. Prints the results of each process as JSON."""

import json
import multiprocessing
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

import argon2
import sqlalchemy as sa
from sqlmodel import col

from getsms_core.accounts import gateway_account
from getsms_core.base.errors import Conflict, DomainError
from getsms_core.base.permissions import SYSTEM, Role
from getsms_core.base.settings import Settings
from getsms_core.billing import price_rules
from getsms_core.campaigns import templates
from getsms_core.contacts import segments
from getsms_core.contacts.conditions import parse
from getsms_core.db.engine import Store, open_store
from getsms_core.db.models import Account, StatusFault
from getsms_core.delivery.receipt_notes import PollNotes
from getsms_core.users import passwords
from getsms_core.users import service as users
from getsms_core.worker import registry
from tests.waits import LIMIT

PASSWORD = "seven of nine 7"
PROCESSES = 4


class Race:
    """The steps of one process, and their results."""

    def __init__(self, barrier: Barrier) -> None:
        self._barrier = barrier
        self.results: list[str] = []

    def together(self, work: Callable[[], object]) -> None:
        """Do one step with the others, and note its result or the code of its refusal."""
        self._barrier.wait(LIMIT)
        try:
            self.results.append(str(work()))
        except DomainError as refusal:
            self.results.append(f"refused {refusal.code}")


def of_login(url: str, number: int) -> Settings:
    """Settings of one login, with an address of this process."""
    values = {"login": "bulk", "password": "secret", "url": f"http://127.0.0.1:{9000 + number}/", "sender": "Shop"}
    return Settings(_env_file=None, database_url=url, **values)  # type: ignore[arg-type, call-arg]


def account_of_login(store: Store, settings: Settings) -> str:
    """Register the account of a login, and say whether it is the only one."""
    account_id = gateway_account.account_id(store, settings)
    with store.reading() as session:
        ids = session.scalars(sa.select(col(Account.id)).where(col(Account.login) == settings.login)).all()
    return "the account" if ids == [account_id] else f"account {account_id} of {ids}"


def administrators_left(store: Store, number: int) -> int:
    """Disable every administrator, each process from another one on; return how many are left."""
    everyone = [user.id for user in users.all_users(store) if user.role == Role.ADMINISTRATOR]
    for user_id in everyone[number:] + everyone[:number]:
        with suppress(Conflict):
            users.disable(store, SYSTEM, user_id)
    return sum(user.role == Role.ADMINISTRATOR and user.disabled_at is None for user in users.all_users(store))


def calls_after_faults(store: Store) -> int:
    """Store failed status calls of one campaign, ten times, and return how many are counted once all have done so."""
    for _time in range(10):
        notes = PollNotes()
        notes.fault([1], "http-403", "")
        store.transact(lambda session, notes=notes: notes.write(session, 1))  # type: ignore[misc]
    calls, pause = 0, threading.Event()
    while calls < 10 * PROCESSES:
        with store.reading() as session:
            calls = session.scalar(sa.select(col(StatusFault.calls))) or 0
        pause.wait(0.02)
    return calls


def take_steps(url: str, number: int, barrier: Barrier, results: Connection) -> None:
    """Take the steps one after another, and send the results."""
    race = Race(barrier)
    settings = Settings(_env_file=None, database_url=url)  # type: ignore[call-arg]
    race.together(lambda: "opened" if open_store(url) else "")
    store = open_store(url)

    def start_worker() -> str:
        account_id = gateway_account.account_id(store, settings)
        with store.writing() as session:
            registry.register(session, account_id, "test")
        return f"account {account_id}"

    name = ("Oʻktam", "OʻKTAM")[number % 2]
    wording = templates.Wording("Sale", "Salom", "service", "uz")
    race.together(start_worker)
    race.together(lambda: users.create_first_administrator(store, f"Admin {number}", PASSWORD).role)
    race.together(lambda: users.create(store, SYSTEM, name, PASSWORD, Role.ANALYST).role)
    race.together(lambda: "price" if price_rules.add(store, SYSTEM, Decimal(100 + number), 1) else "")
    race.together(lambda: account_of_login(store, of_login(url, number)))
    race.together(lambda: users.create(store, SYSTEM, f"Second {number}", PASSWORD, Role.ADMINISTRATOR).role)
    race.together(lambda: f"left {administrators_left(store, number)}")
    race.together(lambda: "segment" if segments.save(store, SYSTEM, name, parse(f"til = uz{number}")) else "")
    race.together(lambda: f"calls {calls_after_faults(store)}")
    race.together(lambda: "template" if templates.create(store, SYSTEM, wording) else "")
    results.send(race.results)


def main(url: str) -> int:
    """Start the processes and print what they did; return 0 when each ended in good order."""
    passwords._hasher = argon2.PasswordHasher(
        time_cost=1, memory_cost=64, parallelism=1
    )  # as in the tests' own process
    context = multiprocessing.get_context("fork")  # nothing is open and no thread runs
    barrier = context.Barrier(PROCESSES, timeout=LIMIT)
    pipes = [context.Pipe(duplex=False) for _number in range(PROCESSES)]
    processes = [
        context.Process(target=take_steps, args=(url, number, barrier, pipe[1])) for number, pipe in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(LIMIT)
    if any(process.exitcode != 0 for process in processes):
        return 1
    print(json.dumps([reader.recv() for reader, _writer in pipes]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
