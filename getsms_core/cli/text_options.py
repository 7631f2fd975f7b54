"""The options of `create` and `change` for several texts: an A/B test, or a text per value of a column."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.cli.framework import spaced

if TYPE_CHECKING:
    import pyarrow as pa

    from getsms_core.campaigns.service import Draft
    from getsms_core.db.engine import Store
    from getsms_core.db.models import Campaign
    from getsms_core.messages.variants import Variant

Command = Callable[..., Any]


def column_options(command: Command) -> Command:
    """Add `--text-column` and `--text-for`."""
    column = click.option(
        "--text-column", metavar="COLUMN",
        help=N_("Column of the list whose value decides the text, such as the language; see --text-for."),
    )  # fmt: skip
    text_for = click.option(
        "--text-for", multiple=True, metavar="VALUE=TEXT",
        help=N_("The text for recipients with this value of --text-column; all others get --text. May be repeated."),
    )  # fmt: skip
    return column(text_for(command))


def variants_of_options(texts: tuple[str, ...], split: str | None) -> "tuple[Variant, ...]":
    """Return the texts after A of an A/B test. Raises a wrong usage for shares that do not add up."""
    from getsms_core.messages.variants import Variant, equal_shares

    if split is None:
        shares = equal_shares(len(texts) + 1)
    else:
        parts = split.split("/")
        if not texts or len(parts) != len(texts) + 1 or not all(part.strip().isdecimal() for part in parts):
            raise click.BadParameter(
                _("write a percentage for each text, --text first, as in 50/50"), param_hint="--split"
            )
        shares = [int(part) for part in parts]
        if sum(shares) != 100:
            raise click.BadParameter(_("the percentages must add up to 100"), param_hint="--split")
    return tuple(Variant(text, share) for text, share in zip(texts, shares[1:], strict=True))


def texts_of_values(texts_for: tuple[str, ...]) -> "tuple[Variant, ...]":
    """Return the texts of `--text-for`. The value ends at the first `=`. Raises a wrong usage for one without `=`."""
    from getsms_core.messages.variants import Variant

    pairs = [text_for.partition("=") for text_for in texts_for]
    for value, equals, _text in pairs:
        if not equals:
            raise click.BadParameter(
                _("write the value, =, and its text, as in ru=Здравствуйте; not {value}").format(value=value[:60]),
                param_hint="--text-for",
            )
    return tuple(Variant(text, 0, value) for value, _equals, text in pairs)


def must_belong_together(column: str | None, texts_for: tuple[str, ...]) -> None:
    """Raise a wrong usage for `--text-column` without `--text-for` or the other way round."""
    if bool(column) != bool(texts_for) or (column is not None and not column.strip()):
        raise click.UsageError(_("Give --text-column with --text-for: the column, and a text for each value."))


def mend_texts(draft: "Draft", recipients: "pa.Table") -> "Draft":
    """Return a draft with the expensive characters of each text replaced. As on the page, a text that would then need
    more SMS keeps them; stderr says so. Who gets which text of an A/B test is not decided yet: each is weighed over all
    recipients."""
    from dataclasses import replace

    import numpy as np
    import pyarrow as pa

    from getsms_core.base import processes
    from getsms_core.campaigns import draft_costs, text_column
    from getsms_core.messages import template_text
    from getsms_core.messages.gsm7_replacements import LENGTHENED

    gets = None
    if draft.text_column:
        values = [variant.value or "" for variant in draft.variants]
        gets = text_column.assign(recipients, draft.text_column, values)
    texts, added = [], 0
    for i, text in enumerate((draft.text, *(variant.text for variant in draft.variants))):
        mended = template_text.replace_in_template(text)
        if template_text.worth_replacing(text) & LENGTHENED:  # no other replacement can cost more
            rows = recipients if gets is None else recipients.take(pa.array(np.flatnonzero(gets == i)))
            more = draft_costs.parts_added_by_fix(rows, text, mend_values=draft.mend_values)
            mended, added = (text, added + more) if more > 0 else (mended, added)
        texts.append(mended)
    if added:
        sentence = ngettext(
            "A text keeps its expensive characters: with their replacements it would need {n} more SMS.",
            "A text keeps its expensive characters: with their replacements it would need {n} more SMS.",
            added,
        )
        processes.print_to_stderr(sentence.format(n=spaced(added)))
    variants = tuple(replace(variant, text=text) for variant, text in zip(draft.variants, texts[1:], strict=True))
    return replace(draft, text=texts[0], variants=variants).cleaned()


def texts_document(store: "Store", campaign: "Campaign") -> list[dict[str, object]]:
    """Return each text of a campaign by column with its messages and parts, for JSON; the fallback is the last."""
    from getsms_core.campaigns import text_column

    with store.reading() as session:
        counts = text_column.counts(session, campaign)
    return [{"value": text.value, "messages": text.messages, "parts": text.parts} for text in counts]
