"""What is known of a sender name without sending an SMS."""

from getsms_core import reports
from getsms_core.campaigns import service as campaigns
from getsms_core.db.engine import Store
from getsms_core.gateway import Decision, NothingSent
from tests.engine_support import AZIZA, HOUR, NOW, Engine, accept, running, settings_for


def test_a_name_is_unknown_then_taken_then_refused_then_taken_again(store: Store) -> None:
    campaign_id = running(store, 8, chunk_size=2, sender="Korzinka", settings=settings_for(nickname="Korzinka"))
    engine = Engine(store)
    assert reports.sender_name(store, 1, "Korzinka") == reports.SenderName("Korzinka", None, None)
    engine.send()
    sender = reports.sender_name(store, 1, "Korzinka")
    assert (sender.taken_at, sender.refused) == (NOW, False)
    engine.now += HOUR
    [claimed] = engine.claim(1)
    engine.record((claimed, NothingSent("nickname-wrong", Decision.STOP, "Incorrect nickname")))
    sender = reports.sender_name(store, 1, "Korzinka")
    assert (sender.refused_at, sender.refused) == (NOW + HOUR, True)
    assert not reports.sender_name(store, 1, "Boshqa").refused
    assert not reports.sender_name(store, 2, "Korzinka").refused
    engine.now += HOUR
    campaigns.resume(store, AZIZA, campaign_id)
    [claimed] = engine.claim(1)
    engine.record((claimed, accept(claimed)))
    assert not reports.sender_name(store, 1, "Korzinka").refused
