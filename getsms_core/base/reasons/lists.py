"""Sentences about lists."""

from getsms_core.base.i18n import N_, NN_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "nothing-to-correct": N_("No cell was corrected. Write a number beside at least one row."),
    "too-many-corrections": N_(
        "At most {n} rows can be corrected at once. Correct the others in the file of refused rows."
    ),
    "no-such-row/position": N_("The list has no such row."),
    "not-refused": N_("Row {row} is not refused: only refused rows can be corrected."),
    "no-such-row/list": N_("The list has no row {row}."),
    "ambiguous-row": N_("Several refused numbers are in row {row}. Correct them on the page."),
    "no-file": N_("The file of list {id} is not stored. Upload it again."),
    "no-file/responses": N_("The file of these responses is deleted. Upload it again on the campaign's page."),
    "too-few-lists": N_("Choose at least two lists."),
    "not-merged": N_("List {id} was not merged from other lists."),
    "bad-size/missing": N_("Give a number of recipients or a share."),
    "bad-size/share": N_("A share is between 0 and 1; 0.1 is a tenth."),
    "bad-size/number": N_("The list has {n} recipients; choose a number from 1 to {n}."),
    "bad-size/parts": N_("Give the number of parts or their sizes."),
    "bad-tag": N_("A list has at most {n} tags."),
    "no-such-reason": N_("No message of these campaigns failed for the reason “{code}”. Their reasons are: {codes}."),
    "no-such-reason/none": N_("No message of these campaigns failed for the reason “{code}”: none failed."),
    "nothing-left/list": N_("The new list would have no recipients. No list was created."),
    "list-needed": N_("Campaign {id} “{name}” uses this list. End that campaign or choose another list for it first."),
    "list-needed/addition": N_(
        "Upload {id} “{name}” is being added to this list. Wait until it is checked, or delete it."
    ),
    "nothing-pasted": N_("Nothing was pasted. Paste phone numbers, or rows of a spreadsheet."),
    "pasted-too-long": N_("The pasted text is too long. Save it as a file and upload that."),
    "no-such-segment": N_("There is no segment “{name}”. The saved ones are: {names}."),
    "no-such-segment/none": N_("There is no segment “{name}”: none is saved yet."),
    "no-such-list": N_("There is no list {id}."),
    "list-not-ready": N_("List {id} is not ready."),
    "list-erased": N_("The numbers of list {id} were erased: it is too old."),
    "reason-missing/opt-out": N_("Say why this number may be sent to again."),
    "not-opted-out": N_("{phone} is not on the opt-out list."),
    "no-such-column": N_("There is no column “{column}” in this list. Its columns are: {columns}."),
    "ambiguous-column": N_("“{column}” can mean several columns of this list. Write it as in the list: {columns}."),
    "personal-cut": N_(
        "The column “{column}” is personal, so nothing can be broken down by it. Choose another one, or mark the "
        "column as not personal."
    ),
    "personal-cut/campaign": N_(
        "Campaign {id} is broken down by the column “{column}”, so it cannot become personal. Leave it as it is."
    ),
    "too-many-cut-values": N_(
        "The column “{column}” has {n} different values; a breakdown has at most {most}. Choose another column, or "
        "leave it out: `getsms report --by` counts it from the messages."
    ),
    "too-many-cuts": N_("A campaign is broken down by at most {most} columns, and there are {n}. Leave some out."),
    "too-many-cuts/combinations": N_("These columns have too many combinations of values together. Leave one out."),
    "no-phone-column": N_(
        "No column looks like phone numbers. Name the one that holds them; the columns are: {columns}."
    ),
    "bad-size/split": N_(
        "{n} recipients cannot be split like this. Choose 2 to {most} parts of at least one recipient each."
    ),
    # How a list was made.
    "list-name": N_("“{name}” (list {id})"),
    "list-merged": N_("Merged from {lists}; of rows with one number {counts}."),
    "row-that-counts/first": N_("the first counts"),
    "row-that-counts/last": N_("the last counts"),
    "list-cut/subtract": N_("From {list}, without the numbers of {others}."),
    "list-cut/intersect": N_("From {list}, recipients who are also in {others}."),
    "list-filtered": N_("Of {list}, those for whom this holds: {condition}."),
    "list-sampled": N_("A random sample of {n} of the {all} recipients of {list} (seed {seed})."),
    "list-part/ordered": N_("Part {part} of {parts} of {list}."),
    "list-part/random": N_("Part {part} of {parts} of {list}, at random."),
    "list-corrected": NN_(
        "“{name}” (list {id}) with a number corrected by hand: row {rows}.",
        "“{name}” (list {id}) with numbers corrected by hand: rows {rows}.",
    ),
    "list-extended": N_("Made from “{name}” (list {id}) and {n} new numbers from a file."),
    "list-unsent": N_("Unsent messages of campaign {id} “{name}”."),
    "list-results": N_("From the results of {campaigns}: {choice}."),
    "chosen/not-reached": N_("not reached"),
    "chosen/reason": N_("reason “{reason}”"),
    "chosen/ranges": N_("number range {ranges}"),
    "chosen/sent": N_("sent in the chosen period"),
    "chosen/no-response": N_("no response"),
}
