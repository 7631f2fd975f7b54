"""The help page: the guide of one's role in one's language, its contents and a search."""

import pytest

from getsms_core.base.i18n import LANGUAGES
from getsms_core.base.permissions import Role
from pages.ui.help import guides
from tests.conftest import PageFactory


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_reads_the_guide_of_their_role_in_their_language(open_page: PageFactory, language: str) -> None:
    for role in Role:
        page = open_page("help.py", role, language).run()
        assert not page.exception
        guide = guides.read(language, role)
        assert [title.value for title in page.title] == [guide.title]
        assert [heading.value for heading in page.header] == [section.heading for section in guide.sections[1:]]


def test_the_guide_of_another_role_can_be_read(open_page: PageFactory) -> None:
    page = open_page("help.py", Role.ADMINISTRATOR).run()
    page.segmented_control(key="help-role").set_value("marketer").run()
    assert page.title[0].value == "Guide for marketers"


def test_a_search_shows_the_sections_with_all_of_its_words(open_page: PageFactory) -> None:
    page = open_page("help.py", Role.MARKETER).run()
    page.text_input(key="help-search").set_value("CONTROL group bought").run()
    assert [heading.value for heading in page.header] == ["After the campaign"]
    page.text_input(key="help-search").set_value("zebra").run()
    assert not page.header
    assert "No section of this guide has these words" in page.info[0].value
