"""The guides of docs/guides as the app shows them: a title, an introduction, and sections that can be searched."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from getsms_core.base.permissions import Role
from getsms_core.base.places import APP

FOLDER = APP / "docs" / "guides"
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
_SIGNS = re.compile("[ʻʼ’‘'`*]")


@dataclass(frozen=True)
class Picture:
    """A picture of a guide: its file, which an installed program may lack, and what it shows."""

    path: Path
    caption: str


@dataclass(frozen=True)
class Section:
    """A section of a guide: Markdown and pictures in their order. `heading` is "" for the introduction."""

    heading: str
    parts: tuple[str | Picture, ...]

    def contains(self, words: str) -> bool:
        """Return whether every word typed is in the section, whatever its case and apostrophes."""
        texts = [self.heading, *(part if isinstance(part, str) else part.caption for part in self.parts)]
        text = _plain(" ".join(texts))
        return all(word in text for word in _plain(words).split())


@dataclass(frozen=True)
class Guide:
    """The guide of a role in a language."""

    title: str
    sections: tuple[Section, ...]


@lru_cache(maxsize=32)
def read(language: str, role: Role) -> Guide:
    """Return the guide of a role. The files are part of the program; a missing one raises `FileNotFoundError`."""
    path = FOLDER / language / f"{role.value}.md"
    introduction, *chapters = re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)
    title, _newline, text = introduction.removeprefix("# ").partition("\n")
    sections = [Section("", _parts(text, path.parent))]
    for chapter in chapters:
        heading, _newline, text = chapter.partition("\n")
        sections.append(Section(heading.strip(), _parts(text, path.parent)))
    return Guide(title.strip(), tuple(sections))


def _parts(text: str, folder: Path) -> tuple[str | Picture, ...]:
    parts: list[str | Picture] = []
    end = 0
    for image in _IMAGE.finditer(text):
        parts += [text[end : image.start()].strip(), Picture(folder / image[2], image[1])]
        end = image.end()
    return tuple(part for part in [*parts, text[end:].strip()] if part)


def _plain(text: str) -> str:
    return _SIGNS.sub("", text).casefold().replace("ё", "е")
