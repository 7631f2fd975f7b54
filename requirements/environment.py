"""Print shell lines that give uv pip's index, proxy and certificates, and a writable cache.

Run `eval "$(python3 requirements/environment.py)"` before uv. uv does not read pip's settings: behind a company's index
or proxy pip installed uv, and uv then failed with "Is this machine connected?". Exits with status 1 and one sentence on
stderr if this folder cannot be written. Needs only python3 (3.11 or newer) with pip.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "proxy": "HTTPS_PROXY",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
}
_INDEX_VARIABLES = {"UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "UV_NO_INDEX", "UV_INSECURE_HOST"}
_LISTS = {"UV_FIND_LINKS": ","}  # uv separates by commas here and by spaces elsewhere


def pip_settings(listing: str) -> dict[str, str]:
    """The settings in `pip config list`, by option name. The environment overrides files, as for pip."""
    files: dict[str, str] = {}
    environment: dict[str, str] = {}
    for line in listing.splitlines():
        name, separator, quoted = line.partition("=")
        if not separator:
            continue
        section, _, option = name.strip().rpartition(".")
        value = quoted.strip().strip("'\"").replace("\\n", " ")
        (environment if section == ":env:" else files)[option] = " ".join(value.split())
    return files | environment


def exports(settings: dict[str, str], environment: dict[str, str], uv_is_configured: bool = False) -> dict[str, str]:
    """The variables to set for uv. Settings that uv already has, in the environment or a uv.toml, stay."""
    wanted = {"UV_SYSTEM_CERTS": "true"}
    for option, variable in _PIP_TO_UV.items():
        value = settings.get(option, "")
        if option == "find-links":
            value = " ".join(place for place in value.split() if _is_link_or_there(place))
        if value:
            wanted[variable] = value.replace(" ", _LISTS.get(variable, " "))
    if uv_is_configured:
        wanted = {variable: value for variable, value in wanted.items() if variable not in _INDEX_VARIABLES}
    if "UV_INDEX" in wanted:  # pip takes a version from any index that has it; the hashes identify the file
        wanted["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if not _cache_is_writable(environment):
        wanted["UV_CACHE_DIR"] = str(ROOT / ".tools" / "cache")
        wanted["PIP_NO_CACHE_DIR"] = "1"
    return {variable: value for variable, value in wanted.items() if not environment.get(variable)}


def _is_link_or_there(place: str) -> bool:
    """Whether uv can use a place of `find-links`: pip ignores a folder that does not exist, uv ends with an error."""
    return "://" in place or Path(place).expanduser().exists()


def _uv_has_a_file(environment: dict[str, str]) -> bool:
    configuration = Path(environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or "/") / ".config")
    system = [Path(folder) for folder in (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":") if folder]
    return any((folder / "uv" / "uv.toml").is_file() for folder in (configuration, *system, Path("/etc")))


def _cache_is_writable(environment: dict[str, str]) -> bool:
    folder = Path(environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME") or "/") / ".cache") / "uv"
    while not folder.exists():
        folder = folder.parent
    return folder.is_dir() and _is_writable(folder)


def _is_writable(folder: Path) -> bool:
    """Tests by writing a file: `os.access` tells root that a read-only file system is writable."""
    probe = folder / f".getsms-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def main() -> int:
    """Print the lines; returns 1 if the checkout cannot be written."""
    if not _is_writable(ROOT):
        sentence = f"{ROOT} cannot be written. Get write permission, or copy the project into your own folder."
        print(sentence, file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    environment = dict(os.environ)
    for variable, value in exports(pip_settings(listing), environment, _uv_has_a_file(environment)).items():
        print(f"export {variable}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
