"""What the steps of a new campaign share: the draft in the database, the step in the address, and cached reads.

Caches are keyed by the database and an id, never by a frame: a list never changes once it is ready.
"""

import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import streamlit as st

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import N_
from getsms_core.base.kinds import MessageKind, OptOutScope
from getsms_core.base.states import CampaignState
from getsms_core.base.work_states import ListState
from getsms_core.billing import price_rules
from getsms_core.campaigns import audience, draft_costs, draft_preview, possible_start, text_column, texts
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.audience import Audience
from getsms_core.campaigns.draft_preview import PreviewMessage
from getsms_core.campaigns.exclusions import Exclusions
from getsms_core.campaigns.text_column import ColumnValues, Coverage
from getsms_core.campaigns.texts import Assignment
from getsms_core.contacts import lists, selection, suppression
from getsms_core.contacts.conditions import from_json
from getsms_core.contacts.facts import ListFacts
from getsms_core.contacts.validation import CheckedList
from getsms_core.db.engine import Store
from getsms_core.messages.estimate import Estimate
from pages.ui.shared import draft_tabs, outcomes
from pages.ui.shared.records import Campaign, RecipientList
from pages.ui.shared.session import _, actor, read_once, settings, store

STEPS = {
    "list": N_("List"),
    "check": N_("Check"),
    "text": N_("Text"),
    "preview": N_("Preview"),
    "send": N_("Send"),
}
NOW = 0
"""As the time for which a draft is counted: now, even where `planned_start` is later."""


# ------------------------------------------------------------------------------------------------------- address


def current_draft() -> Campaign | None:
    """The campaign in the address; None where a new one begins. Raises `DomainError` ("no-such-campaign")."""
    id_text = st.query_params.get("campaign", "")
    return campaigns.get(store(), int(id_text)) if id_text.isdecimal() and len(id_text) < 10 else None


def step() -> str:
    """The step in the address."""
    code = st.query_params.get("step", "list")
    return code if code in STEPS else "list"


def go_to_step(to: str) -> None:
    """Go to a step; a callback."""
    st.query_params["step"] = to


def why_blocked(campaign: Campaign | None, recipient_list: RecipientList | None) -> dict[str, str]:
    """The steps that cannot be opened yet, each with what to do first: each needs what the one before it makes."""
    after = list(STEPS)
    if campaign is None or recipient_list is None:
        return dict.fromkeys(after[1:], _("First choose a list."))
    if recipient_list.state == ListState.FAILED:
        return dict.fromkeys(after[1:], _("First choose another list: this one could not be read."))
    if recipient_list.state != ListState.READY:
        return dict.fromkeys(after[1:], _("First the list must be checked."))
    if lists.phone_columns_to_choose(store(), recipient_list):
        return dict.fromkeys(after[1:], _("First choose the phone column."))
    if not has_recipients(campaign, recipient_list):
        return dict.fromkeys(after[2:], _("First choose who gets the SMS: now it is nobody."))
    if not campaign.text.strip():
        return dict.fromkeys(after[3:], _("First write the text."))
    if total_estimate_or_none(campaign) is None:
        return dict.fromkeys(after[3:], _("First correct the text."))
    return {}


def reachable_steps(campaign: Campaign | None, recipient_list: RecipientList | None) -> list[str]:
    """The steps that can be opened."""
    blocked = why_blocked(campaign, recipient_list)
    return [code for code in STEPS if code not in blocked]


# -------------------------------------------------------------------------------------------------------- saving


def save(campaign_id: int, place: str = "", **changes: Any) -> bool:
    """Change the draft; return whether it was changed. A refusal is stored for `show_refusal` at a place; what would
    overwrite the change of another tab waits in `draft_tabs`."""
    saved = False

    def change() -> None:
        nonlocal saved
        saved = draft_tabs.save(campaign_id, changes)

    return attempt(change, place) and saved


def stored_text(campaign_id: int) -> str:
    """The text of a draft as it is stored now."""
    return campaigns.get(store(), campaign_id).text


def attempt(action: Callable[[], object], place: str = "") -> bool:
    """Do what a click asks for; a refusal becomes a sentence at a place of the page, beside the field that it is
    about; "" for the bar with Back and Next, which is always visible."""
    take_refusals()
    try:
        action()
    except DomainError as refusal:
        st.session_state[refusal_key(place)] = refusal.message
        return False
    return True


def refusal_key(place: str = "") -> str:
    """The key in the session of what was refused at a place."""
    return f"wizard-trouble:{place}" if place else "wizard-trouble"


def show_refusal(place: str) -> None:
    """Show what was refused last at this place, once."""
    if message := st.session_state.pop(refusal_key(place), None):
        outcomes.show_one("error", message)


def take_refusals() -> list[str]:
    """Return what was refused and not shown yet, at whatever place, and forget it."""
    keys = [str(key) for key in st.session_state if str(key).partition(":")[0] == refusal_key()]
    return [st.session_state.pop(key) for key in sorted(keys)]


# --------------------------------------------------------------------------------------------------------- reads


@st.cache_resource(max_entries=4, ttl=3600, show_spinner=False)
def _checked(_store: Store, url: str, list_id: int, erased_rows: int) -> CheckedList:
    return lists.checked(_store, list_id)


def _erased_rows(list_id: int) -> int:
    """How many rows of a list were erased: what is cached of it is not used any more. A step asks ten times in a run,
    which was a fifth of its CPU."""

    def read() -> int:
        return ListFacts.from_stored(lists.get(store(), list_id).facts).erased_rows or 0 if list_id else 0

    return read_once(("erased-rows", list_id), read)


def _prices(campaign: Campaign, at: int | None) -> tuple[int, ...]:
    """The price of a part in each number range at an instant (UTC ms), or now."""
    key = ("prices", campaign.id, at)
    return read_once(key, lambda: price_rules.campaign_price_table(store(), campaign, at))


class AudienceKey(NamedTuple):
    """What the recipients of a draft depend on, as the key of caches; `day` is the one that birthdays count from. With
    a `campaign_id` it is a draft that leaves out others than its condition does."""

    list_id: int
    condition: str
    day: str
    exclusions: str = ""
    """What the draft excludes as JSON, "" for nothing; with the draft and the minutes since 1970 it is read in, because
    other campaigns go on sending."""
    campaign_id: int = 0
    minute: int = 0
    control: int = 0
    erased_rows: int = 0
    opt_outs: tuple[int, int] = (0, 0)
    """Of advertising: how many opted out of it, and when the last one did (UTC ms)."""
    at: int = 0
    """When it is to be sent (UTC ms), which decides about the days before; 0 for now."""


@st.cache_resource(max_entries=8, ttl=3600, show_spinner=False)
def _audience(_store: Store, url: str, key: AudienceKey) -> Audience:
    condition = from_json(key.condition) if key.condition else None
    day = date.fromisoformat(key.day) if key.day else None
    chosen = audience.of_checked(_checked(_store, url, key.list_id, key.erased_rows), condition, day)
    if not key.campaign_id:
        return chosen
    return audience.exclude(_store, campaigns.get(_store, key.campaign_id), chosen, at=key.at or None)


@st.cache_data(max_entries=4, ttl=2, show_spinner=False)  # one run of a page asks ten times
def _advertising_opt_outs(_store: Store, url: str) -> tuple[int, int]:
    return suppression.newest(_store, OptOutScope.ADVERTISING)


@st.cache_data(max_entries=64, ttl=3600, show_spinner=False)
def _estimate(
    _store: Store,
    url: str,
    key: AudienceKey,
    text: str,
    mend_values: bool,
    prices: tuple[int, ...],
    share: draft_costs.Share | None,
) -> Estimate:
    table = _audience(_store, url, key).recipients
    return draft_costs.estimate_text(table, text, prices, mend_values=mend_values, share=share)


def checked(list_id: int) -> CheckedList:
    """A ready list as its check left it. Raises `DomainError` ("not-allowed") as `lists.read`, whose rows are cached
    here."""
    lists.must_read(actor())
    return _checked(store(), str(store().engine.url), list_id, _erased_rows(list_id))


@st.cache_data(max_entries=64, ttl=3600, show_spinner=False)
def _first_start(_store: Store, url: str, key: AudienceKey, campaign_id: int) -> int | None:
    checked = _checked(_store, url, key.list_id, key.erased_rows)
    campaign, now = campaigns.get(_store, campaign_id), int(time.time() * 1000)
    return possible_start.first_start(_store, campaign, checked, settings().zone, now)


def planned_start(campaign: Campaign) -> int | None:
    """The time (UTC ms) that the steps before the last one count for; None for now. It is a later one where nobody
    would get the draft now and somebody would on another day: the last step chooses the day."""
    if not possible_start.depends_on_day(campaign):
        return None
    key, url = audience_key(campaign, NOW), str(store().engine.url)
    if len(_audience(store(), url, key).positions):
        return None
    return _first_start(store(), url, key, int(campaign.id or 0))


def audience_key(campaign: Campaign, at: int | None = None) -> AudienceKey:
    """The key of a draft's recipients, who are those of an instant (UTC ms) at which it is to be sent, `NOW`, or by
    default of `planned_start`."""
    at = planned_start(campaign) if at is None else at
    day = ""
    if condition := audience.condition_of(campaign):
        day = (audience.day_of(store(), campaign, at) or selection.day_for(condition)).isoformat()
    list_id = int(campaign.list_id or 0)
    key = AudienceKey(list_id, campaign.condition, day, erased_rows=_erased_rows(list_id))
    if not audience.excludes(campaign):
        return key
    key = key._replace(campaign_id=int(campaign.id or 0), control=campaign.control)
    if campaign.category == MessageKind.ADVERTISING:
        key = key._replace(opt_outs=_advertising_opt_outs(store(), str(store().engine.url)))
    if not campaign.exclusions:
        return key
    counted_back_from = at or 0 if Exclusions.from_stored(campaign.exclusions).days else 0
    return key._replace(exclusions=json.dumps(campaign.exclusions), minute=int(time.time() // 60), at=counted_back_from)


def key_for(list_id: int, condition: str) -> AudienceKey:
    """The key of the recipients of a list whom a condition (as JSON, "" for none) chooses today."""
    day = selection.day_for(from_json(condition)).isoformat() if condition else ""
    return AudienceKey(list_id, condition, day, erased_rows=_erased_rows(list_id))


def audience_of(key: AudienceKey) -> Audience:
    """The recipients of a ready list whom a condition chooses, and how many it leaves out. Raises `ConditionError`, and
    `DomainError` ("not-allowed") as `lists.read`."""
    lists.must_read(actor())
    return _audience(store(), str(store().engine.url), key)


def has_recipients(campaign: Campaign, kept: RecipientList) -> bool:
    """Whether anybody of a ready list gets the draft: not where its condition chooses nobody or cannot be used,
    nor where everybody is excluded."""
    if not is_narrowed(campaign):
        return bool(kept.counts.accepted)
    try:
        return bool(recipients(campaign).num_rows)
    except DomainError:
        return False


def is_narrowed(campaign: Campaign) -> bool:
    """Whether others than all recipients of its list may get a draft."""
    return bool(campaign.condition) or audience.excludes(campaign)


def recipients(campaign: Campaign) -> pa.Table:
    """The recipients of a draft whose list is ready: row, phone and the columns of the file."""
    return audience_of(audience_key(campaign)).recipients


def columns(list_id: int) -> list[str]:
    """The columns that a text can merge."""
    names = _audience(store(), str(store().engine.url), key_for(list_id, "")).recipients.column_names
    return [str(name) for name in names if name not in ("row", "phone")]


def estimate(campaign: Campaign, text: str | None = None, at: int | None = None, variant: int = 0) -> Estimate:
    """The cost of the draft's text (or another) over the rows that get it, at the prices of an instant (UTC ms, `NOW`,
    or `planned_start`) and over those who get it then: all rows, or those of a variant where there are several. Raises
    `DomainError` where the list cannot serve it."""
    assert campaign.list_id is not None
    assignment = Assignment.of(campaign)
    at = planned_start(campaign) if at is None else at
    return _estimate(
        store(),
        str(store().engine.url),
        audience_key(campaign, at),
        campaign.text if text is None else text,
        campaign.mend_values,
        _prices(campaign, at or None),
        None if assignment is None else (variant, assignment),
    )


def text_estimates(campaign: Campaign, at: int | None = None) -> list[tuple[str, Estimate]]:
    """Each text of the campaign with its cost over those who get it."""
    estimates = [(campaign.text, estimate(campaign, at=at))]
    for i, later_text in enumerate(draft_costs.variants_of(campaign), 1):
        estimates.append((later_text.text, estimate(campaign, later_text.text, at, i)))
    return estimates


def total_estimate(campaign: Campaign, at: int | None = None) -> Estimate:
    """The cost of the whole campaign, whatever number of texts it has."""
    parts = [part for _text, part in text_estimates(campaign, at)]
    return draft_costs.combine(parts) if len(parts) > 1 else parts[0]


def text_at(campaign: Campaign, at: int) -> str:
    """The text that a recipient gets, before it is merged."""
    return texts.text_for(campaign, recipients(campaign), at)


@st.cache_data(max_entries=16, ttl=3600, show_spinner=False)
def _first_positions(_store: Store, url: str, key: AudienceKey, assignment: Assignment) -> dict[int, int]:
    present, first = np.unique(assignment.assign(_audience(_store, url, key).recipients), return_index=True)
    return dict(zip(present.tolist(), first.tolist(), strict=True))


def first_positions(campaign: Campaign) -> dict[int, int]:
    """For each text that somebody gets (0 = the campaign's own) the position of the first recipient who gets it; only
    for several texts. Raises `DomainError` for a text column that the list does not have."""
    assignment = Assignment.of(campaign)
    if assignment is None:
        return {}
    return _first_positions(store(), str(store().engine.url), audience_key(campaign), assignment)


@st.cache_data(max_entries=16, ttl=3600, show_spinner=False)
def _column_values(_store: Store, url: str, key: AudienceKey, column: str) -> ColumnValues:
    return text_column.values_of(_audience(_store, url, key).recipients, column)


def column_values(campaign: Campaign, column: str) -> ColumnValues:
    """The most frequent values of a column over the recipients of the draft. Raises `DomainError` for a column that the
    list does not have."""
    lists.must_read(actor())
    return _column_values(store(), str(store().engine.url), audience_key(campaign), column)


@st.cache_data(max_entries=16, ttl=3600, show_spinner=False)
def _coverage(_store: Store, url: str, key: AudienceKey, column: str, values: tuple[str, ...]) -> Coverage:
    return text_column.coverage(_audience(_store, url, key).recipients, column, values)


def coverage(campaign: Campaign) -> Coverage:
    """How the texts by column of the draft fit its recipients. Raises `DomainError` as `column_values`."""
    lists.must_read(actor())
    values = tuple(variant.value or "" for variant in draft_costs.variants_of(campaign))
    return _coverage(store(), str(store().engine.url), audience_key(campaign), campaign.text_column, values)


def preview_message(campaign: Campaign, at: int) -> PreviewMessage:
    """The message of a recipient, as this user may see it."""
    prices = _prices(campaign, planned_start(campaign))
    return draft_preview.message(actor(), campaign, recipients(campaign), at, prices)


def total_estimate_or_none(campaign: Campaign) -> Estimate | None:
    """`total`, or None for a text that cannot be sent."""
    try:
        return total_estimate(campaign)
    except DomainError:
        return None


def editable(campaign: Campaign | None) -> bool:
    """Whether the campaign is still a draft."""
    return campaign is None or campaign.state == CampaignState.DRAFT
