"""The guides speak the words of the screen, are complete in every language, and are found from a wheel."""

import re
import runpy
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from getsms_core.base.i18n import LANGUAGES
from getsms_core.base.permissions import Role
from getsms_core.locale.__main__ import HERE
from pages.ui.help import guides
from pages.ui.help.guides import Picture, Section

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 100_000
every_language = pytest.mark.parametrize("language", LANGUAGES)


def sources(language: str) -> dict[str, str]:
    return {role.value: (guides.FOLDER / language / f"{role.value}.md").read_text("utf-8") for role in Role}


def pictures(language: str, role: Role) -> list[Picture]:
    parts = [part for section in guides.read(language, role).sections for part in section.parts]
    return [part for part in parts if isinstance(part, Picture)]


def words_on_the_screen(language: str) -> list[re.Pattern[str]]:
    """Each translation, or in English each sentence, with anything in place of its placeholders."""
    path = HERE / "getsms.pot" if language == "en" else HERE / language / "LC_MESSAGES" / "getsms.po"
    with path.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    forms = [message.id if language == "en" else message.string for message in messages]
    texts = {text for form in forms for text in ([form] if isinstance(form, str) else form or ())}
    return [re.compile(".+".join(map(re.escape, re.split(r"\{[^{}]*\}", text)))) for text in texts if text]


@every_language
def test_every_word_quoted_in_a_guide_is_on_the_screen(language: str) -> None:
    patterns = words_on_the_screen(language)
    quoted = {(role, word) for role, text in sources(language).items() for word in re.findall(r"\*\*(.+?)\*\*", text)}
    assert len(quoted) > 100
    unknown = {(role, word) for role, word in quoted if not any(pattern.fullmatch(word) for pattern in patterns)}
    assert unknown == set()


def test_the_translations_of_a_guide_have_the_same_sections_steps_and_pictures() -> None:
    for role in Role:
        shapes = []
        for language in LANGUAGES:
            text = sources(language)[role.value]
            names = [picture.path.name for picture in pictures(language, role)]
            quoted, steps = text.count("**") // 2, len(re.findall(r"^(?:- |\d\. |\|)", text, re.MULTILINE))
            shapes.append((len(guides.read(language, role).sections), names, steps, quoted))
        sections, names, steps, _quoted = shapes[0]
        assert all(shape[:3] == (sections, names, steps) for shape in shapes), role
        least, most = min(shape[3] for shape in shapes), max(shape[3] for shape in shapes)
        assert most - least <= 2, f"{role}: {shapes}"  # a sentence may do without a word that another language repeats


@every_language
def test_a_guide_has_its_pictures_in_its_language_and_they_are_small(language: str) -> None:
    for role in Role:
        shown = pictures(language, role)
        assert shown
        for picture in shown:
            assert picture.caption
            assert picture.path.resolve().parent == ROOT / "docs" / "images" / "guides" / language
            assert picture.path.stat().st_size <= MOST_BYTES, picture.path.name


def test_letters_and_spaces_are_those_of_the_language() -> None:
    for text in sources("uz").values():
        assert re.findall("[oOgG][ʼ’'`](?=[a-z ])|[a-z][’'`](?=[a-z])", re.sub("`[^`]*`", "", text)) == []
        assert re.findall(r"\d[ \u00a0]%", text) == []
    for text in sources("ru").values():
        assert re.findall(r"\d ?%", text) == []  # a no-break space is before the sign
    for text in sources("en").values():
        assert re.findall(r"\d[ \u00a0]%", text) == []


@pytest.mark.parametrize(
    ("typed", "heading", "is_there"),
    [
        ("", "Roʻyxat", True),
        ("ro'yxat", "Roʻyxat", True),
        ("ROYXAT  sababi", "Roʻyxat", True),
        ("ro'yxat narx", "Roʻyxat", False),
        ("отчет", "Отчёты", True),
    ],
)
def test_the_search_forgives_case_apostrophes_and_the_letter_yo(typed: str, heading: str, is_there: bool) -> None:
    assert Section(heading, ("Har bir qator **sababi** bilan.",)).contains(typed) is is_there


def test_the_guides_and_their_pictures_are_part_of_a_wheel(tmp_path: Path) -> None:
    runpy.run_path(str(ROOT / "requirements" / "wheel.py"))["stage"](tmp_path)
    app = tmp_path / "getsms_core" / "_app"
    for language in LANGUAGES:
        for role in Role:
            assert (app / "docs" / "guides" / language / f"{role.value}.md").exists()
            for picture in pictures(language, role):
                assert (app / "docs" / "images" / "guides" / language / picture.path.name).exists()
    assert not (app / "docs" / "architecture.md").exists()
