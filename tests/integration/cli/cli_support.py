"""The command in the test's own process: its result, its document, or the code of its refusal."""

import json
from typing import Any

from click.testing import CliRunner, Result

from getsms_core.cli import cli


def run(*arguments: str, given: str | None = None) -> Result:
    """The command in this process; never a traceback."""
    result = CliRunner().invoke(cli, arguments, input=given)
    assert "Traceback" not in result.output
    return result


def refused(*arguments: str, given: str | None = None) -> str:
    """The code of a refusal that is told both to the script and to the person."""
    result = run(*arguments, "--json", given=given)
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert answer["message"] in result.stderr
    assert result.stdout.count("\n") == 1
    return str(answer["error"])


def document(*arguments: str, given: str | None = None) -> dict[str, Any]:
    """The answer to a command that did what was asked."""
    result = run(*arguments, "--json", given=given)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer
