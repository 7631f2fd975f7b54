"""What can be said, wished or met stands in the docs."""

from pathlib import Path

from getsms_core.base.reasons.gateway import SENTENCES as CODE_MESSAGES
from getsms_core.sandbox.command import command
from getsms_core.sandbox.damage import DAMAGES
from getsms_core.sandbox.delivery import FIXED_FATES
from getsms_core.sandbox.faults import FAULTS
from tests.each_case import each_case

DOCS = Path(__file__).resolve().parents[3] / "docs"


@each_case("code", sorted(CODE_MESSAGES))
def test_every_code_of_the_client_is_documented(code: str) -> None:
    assert f"`{code}`" in (DOCS / "gateway.md").read_text()


@each_case(
    "word",
    [*FAULTS, *DAMAGES, *map(str, FIXED_FATES), *(option for parameter in command.params for option in parameter.opts)],
)
def test_every_option_fault_and_magic_number_of_the_sandbox_is_documented(word: str) -> None:
    assert word in (DOCS / "sandbox.md").read_text()
