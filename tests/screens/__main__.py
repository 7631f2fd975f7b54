"""Walk every page × language × theme × width: take screenshots, or look for what axe calls serious.

`python -m tests.screens shots FOLDER` writes FOLDER/PAGE-LANGUAGE-THEME-WIDTH.png. `python -m tests.screens axe` exits
with 1 where a page has a serious violation. Both take `--only PAGE`, `--languages en,uz` and
`--themes dark`. `python -m tests.screens guides FOLDER` writes the pictures of the guides, FOLDER/LANGUAGE/NAME.png.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.screens.accessibility import violations
from tests.screens.guide_pictures import take
from tests.screens.guide_scene import guide_scene
from tests.screens.scene import LANGUAGES, THEMES, WIDTHS, Scene, browser, scene, show, sign_in


def main(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    parser.add_argument("command", choices=["shots", "axe", "guides"])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", default="", help="pages, separated by commas")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--themes", default=",".join(THEMES))
    chosen = parser.parse_args(arguments)
    if chosen.command == "guides":
        return _guides(chosen.folder, chosen.languages, chosen.only)
    failures = 0
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder)) as shown, browser() as running:
        wanted = [screen for screen in shown.screens if not chosen.only or screen.name in chosen.only.split(",")]
        for theme, width in product(chosen.themes.split(","), WIDTHS):
            with _opened(running, shown, theme, width) as page:
                for screen, language in product(wanted, chosen.languages.split(",")):
                    show(page, shown.server, screen, language)
                    name = f"{screen.name}-{language}-{theme}-{width}"
                    failures += _shoot(page, chosen.folder / name) if chosen.command == "shots" else _judge(page, name)
    return 1 if failures else 0


def _guides(folder: Path, languages: str, only: str) -> int:
    with tempfile.TemporaryDirectory() as place:
        os.environ.setdefault("CAMPAIGNS_TESTS_SHARED", place)  # where the tests keep an empty database to copy
        with guide_scene(Path(place)) as shown, browser() as running:
            take(running, shown, folder, languages.split(","), only)
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


def _shoot(page: Page, path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=f"{path}.png")
    return 0


def _judge(page: Page, name: str) -> int:
    violations_found = violations(page)
    for violation in violations_found:
        print(
            f"{name}: {violation.rule} ({violation.impact}): {', '.join(violation.elements[:5])}\n  {violation.summary}"
        )
    return len(violations_found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
