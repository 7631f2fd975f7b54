"""Remarks of `getsms create` about a text: lint, empty merge fields, rows without a message."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from getsms_core.base.i18n import N_, _, ngettext
from getsms_core.base.kinds import EXCLUDED_LABELS
from getsms_core.cli.framework import clock, spaced

if TYPE_CHECKING:
    import pyarrow as pa

    from getsms_core.base.settings import Settings
    from getsms_core.db.engine import Store
    from getsms_core.db.models import Campaign


def remarks(store: "Store", settings: "Settings", campaign: "Campaign", recipients: "pa.Table") -> dict[str, Any]:
    """What the page shows below each text: {"remarks": [{"code", "message", "position"}], "empty": {field: {"count",
    "rows"}}}; where there are several texts a remark names its "variant" too, of texts by column its "value" (None: the
    fallback). Rows are numbered as in the spreadsheet, the first 20 of each field."""
    import numpy as np
    import pyarrow as pa

    from getsms_core.campaigns import duplicates, text_column
    from getsms_core.campaigns.texts import variant_of
    from getsms_core.messages import lint, merge_fields, variants

    kind: Literal["advertising", "service"] = "advertising" if campaign.category == "advertising" else "service"
    other_variants = variants.from_stored(campaign.variants)
    gets = variant_of(campaign, recipients)
    remark_documents: list[dict[str, Any]] = []
    empty: dict[str, dict[str, Any]] = {}
    used: set[str] = set()
    values = [None, *(variant.value for variant in other_variants)]
    for i, text in enumerate([campaign.text, *(variant.text for variant in other_variants)]):
        which: dict[str, Any] = {}
        if other_variants:
            which = {"value": values[i]} if campaign.text_column else {"variant": variants.LETTERS[i]}
        hint = settings.opt_out_hint or None
        for remark in lint.check(text, category=kind, opt_out_hint=hint, columns=recipients.column_names[2:]):
            remark_documents.append(
                {"code": remark.code, "message": remark.message, "position": remark.position} | which
            )
        used |= set(merge_fields.parse(text).columns(recipients.column_names[2:]))
        variant_recipients = recipients if gets is None else recipients.take(pa.array(np.flatnonzero(gets == i)))
        for name, empty_count in (
            merge_fields.parse(text).empty_counts(variant_recipients.drop_columns(["row", "phone"])).items()
        ):
            empty_field = empty.setdefault(name, {"count": 0, "rows": []})
            empty_field["count"] += empty_count.count
            empty_field["rows"] = sorted(
                [*empty_field["rows"], *(variant_recipients["row"][at].as_py() for at in empty_count.rows)]
            )[:20]
    count, first = lint.mixed_values(recipients, used)
    if count:
        remark_documents.append(
            {"code": "mixed-values", "message": lint.mixed_sentence(count, first), "position": None}
        )
    if campaign.text_column:
        covered = text_column.coverage(recipients, campaign.text_column, [value for value in values if value])
        remark_documents += [
            {"code": code, "message": sentence, "position": None}
            for code, sentence in text_column.remarks(campaign.text_column, covered)
        ]
    if same := duplicates.find_duplicate(store, campaign):
        when = clock(same.started_at or same.scheduled_at or same.created_at, settings)
        message = _("The same text was sent to the same list: {name}, {when}. Should they get it twice?")
        remark_documents.append(
            {"code": "repeated", "message": message.format(name=same.name, when=when), "position": None}
        )
    return {"remarks": remark_documents, "empty": empty}


EXCLUDED_ROWS: Mapping[str, str] = {
    "where": N_("Row {row}: the condition does not choose it."),
    "lists": N_("Row {row}: its number is in an excluded list."),
    "campaigns": N_("Row {row}: its number got an excluded campaign, or is not new since one."),
    "days": N_("Row {row}: its number got an SMS in the excluded days."),
    "advertising": N_("Row {row}: its number is opted out of advertising."),
    "empty_text": N_("Row {row}: its text is empty."),
    "control": N_("Row {row}: it is in the control group."),
}
"Return a sentence template for a row without a message; translate it with `_` when it is shown."


def excluded_in_words(counts: Mapping[str, int], campaign_id: int) -> Iterator[str]:
    """Return the sentences about rows without a message; none if every row gets one."""
    if not_chosen := counts["where"]:
        words = ngettext(
            "{n} recipient of the list is not chosen by the condition.",
            "{n} recipients of the list are not chosen by the condition.",
            not_chosen,
        )
        yield words.format(n=spaced(not_chosen))
    others = {reason: n for reason, n in counts.items() if n and reason not in ("where", "empty_text")}
    reasons = {_(EXCLUDED_LABELS[reason]): n for reason, n in others.items()}
    if reasons:
        words = ngettext(
            "{n} row is excluded ({reasons}). See the row with: getsms excluded {id}",
            "{n} rows are excluded ({reasons}). See the rows with: getsms excluded {id}",
            sum(reasons.values()),
        )
        listed = ", ".join(f"{label}: {spaced(n)}" for label, n in reasons.items())
        yield words.format(n=spaced(sum(reasons.values())), reasons=listed, id=campaign_id)
    if empty := counts["empty_text"]:
        words = ngettext(
            "{n} row gets no message, because its text is empty. See the row with: getsms excluded {id}",
            "{n} rows get no message, because their text is empty. See the rows with: getsms excluded {id}",
            empty,
        )
        yield words.format(n=spaced(empty), id=campaign_id)


def for_people(document: Mapping[str, Any]) -> Iterator[str]:
    """Return the remarks as sentences."""
    for name, remark in document["empty"].items():
        words = ngettext(
            "{field} is empty in {n} row ({rows}). Say what to write there, for example {example}.",
            "{field} is empty in {n} rows ({rows}). Say what to write there, for example {example}.",
            remark["count"],
        )
        shown = ", ".join(map(str, remark["rows"])) + (" …" if remark["count"] > len(remark["rows"]) else "")
        yield words.format(field=f"{{{name}}}", n=spaced(remark["count"]), rows=shown, example=f"{{{name}|…}}")
    for remark in document["remarks"]:
        yield remark["message"]
