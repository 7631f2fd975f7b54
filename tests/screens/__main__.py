"""Walk every page × language × theme × width: take screenshots, or look for what axe calls serious.

`python -m tests.screens shots FOLDER` writes FOLDER/PAGE-LANGUAGE-THEME-WIDTH.png, each as high as its page. What an
earlier run of the same program has written is kept, so that one that was stopped can be continued. `python -m
tests.screens axe` exits with 1 where a page has a serious violation. Both take `--only PAGE`, `--languages en,uz`,
`--themes dark` and `--widths narrow`. `python -m tests.screens guides FOLDER` writes the pictures of the guides,
FOLDER/LANGUAGE/NAME.png.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.conftest import ROOT
from tests.screens.accessibility import violations
from tests.screens.guide_pictures import take
from tests.screens.guide_scene import guide_scene
from tests.screens.scene import LANGUAGES, THEMES, WIDTHS, Scene, browser, scene, show, sign_in, whole_height

MOST_HEIGHT = 6_000  # px: the audit log has no end
SOURCES = ("pages", "getsms_core", "docs/guides", "tests/screens")
SUFFIXES = {".py", ".css", ".js", ".html", ".md", ".mo"}


def main(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    parser.add_argument("command", choices=["shots", "axe", "guides"])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", default="", help="pages, separated by commas")
    parser.add_argument("--languages", type=_among(LANGUAGES), default=tuple(LANGUAGES), help=",".join(LANGUAGES))
    parser.add_argument("--themes", type=_among(THEMES), default=tuple(THEMES), help=",".join(THEMES))
    parser.add_argument("--widths", type=_among(WIDTHS), default=tuple(WIDTHS), help=",".join(WIDTHS))
    chosen = parser.parse_args(arguments)
    if chosen.command == "guides":
        return _guides(chosen.folder, chosen.languages, chosen.only)
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder)) as shown, browser() as running:
        screens = [screen for screen in shown.screens if not chosen.only or screen.name in chosen.only.split(",")]
        names = {(screen, language): f"{screen.name}-{language}" for screen in screens
                 for language in chosen.languages}  # fmt: skip
        done = _kept(chosen.folder) if chosen.command == "shots" else set()
        failures = 0
        for theme, width in product(chosen.themes, chosen.widths):
            wanted = {
                of: f"{name}-{theme}-{width}" for of, name in names.items() if f"{name}-{theme}-{width}" not in done
            }
            if not wanted:
                continue
            with _opened(running, shown, theme, width) as page:
                for (screen, language), name in wanted.items():
                    show(page, shown.server, screen, language)
                    if chosen.command == "shots":
                        _shoot(page, chosen.folder / f"{name}.png", WIDTHS[width])
                    else:
                        failures += _judge(page, name)
    return 1 if failures else 0


def _among(known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """Return a reader of names separated by commas, which argparse refuses where one is not `known`."""

    def read(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        if unknown := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return chosen

    return read


def _kept(folder: Path) -> set[str]:
    """Return the names of the pictures in a folder that show this program; where they show another, none."""
    digest = hashlib.sha256()
    for source in sorted(path for part in SOURCES for path in (ROOT / part).rglob("*") if path.suffix in SUFFIXES):
        digest.update(source.read_bytes())
    mark = folder / ".sources"
    folder.mkdir(parents=True, exist_ok=True)
    if mark.exists():  # else the pictures in this folder are not of this command
        pictures = list(folder.glob("*.png"))
        if mark.read_text() == digest.hexdigest():
            return {path.stem for path in pictures}
        for path in pictures:
            path.unlink()
    mark.write_text(digest.hexdigest())
    return set()


def _guides(folder: Path, languages: Sequence[str], only: str) -> int:
    with tempfile.TemporaryDirectory() as place:
        os.environ.setdefault("CAMPAIGNS_TESTS_SHARED", place)  # where the tests keep an empty database to copy
        with guide_scene(Path(place)) as shown, browser() as running:
            take(running, shown, folder, languages, only)
    return 0


@contextmanager
def _opened(running: Browser, shown: Scene, theme: str, width: str) -> Iterator[Page]:
    size = WIDTHS[width]
    context = running.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        locale="en-GB",
    )
    yield sign_in(context, shown.server)
    context.close()


def _shoot(page: Page, path: Path, size: tuple[int, int]) -> None:
    """Write a picture of the whole page. A window that is that high makes no page higher; the next one is opened in a
    window of the usual height."""
    height = min(max(whole_height(page), size[1]), MOST_HEIGHT)
    page.set_viewport_size({"width": size[0], "height": height})
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.screenshot(path=path)
    page.set_viewport_size({"width": size[0], "height": size[1]})


def _judge(page: Page, name: str) -> int:
    violations_found = violations(page)
    for violation in violations_found:
        print(
            f"{name}: {violation.rule} ({violation.impact}): {', '.join(violation.elements[:5])}\n  {violation.summary}"
        )
    return len(violations_found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
