"""The text editor with its live counter: one component that marks expensive characters and counts while the user types.

The alphabets and limits come from the core with the data, so that browser and server cannot disagree about a character;
`assets/counter.js` only applies them, as `messages.encoding` and `messages.merge_fields` do.
"""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from getsms_core.messages import encoding
from getsms_core.messages.encoding import PART_UNITS, SINGLE_SMS_UNITS, Encoding
from pages.ui.shared.asset_files import asset
from pages.ui.shared.session import _, language
from pages.ui.shared.text_names import encoding_name

_EDITOR = st.components.v2.component(
    "getsms_text_editor",
    html=asset("text_editor/assets/counter.html"),
    css=asset("text_editor/assets/counter.css"),
    js=asset("text_editor/assets/counter.js"),
)


def editor(
    text: str,
    *,
    key: str,
    columns: Sequence[str],
    sample: Mapping[str, str],
    sample_row: int,
    costs: Mapping[str, str],
    on_text: Callable[[], None],
) -> None:
    """Show the editor. `on_text` is called after a change; `typed` returns the content. `sample` holds the values of
    one row (cleaned, characters replaced) that the counter merges; `costs` what each expensive character of the last
    saved text costs over all rows. `replace` changes the content."""
    fitting = [name for name in columns if name.strip() and not set(name) & set("{}|")]
    _EDITOR(
        key=key,
        data={
            "text": text,
            "version": st.session_state.get(f"{key}-version", 0),
            "columns": fitting,
            "sample": dict(sample),
            "costs": dict(costs),
            "basic": encoding.BASIC,
            "extension": encoding.EXTENSION,
            "singleUnits": [SINGLE_SMS_UNITS[Encoding.GSM7], SINGLE_SMS_UNITS[Encoding.UCS2]],
            "partUnits": [PART_UNITS[Encoding.GSM7], PART_UNITS[Encoding.UCS2]],
            "names": [encoding_name(Encoding.GSM7), encoding_name(Encoding.UCS2)],
            "language": language(),
            "words": {
                "label": _("Text of the SMS"),
                "insert": _("Put in a column of the list:"),
                "placeholder": _("Write the text here. Click a column above to put it in."),
                "characters": _("characters"),
                "encoding": _("encoding"),
                "parts": _("SMS per recipient"),
                "sample": _("Counted with the values of row {row}.").format(row=sample_row) if sample_row else "",
                "left": _("{n} left in this SMS"),
                "expensive": _("Marked characters make every SMS Unicode: {ucs2} characters instead of {gsm7}.").format(
                    ucs2=SINGLE_SMS_UNITS[Encoding.UCS2], gsm7=SINGLE_SMS_UNITS[Encoding.GSM7]
                ),
                "value": _("A value of this row makes it Unicode: {characters}"),
            },
        },
        on_text_change=on_text,
    )


def replace(key: str, text: str) -> None:
    """Put a text into the editor, in a callback. Its state must say so too: else typing the old text again, or Ctrl-Z,
    would be no change, and the draft would keep a text that nobody sees."""
    version = st.session_state.get(f"{key}-version", 0) + 1
    st.session_state[f"{key}-version"] = version
    st.session_state[key] = {"text": f"{version}\n{text}"}


def typed(key: str) -> str | None:
    """Return the editor's content, for its callback; None if it is older than the last `replace`: a click soon after
    still carries the previous content."""
    state = st.session_state.get(key)
    value = state.get("text") if state else None
    version, _newline, text = value.partition("\n") if isinstance(value, str) else ("", "", "")
    return text if version == str(st.session_state.get(f"{key}-version", 0)) else None


def current_text(key: str, shown: str) -> str:
    """Return the editor's content when a button is pressed: `shown`, for which the button was drawn, unless the
    user has typed since. A click can arrive before the page has run for the last letter."""
    text = typed(key)
    return shown if text is None else text
