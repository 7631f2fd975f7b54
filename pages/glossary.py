"""What each figure means: the definitions behind every page, chart, file and command."""

import streamlit as st

from getsms_core.base.permissions import Permission
from getsms_core.base.states import GLOSSARY
from pages.ui.shared import state_legend
from pages.ui.shared.session import _, require


def main() -> None:
    """One run of the page."""
    require(Permission.READ)
    st.title(_("Glossary"), anchor=False)
    st.markdown(_("Every page, chart, file and command counts by these definitions, so that their figures agree."))
    st.table({f"**{_(name)}**": _(meaning) for name, meaning in GLOSSARY.items()}, border="horizontal")
    st.markdown(_("Test SMS are not counted in any figure unless you include them."))
    st.markdown(
        _("A rate of few messages is uncertain: charts show its 95% confidence interval. A hollow point is not "
          "final: some of its messages have no final status yet.")
    )  # fmt: skip
    st.header(_("States of a message"), anchor=False)
    state_legend.message_table()
    st.header(_("States of a campaign"), anchor=False)
    state_legend.campaign_table()
    st.header(_("The keyboard"), anchor=False)
    st.markdown(
        _(
            "Tab goes to the next control and into a table. In a table the arrow keys move, and Shift+Space chooses "
            "the row. Campaigns and the messages behind a chart are also opened by the boxes with their names."
        )
    )


main()
