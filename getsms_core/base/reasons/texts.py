"""Sentences about texts."""

from getsms_core.base.i18n import N_, NN_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "template-not-approved": N_(
        "The template {name}, version {version}, is not approved. A campaign on it cannot start."
    ),
    "template-category": N_("The template {name}, version {version}, is approved for another kind of campaign."),
    "changed-meanwhile/wording": N_(
        "{name} has changed this draft of the template since you opened it. Nothing was saved. Copy your text, and "
        "open the draft again."
    ),
    "changed-meanwhile/template": N_("The campaign was changed during the check. Review it, then start it."),
    "reason-missing/template": N_("Give a reason, so that the next version can be corrected."),
    "empty-text": N_("The text is empty."),
    "template-kind": N_("Choose a kind and a language from the lists."),
    "no-such-template": N_("There is no template {id}."),
    "template-exists": N_("There is already a template called {name}. Make a new version of it."),
    "template-drafted": N_(
        "{name}, version {version}, is a draft that {author} wrote last. Nothing was changed. Change or delete it by "
        "its id, {id}, or submit it first."
    ),
    "template-frozen": N_("{name}, version {version}, was submitted and cannot be changed. Make a new version."),
    "template-frozen/delete": N_("Only a draft can be deleted."),
    "template-used": N_("The campaign {name} uses it."),
    "template-state": N_("{name}, version {version}: {state}. This is not possible in this state."),
    "all-texts-empty": N_(
        "The text is empty in every row of the list, so there is nothing to send. Fill the column or add words."
    ),
    "text-too-long": N_(
        "The longest message would take {parts} SMS, and a phone joins at most {most}. Shorten the text."
    ),
    "ambiguous-field": N_(
        "The text uses {field}, and several columns have this name: {columns}. Write it exactly as one of them."
    ),
    "unknown-field/text": N_("The text uses {field}, but the list has no such column. Its columns are: {columns}."),
    "texts-too-large": N_(
        "The texts of all {rows} recipients together are too large. Use a shorter text or split the list."
    ),
    "too-many-variants": N_("A campaign has at most {most} texts."),
    "bad-split": N_("Each text needs at least 1% of the recipients, and together they have 100%."),
    "same-variants": N_("Two of the texts are the same: there is nothing to compare."),
    "empty-variant": N_("Text {letter} is empty. Write it, or remove it."),
    "empty-variant/value": N_("The text for {value} is empty. Write it, or remove the value."),
    "two-kinds-of-texts": N_("A campaign has either an A/B test or texts by column. Choose one of them."),
    "too-many-values": N_(
        "At most {most} values have a text of their own, and there are {n}. The others get the fallback."
    ),
    "empty-value": N_("A text by column needs the value whose recipients get it. Empty cells get the fallback text."),
    "same-value": N_(
        "The value {value} has two texts ({earlier}, {value}). Case, outer spaces and apostrophes do not matter. "
        "Remove one of them."
    ),
    "no-such-column/text-column": N_(
        "The list has no column {column} to choose the text by. Its columns are: {columns}."
    ),
    "ambiguous-column/text-column": N_(
        "The text column {column} can mean several columns. Write it as in the list: {columns}."
    ),
    "template-one-text": N_(
        "A campaign on the approved template {name}, version {version}, has one text: remove the others."
    ),
    "template-mismatch": NN_(
        "{n} message differs from the approved template {name}, version {version}; the first is that of row {row}. "
        "Put the approved text back, or submit the new one as a version.",
        "{n} messages differ from the approved template {name}, version {version}; the first is that of row {row}. "
        "Put the approved text back, or submit the new one as a version.",
    ),
    "brace-not-opened": N_(
        "The brace {brace} at character {place} closes nothing. For a literal brace write it twice."
    ),
    "brace-not-closed": N_(
        "The field that begins at character {place} has no closing brace. For a literal brace write it twice."
    ),
    "brace-in-field": N_(
        "The field that begins at character {place} has another opening brace in it, at character {second}."
    ),
    "field-without-name": N_(
        "The field at character {place} has no name. Write the name of a column, for example {example}."
    ),
    "own-template": N_(
        "You wrote or submitted this template yourself. Another manager or administrator must approve it."
    ),
}
