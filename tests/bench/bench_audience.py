"""Excluding people and lists of results against pandas in one run: `python -m tests.bench.bench_audience --rows N`.

Naive is what is written first: pandas.read_sql, sets of numbers, and a merge for a list of results.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlmodel import Session, col

from getsms_core.base.permissions import Actor, Role
from getsms_core.base.settings import Settings
from getsms_core.base.states import CampaignState, MessageState
from getsms_core.campaigns import exclusions, follow_up
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.contacts import lists
from getsms_core.db import rollups
from getsms_core.db.engine import Store, now_ms, open_store
from getsms_core.db.models import Campaign, Message
from tests.engine_support import settings_for

ACTOR = Actor("bench", Role.ADMINISTRATOR)


def _timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def _earlier_campaign(store: Store, settings: Settings, folder: Path, rows: int) -> tuple[int, int]:
    """A campaign of so many messages, half of them delivered and half undelivered, and its list."""
    file = folder / "list.csv"
    numbers = 998_900_000_000 + np.arange(rows)
    pd.DataFrame({"Telefon": numbers, "Ism": "Ali"}).to_csv(file, index=False)
    list_id = lists.add_file(store, ACTOR, file, "list", lists.Options())
    campaign_id = campaigns.create(store, ACTOR, settings, campaigns.Draft("Earlier", "Salom", list_id))
    campaigns.prepare(store, campaign_id)
    with store.writing() as session:
        state = sa.case((col(Message.row) % 2 == 0, MessageState.DELIVERED.value), else_=MessageState.UNDELIVERED.value)
        of_account = sa.update(Message).where(col(Message.campaign_id) == campaign_id)
        session.execute(of_account.values(state=state, left_at=now_ms(session)))
        finished = sa.update(Campaign).where(col(Campaign.id) == campaign_id)
        session.execute(finished.values(state=CampaignState.FINISHED))
        rollups.rebuild(session, campaign_id)
    return campaign_id, list_id


def _naive_mask(store: Store, phones: pa.ChunkedArray, campaign_id: int) -> object:
    with Session(store.engine) as session:
        frame = pd.read_sql(sa.select(Message).where(col(Message.campaign_id) == campaign_id), session.connection())
    got = set(frame[frame["state"].isin(["accepted", "delivered", "uncertain"])]["phone"])
    return pd.Series(phones.to_pylist()).isin(got)


def _naive_list(store: Store, campaign_id: int, list_id: int) -> object:
    with Session(store.engine) as session:
        frame = pd.read_sql(sa.select(Message).where(col(Message.campaign_id) == campaign_id), session.connection())
    people = lists.accepted(store, list_id).to_pandas()
    wanted = frame[frame["state"] == "undelivered"]
    return people.merge(wanted[["phone"]], on="phone")


def run(rows: int) -> list[tuple[str, float, float]]:
    """(what, seconds ours, seconds naive) for so many rows on SQLite. Ours makes the list; naive only chooses it."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/bench.db")
        settings = settings_for()
        earlier, list_id = _earlier_campaign(store, settings, Path(folder), rows)
        draft = campaigns.Draft("New", "Salom", list_id, exclusions=Exclusions(campaigns=(earlier,), days=30))
        campaign = campaigns.get(store, campaigns.create(store, ACTOR, settings, draft))
        phones = lists.accepted(store, list_id)["phone"]
        naive = _timed(lambda: _naive_mask(store, phones, earlier))
        by_campaign = _timed(lambda: exclusions.masks(store, campaign, phones.to_numpy()))
        results = [("excluded by campaign and by days", by_campaign, naive)]
        choice = follow_up.Choice((MessageState.UNDELIVERED,))
        naive = _timed(lambda: _naive_list(store, earlier, list_id))
        ours = _timed(lambda: follow_up.make_list(store, ACTOR, [earlier], choice, "Again"))
        store.close()
    return [*results, ("list of the undelivered", ours, naive)]


def main() -> None:
    """Print the table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    print(f"{rows:,} rows{'ours, s':>32}{'naive, s':>12}{'ratio':>8}")
    for what, ours, naive in run(rows):
        print(f"{what:32}{ours:12.2f}{naive:12.2f}{naive / ours:8.1f}")


if __name__ == "__main__":
    main()
