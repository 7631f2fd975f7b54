"""The pictures of the guides: `python -m tests.screens guides FOLDER` writes FOLDER/LANGUAGE/NAME.png."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.screens.guide_scene import GuideScene
from tests.screens.scene import Screen, show, sign_in

WIDTH = 1240
COLOURS = (64, 32, 16)
MOST_BYTES = 100_000


class Shot(NamedTuple):
    """A picture: its name, the address of its page, and its height in pixels."""

    name: str
    address: str
    height: int = 800


def shots(shown: GuideScene) -> tuple[Shot, ...]:
    """Return the pictures that the guides show."""
    draft = f"new_campaign?campaign={shown.draft}&step="
    return (
        Shot("check", f"{draft}check", 1180),
        Shot("text", f"{draft}text"),
        Shot("send", f"{draft}send"),
        Shot("campaign", f"campaigns?id={shown.campaign}"),
        Shot("overview", "", 1120),
        Shot("approval", f"campaigns?id={shown.approval}", 960),
        Shot("analytics", "analytics"),
        Shot("reports", "reports"),
        Shot("gateway", "settings"),
        Shot("rules", "settings?view=rules", 1000),
        Shot("users", "settings?view=people"),
    )


def take(running: Browser, shown: GuideScene, folder: Path, languages: Iterable[str], only: str = "") -> None:
    """Write the pictures of these languages; `only` names some of them, separated by commas."""
    context = running.new_context(viewport={"width": WIDTH, "height": 800}, color_scheme="light", locale="en-GB")
    page = sign_in(context, shown.server)
    for language in languages:
        for shot in shots(shown):
            if only and shot.name not in only.split(","):
                continue
            page.set_viewport_size({"width": WIDTH, "height": shot.height})
            show(page, shown.server, Screen(shot.name, shot.address), language)
            path = folder / language / f"{shot.name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(small(_main_part(page, shot.height)))
    context.close()


def _main_part(page: Page, height: int) -> bytes:
    """The page without its menu."""
    box = page.get_by_test_id("stMain").bounding_box()
    assert box is not None
    return page.screenshot(clip={"x": box["x"], "y": box["y"], "width": box["width"], "height": height})


def small(png: bytes) -> bytes:
    """The same picture with as few colours as it takes to be small."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in COLOURS:
        written = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
        if written.tell() <= MOST_BYTES:
            break
    return written.getvalue()
