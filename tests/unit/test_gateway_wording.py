"""A sentence kept in one person's language is said to another in theirs."""

from getsms_core.gateway import reworded, worded
from getsms_core.words import speaking


def test_a_refusal_is_said_again_in_the_language_of_who_reads_it() -> None:
    kept = worded("limit-over")
    with speaking("ru"):
        assert reworded("limit-over", kept) == worded("limit-over")


def test_a_sentence_with_details_or_of_no_gateway_stays_as_it_was_said() -> None:
    kept = worded("connect-failed", "errno 5")
    with speaking("ru"):
        assert reworded("connect-failed", kept) == kept
        assert reworded("quiet-hours", "Quiet hours: goes on at 09:00.") == "Quiet hours: goes on at 09:00."
