"""The audit log in words: every action that the program notes has some, in every language."""

import ast

import pytest

from getsms_core.audit import labels as audit_labels
from getsms_core.base import i18n
from tests.conftest import ROOT


def noted() -> set[str]:
    """Every action that is named in the code: "campaign.start", and what a call of `note` gets."""
    actions = set()
    for file in (ROOT / "getsms_core").rglob("*.py"):
        source = file.read_text("utf-8")
        for node in ast.walk(ast.parse(source)) if "note(" in source else ():
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "note":
                actions |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    return {action for action in actions if isinstance(action, str) and "." in action}


def test_every_action_that_is_noted_has_words() -> None:
    actions = noted()
    assert len(actions) > 30
    assert actions - audit_labels.ACTIONS.keys() == set()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_the_log_shows_finds_it_again(language: str) -> None:
    i18n.set_language(language)
    try:
        for kind in audit_labels.SUBJECTS:
            assert audit_labels.subject_code(audit_labels.subject(f"{kind}:7")) == f"{kind}:7"
            assert audit_labels.subject_code(audit_labels.subject(f"{kind}:7").upper()) == f"{kind}:7"
            assert audit_labels.subject_code(f" {kind}:7 ") == f"{kind}:7"
        for bare in ("optouts", "alerts"):
            assert audit_labels.subject(bare) != bare
            assert audit_labels.subject_code(audit_labels.subject(bare)) == bare
    finally:
        i18n.set_language("en")


def test_what_nobody_has_words_for_stays_as_it_is() -> None:
    assert audit_labels.action("moon.land") == "moon.land"
    assert audit_labels.subject("moon:1") == "moon:1"
    assert audit_labels.subject_code("moon 1") == "moon 1"
    assert audit_labels.subject_code("7") == "7"
    assert audit_labels.subject_code("  ") == ""
