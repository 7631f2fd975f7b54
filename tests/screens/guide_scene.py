"""What the pictures of the guides show: a list with mistakes, a draft, campaigns, and one that awaits approval."""

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from getsms_core.accounts import gateway_account, policy
from getsms_core.accounts.policy import Policy, QuietHours
from getsms_core.base.permissions import SYSTEM, Actor, Role
from getsms_core.base.settings import Settings
from getsms_core.campaigns import drafts
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.drafts import Draft
from getsms_core.contacts import lists
from getsms_core.contacts.lists import Options
from getsms_core.db.engine import Store
from getsms_core.users import service as users
from tests.factories import with_history
from tests.factory_rows import some_phones
from tests.integration.users.gate_server import PASSWORD, UVICORN, Server, start
from tests.job_support import do_all
from tests.screens.scene import idle_worker

ROWS = 1_240
CITIES = ("Toshkent", "Samarqand", "Buxoro", "Andijon", "Namangan")
NAMES = ("Aziza", "Bekzod", "Dilnoza", "Jasur", "Kamola", "Lola", "Nodir", "Oybek", "Shahnoza", "Umida")
MISTAKES = ("9.98901E+11", "71 123 45 25", "keyin aytadi", "99890123453", "+7 912 345-67-27", "901234523, 911234523")
TEXT = "Hurmatli {Ism}! Navroʻz bayrami bilan! 21-mart kuni {Shahar} doʻkonlarimizda 20% chegirma. Kod: NAVROZ"


@dataclass(frozen=True)
class GuideScene:
    """A running app, and the ids of its draft and campaigns."""

    server: Server
    draft: int
    approval: int
    campaign: int


@contextmanager
def guide_scene(folder: Path) -> Iterator[GuideScene]:
    """Start an app on a database of its own for the pictures of the guides."""
    with start(folder, UVICORN) as server:
        store = server.store
        administrator = users.create_first_administrator(store, "Aziza", PASSWORD)
        assert administrator
        aziza, bekzod = Actor("Aziza", Role.ADMINISTRATOR), Actor("Bekzod", Role.MARKETER)
        for name, role in (("Bekzod", Role.MARKETER), ("Dilnoza", Role.MANAGER), ("Jasur", Role.ANALYST)):
            users.create(store, aziza, name, PASSWORD, role, "uz")
        campaign_ids = with_history(store, days=20, campaigns=8, messages=600, now=int(time.time() * 1000))
        settings = Settings(_env_file=None)  # type: ignore[call-arg]
        account_id = gateway_account.account_id(store, settings)
        rules = Policy(quiet=(QuietHours(tuple(range(7)), "21:00", "08:00"),), spend_day=500_000_000, cap_messages=3,
                       cap_days=7, approve_messages=1_000, own_words=("Korzinka", "Asaxiy"))  # fmt: skip
        policy.save(store, SYSTEM, account_id, rules, settings.zone)  # whoever sets the limits may not approve
        regulars = lists.add_file(store, bekzod, _customers(folder, 4), "Doimiy mijozlar", Options())
        list_id = lists.add_file(store, bekzod, _customers(folder, 5), "Mijozlar, mart", Options())
        do_all(store)
        wanted = Draft(name="Navroʻz chegirmasi", text=TEXT.replace("ʻ", "'"), list_id=regulars, sender="Korzinka",
                       category="advertising")  # fmt: skip
        approval = drafts.create(store, bekzod, settings, wanted)
        campaigns.start(store, bekzod, approval, settings=settings)
        do_all(store)
        draft = drafts.create(store, bekzod, settings, replace(wanted, text=TEXT, list_id=list_id))
        with idle_worker(store, account_id):
            yield GuideScene(server, draft, approval, _with_receipts(store, campaign_ids))


def _with_receipts(store: Store, made: list[int]) -> int:
    """The latest campaign that has ended; the last receipts of its messages are still to come."""
    return [campaign.id for campaign_id in made if (campaign := campaigns.get(store, campaign_id)).state == "finished"
            and campaign.id and not campaign.is_test][-1]  # fmt: skip


def _customers(folder: Path, seed: int) -> Path:
    path = folder / f"mijozlar-{seed}.csv"
    phones = some_phones(ROWS, np.random.default_rng(seed))
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(["Ism", "Telefon", "Shahar", "Til"])
        for n, number in enumerate(phones):
            text = str(number)
            cell = MISTAKES[n] if n < len(MISTAKES) else text[3:] if n % 40 == 0 else text
            rows.writerow([NAMES[n % 10], cell, CITIES[n % 7 % 5], "ru" if n % 4 == 0 else "uz"])
        rows.writerow(["Nodir", str(phones[-1]), "Xiva", "uz"])
    return path
