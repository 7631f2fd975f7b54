"""A browser's User-Agent header in few words."""

import re

from getsms_core.base.formatting import NOTHING

_BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"YaBrowser/", "Yandex"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/", "Chrome"),
    (r"Version/.*Safari/", "Safari"),
)
"""In this order: most browsers name Chrome and Safari too."""
_SYSTEMS = (
    (r"Android", "Android"),
    (r"iPhone|iPad", "iOS"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"Linux|X11", "Linux"),
)


def device(user_agent: str) -> str:
    """Return browser and system ("Firefox, Windows"), or the beginning of a header that names no known browser."""
    names = [
        next((name for pattern, name in table if re.search(pattern, user_agent)), "") for table in (_BROWSERS, _SYSTEMS)
    ]
    if not names[0]:
        return user_agent[:60] or NOTHING
    return ", ".join(name for name in names if name)
