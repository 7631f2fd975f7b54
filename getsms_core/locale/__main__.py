"""`make words`: collect every sentence that users read into `getsms.pot`, in a stable order, without line numbers.

A translator copies it to `uz/LC_MESSAGES/getsms.po` (or `ru`); `python -m getsms_core.locale compile` makes the `.mo`
files that the program reads. `python -m getsms_core.locale check` exits with 1 if the .pot is out of date.
"""

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from getsms_core.cli import cli
from getsms_core.cli.framework import sentences as help_sentences

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TEMPLATE = HERE / "getsms.pot"
SOURCES = ("app.py", "pages", "getsms_core")
KEYWORDS = ("_", "N_", "ngettext", "NN_", "count_words", "pgettext")
COUNTED = ("ngettext", "NN_", "count_words")


class Sentence(NamedTuple):
    """A sentence of the sources: its text or (singular, plural), and which meaning of an ambiguous word is meant."""

    text: str | tuple[str, str]
    context: str | None = None


def sentences(tree: ast.AST) -> Iterator[Sentence]:
    """Yield the sentences of a module. From the syntax tree, because babel's own extractor does not look into f-strings
    before Python 3.12."""
    for node in ast.walk(tree):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in KEYWORDS:
            literals = [
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            ]
            if name in COUNTED and len(literals) >= 2:
                yield Sentence((literals[0], literals[1]))
            elif name == "pgettext" and len(literals) == 2:
                yield Sentence(literals[1], context=literals[0])
            elif literals and name not in (*COUNTED, "pgettext"):
                yield Sentence(literals[0])


def build_template() -> str:
    """Return the text of an up-to-date `getsms.pot`."""
    catalogue = Catalog(project="GETSMS Campaigns", charset="utf-8", fuzzy=False)
    for source in SOURCES:
        place = ROOT / source
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            where = file.relative_to(ROOT).as_posix()
            for sentence in sentences(ast.parse(file.read_text("utf-8"))):
                catalogue.add(sentence.text, None, [(where, 0)], context=sentence.context)
    for message in help_sentences(cli):  # docstrings and texts of options, which no call marks
        catalogue.add(message, None, [("getsms_core/cli", 0)])
    written = io.BytesIO()
    write_po(written, catalogue, sort_output=True, omit_header=True, include_lineno=False, width=120)
    return _HEADER + written.getvalue().decode()


_HEADER = """# Every sentence of GETSMS Campaigns. Made by `make words`; do not edit.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def compile_all() -> list[Path]:
    """Compile the `.mo` file of every `.po` file and return their paths."""
    compiled_files = []
    for po in sorted(HERE.glob("*/LC_MESSAGES/getsms.po")):
        with po.open("rb") as source, po.with_suffix(".mo").open("wb") as target:
            write_mo(target, read_po(source, locale=po.parent.parent.name))
        compiled_files.append(po.with_suffix(".mo"))
    return compiled_files


def main(arguments: list[str]) -> int:
    """Collect, or `check`, or `compile`."""
    if arguments == ["compile"]:
        print("\n".join(str(path.relative_to(ROOT)) for path in compile_all()))
    elif arguments == ["check"]:
        if TEMPLATE.read_text("utf-8") != build_template():
            print("getsms_core/locale/getsms.pot is out of date. Run: make words", file=sys.stderr)
            return 1
    else:
        TEMPLATE.write_text(build_template(), "utf-8")
        print(f"Wrote {TEMPLATE.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
