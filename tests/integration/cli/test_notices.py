"""`getsms notices`: what scripts rely on."""

import pytest

from getsms_core.base.codes import NoticeEvent
from getsms_core.base.permissions import Role
from getsms_core.db.engine import Store, now_ms
from getsms_core.notices import events
from getsms_core.users import service as users
from tests.factories import make_campaign
from tests.integration.cli.cli_support import document, refused, run


@pytest.fixture(autouse=True)
def _here(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETSMS_DATABASE_URL", store_url)


def test_notices_are_listed_and_marked_as_read(store: Store) -> None:
    administrator = users.create_first_administrator(store, "Aziza", "a good password")
    users.create(store, administrator.actor, "Lola", "a good password", Role.ANALYST)
    assert refused("notices", "list", "Nobody") == "no-such-person"
    assert refused("notices", "read", "Lola", "7") == "no-such-notice"
    for wrong in (["list"], ["read", "Lola"], ["read", "Lola", "7", "--all"], ["read", "Lola", "x"]):
        assert run("notices", *wrong).exit_code == 2
    assert document("notices", "list", "lola") == {"notices": []}
    ids = [make_campaign(store, name) for name in ("Bahor", "Yoz")]
    for campaign_id in ids:
        store.transact(
            lambda session, campaign_id=campaign_id: events.of_campaign(  # type: ignore[misc]
                session, NoticeEvent.FINISHED, campaign_id, "1", now_ms(session)
            )
        )
    listed = document("notices", "list", "Lola")["notices"]
    assert [(item["event"], item["campaign"], item["read_at"]) for item in listed] == [
        ("finished", ids[1], None),
        ("finished", ids[0], None),
    ]
    assert listed[0]["sentence"] == "Yoz has finished sending."
    assert document("notices", "read", "Lola", str(listed[0]["id"])) == {"read": 1}
    assert [item["id"] for item in document("notices", "list", "Lola", "--unread")["notices"]] == [listed[1]["id"]]
    assert document("notices", "read", "Lola", "--all") == {"read": 1}
    assert "Bahor has finished sending." in run("notices", "list", "Lola").stdout
