"""Test SMS to one's own phones: of the text that a chosen row gets, or of one of several texts."""

import streamlit as st

from getsms_core.base.permissions import Permission
from getsms_core.campaigns import draft_input, test_send
from getsms_core.campaigns import service as campaigns
from getsms_core.messages.estimate import Estimate
from pages.ui.shared import choices, later, typed_fields, wizard_draft
from pages.ui.shared.plain_text import plain
from pages.ui.shared.records import Campaign
from pages.ui.shared.session import _, actor, settings, store
from pages.ui.shared.text_names import text_names
from pages.ui.text_editor import row_picker

REFRESH_SECONDS = 2.0  # seconds between looks at a test that is under way
PLACE = "test"  # of what was refused, see `wizard_draft.attempt`
_PHONE = "test-phone"
_SENT = "test-sent"


def kept_fields() -> dict[str, str]:
    """The field whose value survives a reload (name → key of the widget)."""
    return {draft_input.TEST_PHONE: _PHONE}


def phone_field() -> None:
    """The numbers for a test."""
    st.text_input(
        _("Your number"),
        key=_PHONE,
        placeholder="90 123 45 67",
        help=_("Up to {most} numbers, separated by commas.").format(most=test_send.MAX_NUMBERS),
        persist_state="session",
    )


def of_row(campaign: Campaign, estimate: Estimate) -> None:
    """A test of the text that a row gets, with the data of that row."""
    if not actor().may(Permission.CAMPAIGN):
        return
    with st.container(border=True):
        st.markdown("**" + _("First a test to your own phone") + "**")
        with st.container(horizontal=True):  # from the top: the row's field has a line below it
            phone_field()
            position = _row_of_text(campaign)
            row_picker.choose(campaign, estimate.dearest[0] if position is None else position)
        st.button(
            _("Send the test"), key="test-send", icon=":material/smartphone:", on_click=_send_row, args=(campaign.id,)
        )
        wizard_draft.show_refusal(PLACE)
        _status(campaign, "row")


def numbers_box(campaign: Campaign) -> None:
    """The numbers for tests of several texts, see `of_text`."""
    if not actor().may(Permission.CAMPAIGN):
        return
    typed_fields.restore(int(campaign.id or 0), kept_fields())
    with st.container(border=True):
        st.markdown("**" + _("Test SMS to your own phone, one of each text") + "**")
        phone_field()
        wizard_draft.show_refusal(PLACE)
    typed_fields.keep(int(campaign.id or 0), kept_fields())


def of_text(campaign: Campaign, i: int, name: str, position: int) -> None:
    """A test of the text `i` (0 = the campaign's own) with the data of the recipient at a position."""
    if not actor().may(Permission.CAMPAIGN):
        return
    st.button(_("Send a test"), key=f"test-send-{i}", icon=":material/smartphone:", on_click=_send_text,
              help=plain(name), args=(campaign.id, i, position))  # fmt: skip
    _status(campaign, f"text {i}")


def _row_of_text(campaign: Campaign) -> int | None:
    """With texts by column, the text to test is chosen here; returns the position of the first recipient who gets it,
    None where none is chosen."""
    if not (campaign.text_column and campaign.variants):
        return None
    names, first = text_names(campaign), wizard_draft.first_positions(campaign)
    text = choices.selectbox(
        _("Text"),
        sorted(first),
        index=None,
        placeholder=_("Text of the row"),
        format_func=lambda text: names[text],
        key=row_picker.text_key(campaign),
    )
    return first.get(text)


def _status(campaign: Campaign, what: str) -> None:
    """How far the last test of a row or text is."""
    test = st.session_state.get(_SENT, {}).get((campaign.id, what))
    if test is not None:
        later.fragment(run_every=REFRESH_SECONDS)(_test_status)(test[0])


def _test_status(test_id: int) -> None:
    """How far the test is; looks again by itself."""
    test = campaigns.figures(store(), test_id)
    if test.delivered:
        sentence = _("The test arrived.")
    elif test.unsent or not test.total:
        sentence = _("The test is on its way.")
    elif test.sent:
        sentence = _("The test was sent; its receipt has not come yet.")
    else:
        sentence = _("The test did not arrive.")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(sentence, width="content")
        st.page_link("campaigns.py", label=_("The test campaign"), query_params={"id": str(test_id)})


def _send_row(campaign_id: int) -> None:
    def work() -> None:
        campaign = campaigns.get(store(), campaign_id)
        test_send.parse_numbers(st.session_state.get(_PHONE, ""))
        row, at, values = row_picker.values(campaign)
        _send(campaign, "row", row, wizard_draft.text_at(campaign, at), values)

    wizard_draft.attempt(work, PLACE)


def _send_text(campaign_id: int, i: int, position: int) -> None:
    def work() -> None:
        campaign = campaigns.get(store(), campaign_id)
        table = wizard_draft.recipients(campaign)
        row = table["row"][position].as_py()
        _at, values = test_send.row_values(table, row)
        _send(campaign, f"text {i}", row, wizard_draft.text_at(campaign, position), values)

    wizard_draft.attempt(work, PLACE)


def _send(campaign: Campaign, what: str, row: int, text: str, values: dict[str, str]) -> None:
    """Send a test, unless the same one is on its way: a second click soon after the first sends nothing."""
    phones = test_send.parse_numbers(st.session_state.get(_PHONE, ""))
    sent = st.session_state.setdefault(_SENT, {})
    same = (text, row, phones)
    last = sent.get((campaign.id, what))
    if last is not None and last[1] == same:
        figures = campaigns.figures(store(), last[0])
        if figures.unsent or not figures.total:  # a worker has not made its message yet
            return
    wizard_draft.total_estimate(campaign)  # refuses a text that the list cannot serve
    test_id = test_send.send(store(), actor(), settings(), int(campaign.id or 0), phones, values, text)
    sent[campaign.id, what] = (test_id, same)
