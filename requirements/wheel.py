"""Copy what belongs into the wheel to a folder: `python requirements/wheel.py FOLDER`.

The top level of the checkout stays as it is; in the copy, the app and its pages lie inside the package, because only
packages are installed. Needs the translations compiled, and git for the list of files.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = Path("getsms_core/_app")
IN_APP = ("app.py", "pages/", ".streamlit/", "data/", "docs/guides/", "docs/images/guides/")
IN_PROJECT = ("getsms_core/", "pyproject.toml", "README.md")


def stage(folder: Path) -> int:
    """Copy the files and return their number. Raises `SystemExit` where the translations are not compiled."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    compiled = [str(path.relative_to(ROOT)) for path in ROOT.glob("getsms_core/locale/*/LC_MESSAGES/*.mo")]
    if not compiled:
        raise SystemExit("The translations are not compiled. Run: python -m getsms_core.locale compile")
    if folder.exists():
        shutil.rmtree(folder)
    count = 0
    for name in [*filter(None, listed), *compiled]:
        inside = APP / name if name.startswith(IN_APP) else Path(name) if name.startswith(IN_PROJECT) else None
        if inside is not None:
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
            count += 1
    return count


if __name__ == "__main__":
    print(f"Copied {stage(Path(sys.argv[1]))} files to {sys.argv[1]}.")
