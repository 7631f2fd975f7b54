"""Several texts side by side in the preview, each with a test SMS of its own."""

import pytest

from getsms_core.base.errors import DomainError
from getsms_core.base.permissions import Actor
from getsms_core.campaigns import service as campaigns
from getsms_core.campaigns.service import Draft
from getsms_core.db.engine import Store
from getsms_core.messages.variants import Variant
from tests.conftest import PageFactory, SettingsFactory
from tests.engine_support import checked_list, phones


def test_the_texts_stand_side_by_side_before_they_are_sent_each_with_a_test_of_its_own(
    open_page: PageFactory, sqlite_store: Store, actor: Actor, settings: SettingsFactory
) -> None:
    list_id = checked_list(sqlite_store, phones(10), til=["uz"] * 7 + ["ru"] * 3)
    texts = (Variant("Здравствуйте", value="ru"), Variant("Hello", value="en"))
    draft = Draft("Sale", "Salom", list_id, text_column="til", variants=texts)
    campaign_id = campaigns.create(sqlite_store, actor, settings(), draft)
    page = open_page("frame.py").run().switch_page("new_campaign.py")
    page.query_params.update({"campaign": str(campaign_id), "step": "preview"})
    page.run()
    assert not page.exception
    html = "\n".join(item.proto.body for item in page.get("html"))
    assert html.index("Salom") < html.index("Здравствуйте") < html.index("Hello")
    words = "\n".join(item.value for kind in (page.markdown, page.caption) for item in kind)
    assert "**7** recipients, 70.0% of all" in words
    assert "**3** recipients, 30.0% of all" in words
    assert "Nobody on the list gets this text." in words
    page.button(key="test-send-1").click().run()
    assert "your own number" in "\n".join(item.value for item in page.error)
    page.text_input(key="test-phone").set_value("90 123 45 67").run()
    for _click in range(2):
        page.button(key="test-send-1").click().run()
    assert not page.exception
    assert not page.error
    test_id = page.session_state["test-sent"][campaign_id, "text 1"][0]
    assert campaigns.get(sqlite_store, test_id).text == "Здравствуйте"
    assert test_id == campaign_id + 1  # the second click sent nothing
    with pytest.raises(DomainError):
        campaigns.get(sqlite_store, test_id + 1)
