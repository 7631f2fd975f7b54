"""The control group: who is drawn, that they get nothing, and that the draw can be repeated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from getsms_core.base.errors import DomainError
from getsms_core.campaigns import audience, build, control, copying, excluded
from getsms_core.campaigns import service as campaigns
from getsms_core.db.documents import Exclusions
from getsms_core.db.engine import Store
from tests.engine_support import AZIZA, campaign_of, messages_of, phones, running, settings_for
from tests.integration.cli.cli_support import document, refused, run


@given(st.integers(0, 400), st.integers(0, 9000), st.integers(0, 2**31 - 1))
def test_the_share_is_rounded_down_and_the_same_seed_draws_the_same(n: int, share: int, seed: int) -> None:
    numbers = np.array(phones(n), np.int64)
    drawn = control.draw(numbers, share, seed)
    assert drawn.sum() == n * share // 10_000
    assert (control.draw(numbers, share, seed) == drawn).all()
    back = control.draw(numbers[::-1], share, seed)[::-1]
    assert (back == drawn).all()  # whatever the order of the list


def test_everybody_is_drawn_about_as_often() -> None:
    numbers = np.array(phones(1000), np.int64)
    times = np.sum([control.draw(numbers, 1000, seed) for seed in range(500)], axis=0)
    assert times.sum() == 50_000
    # The count of each number is binomial (500, 1/10): chi-square of 1000 cells, 0.999 quantile about 1143.
    assert ((times - 50) ** 2 / 45).sum() < 1200


@pytest.mark.parametrize("typed", ["-1", "91", "ten", "", "1.234"])
def test_a_share_that_cannot_be_drawn_is_refused(typed: str) -> None:
    with pytest.raises(DomainError) as refusal:
        control.parse_share(typed)
    assert refusal.value.code == "bad-control"


def test_the_control_group_gets_no_message_and_is_kept_with_the_campaign(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)
    file = tmp_path / "list.csv"
    file.write_text("Telefon\n" + "".join(f"{number}\n" for number in phones(57)), "utf-8")
    created = document("create", str(file), "--name", "A", "--text", "Salom", "--control", "10 %")
    assert (created["messages"], created["excluded"]["control"], created["accepted"]) == (52, 5, 57)
    campaign_id = int(created["campaign"])
    campaign = campaign_of(store, campaign_id)
    assert campaign.control == 1000
    held_out = {row.row for row in excluded.rows(store, campaign)}
    assert {row["reason"] for row in document("excluded", str(campaign_id))["rows"]} == {"control"}
    assert held_out.isdisjoint(message.row for message in messages_of(store, campaign_id))
    # The draft's own audience, as previews and a second build see it, leaves out the same rows.
    chosen = audience.of(store, campaign)
    assert {int(row) for row in chosen.accepted["row"].to_numpy()[chosen.reasons > 0]} == held_out
    changed = document("change", str(campaign_id), "--text", "Salom!")
    assert changed["excluded"]["control"] == 5
    assert {row.row for row in excluded.rows(store, campaign_of(store, campaign_id))} == held_out
    again = copying.copy(store, AZIZA, settings_for(), campaign_id)
    build.prepare(store, again)
    copy = campaign_of(store, again)
    assert (copy.control, copy.control_seed != campaign.control_seed) == (1000, True)
    campaigns.start(store, AZIZA, again)
    campaigns.cancel(store, AZIZA, again)
    rest = copying.copy(store, AZIZA, settings_for(), again, rest=True)
    assert campaign_of(store, rest).control == 0  # of the rest nobody is held out again
    unbuilt = copying.copy(store, AZIZA, settings_for(), campaign_id)
    campaigns.start(store, AZIZA, unbuilt)
    campaigns.cancel(store, AZIZA, unbuilt)
    assert campaign_of(store, copying.copy(store, AZIZA, settings_for(), unbuilt, rest=True)).control == 1000
    assert document("change", str(campaign_id), "--control", "0")["excluded"]["control"] == 0
    assert refused("change", str(campaign_id), "--control", "95") == "bad-control"
    assert "control" in run("create", "--help").stdout


def test_it_is_drawn_from_those_who_would_get_a_message(store: Store) -> None:
    numbers = phones(40)
    first = running(store, numbers=numbers[:20])
    draft = campaigns.Draft.of(campaign_of(store, running(store, numbers=numbers)))
    draft = replace(draft, exclusions=Exclusions(campaigns=(first,)), control=2500)
    campaign_id = campaigns.create(store, AZIZA, settings_for(), draft)
    build.prepare(store, campaign_id)
    counts = excluded.campaign_counts(store, campaign_id)
    assert (counts["campaigns"], counts["control"], campaign_of(store, campaign_id).messages) == (20, 5, 15)
    drawn = {row.phone for row in excluded.rows(store, campaign_of(store, campaign_id)) if row.reason == "control"}
    assert drawn <= set(numbers[20:])
