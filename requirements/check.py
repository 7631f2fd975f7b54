"""Compare the names and versions in the lock files with pyproject.toml. Resolves nothing and needs no network.

`make lock` writes the lock files again. `uv pip check` tests whether the installed versions fit together.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^\s;\\]+)")


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(lines: list[str]) -> dict[str, str]:
    return {_name(match[1]): match[2] for line in lines if (match := PIN.match(line))}


def faults() -> list[str]:
    """One sentence for each difference; an empty list when the lock files are up to date."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = pyproject["project"]
    sentences: list[str] = []
    locked: dict[str, dict[str, str]] = {}
    for file, wanted in (
        ("run.txt", project["dependencies"]),
        ("dev.txt", project["dependencies"] + project["optional-dependencies"]["dev"]),
        ("build.txt", pyproject["build-system"]["requires"]),
    ):
        text = (ROOT / "requirements" / file).read_text()
        locked[file] = _pins(text.splitlines())
        if "://" in text or "--index" in text:
            sentences.append(f"requirements/{file} holds an index's address.")
        if len(_pins(wanted)) != len(wanted):
            sentences.append("pyproject.toml has a dependency that is not pinned with ==.")
        for name, version in _pins(wanted).items():
            if locked[file].get(name) != version:
                sentences.append(
                    f"requirements/{file} has {name} {locked[file].get(name)}, pyproject.toml has {version}."
                )
        blocks = re.split(r"\n(?=\S)", text.strip())
        sentences += [
            f"requirements/{file}: {block.split()[0]} has no hash." for block in blocks if "--hash=" not in block
        ]
    for name, version in locked["run.txt"].items():
        if locked["dev.txt"].get(name) != version:
            sentences.append(f"{name} is {version} in run.txt and {locked['dev.txt'].get(name)} in dev.txt.")
    return sentences


if __name__ == "__main__":
    sentences = faults()
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    if sentences:
        sys.exit("The lock files are out of date. Run: make lock")
