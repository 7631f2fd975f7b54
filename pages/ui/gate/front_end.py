"""The script that runs before Streamlit's front end: Streamlit's own words in the user's language.

Streamlit 1.67 has its words in English in its bundle, and takes the calendar and the numbers of tables from the
language of the browser. The script replaces the words where they are shown; docs/architecture.md lists what remains.
"""

import hashlib
import json
import re
from functools import cache

from getsms_core.base.i18n import LANGUAGES, N_, _, using_language
from pages.ui.shared.asset_files import asset

STREAMLIT_SENTENCES = (
    # select boxes
    N_("Choose an option"),
    N_("Choose options"),
    N_("No options to select"),
    N_("No results"),
    N_("Select all"),
    N_("Select {number} matches"),
    N_("Clear all"),
    N_("Selectbox options"),
    N_("Clear value"),
    N_("Remove {option}"),
    N_("Open"),
    N_("Selected values"),
    N_("You can only select up to {number} options. Remove an option first."),
    N_("You can only select up to {number} option. Remove an option first."),
    # fields
    N_("Press Enter to apply"),
    N_("Press Enter to submit form"),
    N_("Press Ctrl+Enter to apply"),
    N_("Press Ctrl+Enter to submit form"),
    N_("Press ⌘+Enter to apply"),
    N_("Press ⌘+Enter to submit form"),
    N_("Show password"),
    N_("Hide password"),
    N_("Clear entry"),
    # the uploader
    N_("Upload"),
    N_("Add files"),
    N_("Drag and drop a file here"),
    N_("{size} per file • {types}"),
    N_("{size} per file"),
    N_("{type} files are not allowed."),
    N_("File must be {size} or smaller."),
    N_("Cancel upload of {option}"),
    N_("Click to retry upload"),
    N_("Upload failed"),
    N_("Download failed"),
    N_("Connection lost. Please wait for the app to reconnect, then try again."),
    N_("Error:"),
    # date and time
    N_("Today"),
    N_("Choose date"),
    N_("dd"),
    N_("mm"),
    N_("yyyy"),
    N_("day, {field}"),
    N_("month, {field}"),
    N_("year, {field}"),
    N_("Choose date range"),
    N_("Choose date, {month}"),
    N_("Previous month"),
    N_("Next month"),
    N_("Clear date"),
    N_("Clear dates"),
    N_("Clear time"),
    N_("Date range"),
    N_("Quick select a date range"),
    N_("Use arrow keys to navigate dates. Enter to select. Escape to close."),
    N_("Hours must be 0–23."),
    N_("Minutes must be 0–59."),
    N_("Invalid time format. Please use HH:MM."),
    N_("hour, {field}"),
    N_("minute, {field}"),
    N_("Choose date and time"),
    N_("Choose date and time, {month}"),
    N_("Clear date and time"),
    N_("Time"),
    N_("Use arrow keys to navigate. Enter to select. Tab to switch between calendar and time. Escape to close."),
    N_("Date set outside allowed range. Please select a date on or after {first}."),
    N_("Date set outside allowed range. Please select a date on or before {last}."),
    N_("Date set outside allowed range. Please select a date between {first} and {last}."),
    N_("Date and time set outside allowed range. Please select a date and time on or after {first}."),
    N_("Date and time set outside allowed range. Please select a date and time on or before {last}."),
    N_("Date and time set outside allowed range. Please select a date and time between {first} and {last}."),
    # tables and charts
    N_("Search"),
    N_("Close Search"),
    N_("Previous Result"),
    N_("Next Result"),
    N_("Show/hide columns"),
    N_("Search: {table}"),
    N_("Show/hide columns: {table}"),
    N_("Fullscreen: {table}"),
    N_("Fullscreen"),
    N_("Close fullscreen"),
    N_("Clear selection"),
    N_("Dataframe column menu"),
    N_("Copy column name"),
    N_("Sort ascending"),
    N_("Sort descending"),
    N_("Pin column"),
    N_("Unpin column"),
    N_("Hide column"),
    N_("Autosize"),
    N_("Format"),
    N_("Statistics"),
    N_("No data"),
    N_("Loading..."),
    N_("Scrollable table"),
    # the frame
    N_("Running..."),
    N_("Stop"),
    N_("Close"),
    N_("Skip to main content"),
    N_("Collapse sidebar"),
    N_("Expand sidebar"),
    N_("Copy to clipboard"),
    N_("Help for {field}"),
    N_("Navigate to home page"),
    N_("App pages"),
    N_("Sidebar"),
    N_("Logo"),
    N_("Link to heading"),
    N_("Notifications"),
    N_("file upload"),
    N_("(opens in new tab)"),
)
"""What Streamlit writes, with `{…}` where a number or a name stands."""

TABLE_WORDS = (
    N_("Automatic"),
    N_("Localized"),
    N_("Plain"),
    N_("Compact"),
    N_("Dollar"),
    N_("Euro"),
    N_("Yen"),
    N_("Percent"),
    N_("Scientific"),
    N_("Accounting"),
    N_("Duration"),
    N_("Distance"),
    N_("Calendar"),
    N_("Values"),
    N_("Empty"),
    N_("Distinct"),
    N_("Average"),
    N_("Standard deviation"),
    N_("Minimum"),
    N_("Maximum"),
    N_("Median"),
    N_("25th percentile"),
    N_("75th percentile"),
    N_("Sum"),
    N_("Minimum length"),
    N_("Maximum length"),
    N_("Average length"),
)
"""Formats and statistics in the menu of a table's column. They are replaced only there: elsewhere they are words of
users, such as the name of a list."""
CALENDAR_WORDS = (
    N_("month"), N_("year"), N_("selected"), N_("First available date"), N_("Last available date"),
)  # fmt: skip
"""What a calendar says to screen readers. They are replaced only there."""
SIZES = {"KB": N_("{n} KB"), "MB": N_("{n} MB"), "GB": N_("{n} GB")}
"""Units in the uploader, which has "200MB" in every language."""

LOST_CONNECTION = {
    "Connection error": N_("The app does not respond"),
    "Streamlit server is not responding. Are you connected to the internet?": N_(
        "Check your connection. This page continues by itself as soon as the app responds. Nothing is lost: campaigns "
        "do not depend on this page."
    ),
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:": N_(
        "This page continues by itself as soon as the app responds. If it was stopped, start it again: getsms serve"
    ),
}
"""Streamlit's dialog while the app does not respond, and ours, in every language."""

MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"),
    N_("July"), N_("August"), N_("September"), N_("October"), N_("November"), N_("December"),
)  # fmt: skip
WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
"""In the calendar: browsers have no Uzbek names of months and days ("M11")."""


@cache
def script() -> str:
    """Return the script, with the words of every language but English."""
    exact: dict[str, dict[str, str]] = {}
    table: dict[str, dict[str, str]] = {}
    calendar: dict[str, dict[str, str]] = {}
    sizes: dict[str, dict[str, str]] = {}
    patterns: list[tuple[str, str, str]] = []
    for language in LANGUAGES:
        with using_language(language):
            exact[language] = {sentence: _(own) for sentence, own in LOST_CONNECTION.items()}
            sizes[language] = {unit: _(own) for unit, own in SIZES.items()}
            if language == "en":
                continue
            table[language] = {word: _(word) for word in TABLE_WORDS}
            calendar[language] = {word: _(word) for word in CALENDAR_WORDS}
            exact[language] |= {
                sentence: _(sentence) for sentence in (*STREAMLIT_SENTENCES, *MONTHS, *WEEKDAYS) if "{" not in sentence
            }
            patterns += [
                (_regular_expression(sentence), language, _replacement(sentence, _(sentence)))
                for sentence in STREAMLIT_SENTENCES
                if "{" in sentence
            ]
    words = {"exact": exact, "table": table, "calendar": calendar, "sizes": sizes, "patterns": patterns}
    return f"const WORDS = {json.dumps(words, ensure_ascii=False)}\n{asset('gate/assets/streamlit_words.js')}"


@cache
def path() -> str:
    """Return the address of the script. It contains its hash, because browsers keep it for a year."""
    return f"/static/getsms/words.{hashlib.sha256(script().encode()).hexdigest()[:12]}.js"


def _regular_expression(sentence: str) -> str:
    return re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(sentence)).replace("\\ ", " ")


def _replacement(sentence: str, translation: str) -> str:
    names = re.findall(r"\{(\w+)\}", sentence)
    return re.sub(r"\{(\w+)\}", lambda name: f"${names.index(name[1]) + 1}", translation)
