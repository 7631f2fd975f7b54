"""The command in the test's own process: its result, its document, or the code of its refusal."""

import json
from typing import Any

from click.testing import CliRunner, Result

from getsms_core.cli import cli


def run(*arguments: str, given: str | None = None) -> Result:
    """The command in this process; never a traceback."""
    done = CliRunner().invoke(cli, arguments, input=given)
    assert "Traceback" not in done.output
    return done


def refused(*arguments: str, given: str | None = None) -> str:
    """The code of a refusal that is told both to the script and to the person."""
    done = run(*arguments, "--json", given=given)
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["message"] in done.stderr
    assert done.stdout.count("\n") == 1
    return str(told["error"])


def document(*arguments: str, given: str | None = None) -> dict[str, Any]:
    """The answer to a command that did what was asked."""
    done = run(*arguments, "--json", given=given)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told
