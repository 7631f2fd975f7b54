"""Check that this checkout can be released: `python requirements/release.py` prints the tag, or what is missing."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def faults(version: str) -> list[str]:
    """Return one sentence for each thing that is missing; [] = the release can be made."""
    found = []
    if _git("status", "--porcelain"):
        found.append("The checkout has changes that are not committed.")
    if _git("tag", "--list", f"v{version}"):
        found.append(f"There is a tag v{version} already: set the new version in pyproject.toml.")
    heading = rf"^## \[?{re.escape(version)}\]?.*\d{{4}}-\d{{2}}-\d{{2}}"
    if not re.search(heading, (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        found.append(f"CHANGELOG.md has no heading of {version} with its date.")
    if subprocess.run(["git", "var", "GIT_COMMITTER_IDENT"], cwd=ROOT, capture_output=True).returncode:
        found.append("git does not know who makes the tag: git config user.name NAME, git config user.email ADDRESS.")
    return found


if __name__ == "__main__":
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if missing := faults(version):
        sys.exit("\n".join(missing))
    print(f"v{version}")
