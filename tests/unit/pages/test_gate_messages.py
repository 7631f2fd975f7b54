"""Which of the browser's messages Streamlit gets: pure decisions, with the time as an argument."""

import pytest
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg, DeferredFileRequestPayload
from streamlit.proto.BackMsg_pb2 import InstallSkillsRequestPayload as InstallSkills
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from pages.ui.gate.messages import MAX_WAITING, MESSAGES_BURST, Bucket, Flood, MessageQueue


def _run(value: int = 0, fragment: str = "", clicked: bool = False, timer: bool = False) -> bytes:
    widgets = [WidgetState(id="number", int_value=value)]
    if clicked:
        widgets.append(WidgetState(id="button", trigger_value=True))
    state = ClientState(fragment_id=fragment, widget_states=WidgetStates(widgets=widgets), is_auto_rerun=timer)
    return bytes(BackMsg(rerun_script=state).SerializeToString())


def _values(waiting: MessageQueue) -> list[int]:
    values = []
    while waiting:
        message = BackMsg()
        message.ParseFromString(waiting.take()[0])
        values.append(message.rerun_script.widget_states.widgets[0].int_value)
    return values


def test_the_last_of_many_values_is_what_streamlit_gets() -> None:
    waiting = MessageQueue()
    for value in range(100):
        waiting.add(_run(value), now=0)
    assert _values(waiting) == [99]


def test_a_click_is_never_dropped_and_keeps_its_place() -> None:
    waiting = MessageQueue()
    for value, clicked in ((1, False), (2, True), (3, False), (4, False), (5, True)):
        waiting.add(_run(value, clicked=clicked), now=0)
    assert _values(waiting) == [2, 5]  # 1 and the 4 are in the clicks that follow them


def test_runs_of_two_fragments_do_not_replace_each_other() -> None:
    waiting = MessageQueue()
    for value, fragment in ((1, "a"), (2, "b"), (3, "a"), (4, "a")):
        waiting.add(_run(value, fragment), now=0)
    assert _values(waiting) == [1, 2, 4]


def test_what_a_person_does_replaces_the_question_of_any_timer_and_never_the_reverse() -> None:
    waiting, only_timers = MessageQueue(), []
    for data in (_run(1, "a", timer=True), _run(2, "b"), _run(3, "a", timer=True)):
        waiting.add(data, now=0)
        only_timers.append(waiting.has_only_timers)
    assert only_timers == [True, False, False]
    assert waiting.next.fragment_id == ""  # a person's run, though of a fragment
    assert _values(waiting) == [2, 3]


def test_an_arrow_key_that_is_held_for_minutes_is_no_flood() -> None:
    waiting = MessageQueue()
    for number in range(30 * 300):
        waiting.add(_run(number), now=number / 30)
    assert _values(waiting) == [30 * 300 - 1]


def test_more_than_a_browser_sends_is_a_flood() -> None:
    waiting = MessageQueue()
    for number in range(MESSAGES_BURST):
        waiting.add(_run(number), now=0)
    with pytest.raises(Flood) as flood:
        waiting.add(_run(), now=0)
    assert flood.value.code == 1008


def test_messages_that_pile_up_are_a_flood_even_when_they_come_slowly() -> None:
    waiting = MessageQueue()
    for number in range(MAX_WAITING):
        waiting.add(_run(clicked=True), now=number)
    with pytest.raises(Flood) as flood:
        waiting.add(_run(clicked=True), now=MAX_WAITING)
    assert flood.value.code == 1008


@pytest.mark.parametrize(
    ("data", "code"),
    [(None, 1003), (b"x" * (1024 * 1024 + 1), 1009), (b"\xff\xff", 1008), (b"\x5a\x05ab", 1008)],
)
def test_what_is_no_message_is_refused(data: bytes | None, code: int) -> None:
    with pytest.raises(Flood) as flood:
        MessageQueue().add(data, now=0)
    assert flood.value.code == code


def test_a_developers_tools_are_not_let_through_and_a_pages_own_requests_are() -> None:
    waiting = MessageQueue()
    install = BackendOperationRequest(install_skills=InstallSkills())
    for message in (
        BackMsg(clear_cache=True),
        BackMsg(set_run_on_save=True),
        BackMsg(debug_shutdown_runtime=True),
        BackMsg(debug_disconnect_websocket=True),
        BackMsg(backend_operation_request=install),
        BackMsg(),
    ):
        waiting.add(message.SerializeToString(), now=0)
    assert len(waiting) == 0
    download = BackendOperationRequest(deferred_file=DeferredFileRequestPayload(file_id="x"))
    for message in (
        BackMsg(stop_script=True),
        BackMsg(app_heartbeat=True),
        BackMsg(backend_operation_request=download),
    ):
        waiting.add(message.SerializeToString(), now=0)
    assert len(waiting) == 3


def test_a_bucket_gives_a_burst_then_its_rate() -> None:
    bucket = Bucket(2, 10)
    assert [bucket.take(0), bucket.take(0), bucket.take(0)] == [True, True, False]
    assert bucket.wait(0) == pytest.approx(0.1)
    assert bucket.take(0.1)
    assert not bucket.take(0.1)
    assert bucket.wait(1000) == 0
    assert [bucket.take(1000), bucket.take(1000), bucket.take(1000)] == [True, True, False]
    assert not bucket.take(999)  # a clock that went back gives nothing
