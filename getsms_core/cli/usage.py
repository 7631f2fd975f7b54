"""Click's own sentences for our catalogue: usage errors and the headings of help texts.

Click asks gettext for them in the language of the process, which `speak_process` sets. This lists the sentences that
this command can cause."""

import gettext
import os
from pathlib import Path

import getsms_core
from getsms_core.base.i18n import N_, NN_, language, set_language

SENTENCES = (
    N_("Usage:"),
    N_("Options"),
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("default: {default}"),
    N_("required"),
    N_("Show this message and exit."),
    N_("Show the version and exit."),
    N_("Missing command."),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Choose from:\n\t{choices}"),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} is a directory."),
    N_("file"),
)
COUNTED = (
    NN_("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    NN_("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    NN_("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    NN_("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
)


def speak_process(code: str) -> None:
    """Set the language of this context and of the process: a command has one reader."""
    set_language(code)
    gettext.bindtextdomain("getsms", Path(getsms_core.__file__).parent / "locale")
    gettext.textdomain("getsms")
    os.environ["LANGUAGE"] = language()
