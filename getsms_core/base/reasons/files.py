"""Sentences about files."""

from getsms_core.base.i18n import N_
from getsms_core.base.reasons.entries import Entry

SENTENCES: dict[str, Entry] = {
    "no-such-format": N_("There is no format {name}."),
    "no-such-export": N_("There is no file {id}."),
    "file-gone": N_("This file is no longer available. Create it again."),
    "read-failed": N_("The rows could not be read: {reason}"),
    "no-such-cut": N_("Nothing can be broken down by {name}. There are: {known}."),
    "hidden-column": N_(
        "The column “{column}” is hidden from you, so messages cannot be chosen by it. Choose another column."
    ),
    "no-such-column/export": N_("There is no column {name}. The columns are: {known}."),
    "no-such-format/known": N_("There is no format {name}. The formats are: {known}."),
    "cannot-read": N_("The file {file} cannot be read: {reason}."),
    "empty-file": N_("The file holds no rows. Choose a file with a recipient in each row."),
    "not-a-spreadsheet": N_("This is not a spreadsheet ({kind}). Save the list as XLSX or CSV and upload that file."),
    "not-a-spreadsheet/zipped": N_(
        "This is a packed folder (ZIP) with files in it: {files}. Unpack it and upload the one that holds the list."
    ),
    "encrypted": N_(
        "The file is protected by a password. Open it, save a copy without the password, and upload the copy."
    ),
    "truncated": N_(
        "The file is damaged or incomplete. Open it in a spreadsheet program, save it again, and upload the new file."
    ),
    "no-such-sheet": N_("There is no sheet “{sheet}” in this file. Its sheets are: {sheets}."),
    "no-such-row": N_("There is no row {row} to name the columns: the last filled row is {last}."),
    "wrong-encoding": N_(
        "The file is not written in the encoding {encoding}. Choose another one, or automatic detection."
    ),
    "quoted-lines": N_(
        "Every line of this file is one quoted cell, so its columns cannot be separated. Remove the quotation mark "
        "at the beginning and the end of each line, or export the list again as XLSX."
    ),
    "uncommon-delimiter": N_(
        "The columns of this file seem to be separated by “{delimiter}”. Choose it as the delimiter, or save the "
        "list as XLSX."
    ),
    "fixed-width": N_(
        "The columns of this file are aligned with spaces. Open it in Excel with Data → From Text → Fixed width, "
        "save it as XLSX and upload that file."
    ),
    "encoding-not-applicable": N_(
        "A file of the kind {kind} says its encoding itself; {encoding} cannot be used for it. Leave the encoding "
        "to automatic detection."
    ),
    "similar-headers": N_(
        "Two columns have names that look the same but are written with different characters: “{name}” (columns "
        "{first} and {second}). Rename one of them in the file."
    ),
    "hidden-rows-unknown": N_(
        "Hidden rows can be left out of lists of up to {limit} rows. Delete them in the spreadsheet program, or "
        "read the list with them."
    ),
    "wrong-delimiter": N_(
        "“{delimiter}” cannot separate columns. Choose one character, such as a comma or a semicolon."
    ),
    "no-such-file/nothing": N_("There is no file {path}."),
    "no-such-file/folder": N_("{path} is a folder. Name the file in it that holds the list."),
    "no-such-file/no-file": N_("{path} is a pipe or a device. Save the list to a file, and name that."),
    "too-big/bytes": N_("The file has {found} MB; the limit is {limit} MB. Split it into several files."),
    "too-big/unpacked": N_(
        "The file would grow to {found} MB when unpacked, more than any list needs. Save it again, or as CSV."
    ),
    "too-big/rows": N_(
        "The list has {found} rows; with its columns, the limit is {limit}. Split it into several files."
    ),
    "too-big/columns": N_("The list has {found} columns; the limit is {limit}. Delete those that are not needed."),
    "too-big/cell": N_(
        "A single cell or row is longer than {limit} MB. Perhaps a quotation mark is left open: look for it."
    ),
    "too-big/memory": N_(
        "The file claims more cells than memory can hold. Often one stray cell far to the right or far below is "
        "the cause: delete the empty columns and rows around the list, or save it as CSV."
    ),
    "too-big/time": N_(
        "Reading the file took too long and was stopped. Save the list as CSV, or split it into several files."
    ),
}
