"""Throttling of failed sign-ins, with the time as an argument."""

from getsms_core.users.sign_in_throttle import Throttle


def _fail(throttle: Throttle, times: int, name: str = "aziza", address: str = "10.0.0.1", now: float = 0) -> None:
    for _n in range(times):
        throttle.failed(name, address, now)


def test_five_wrong_passwords_make_a_name_wait_at_that_address_only() -> None:
    throttle = Throttle()
    _fail(throttle, 4)
    assert throttle.wait("aziza", "10.0.0.1", 1) == 0
    _fail(throttle, 1)
    assert throttle.wait("aziza", "10.0.0.1", 1) == 599
    assert throttle.wait("lola", "10.0.0.1", 1) == 0
    assert throttle.wait("aziza", "10.0.0.2", 1) == 0


def test_an_address_that_tries_many_names_waits_for_all_of_them() -> None:
    throttle = Throttle()
    for n in range(20):
        throttle.failed(f"name {n}", "10.0.0.1", 0)
    assert throttle.wait("somebody else", "10.0.0.1", 1) > 0
    assert throttle.wait("somebody else", "10.0.0.2", 1) == 0


def test_a_name_that_is_tried_from_everywhere_waits_everywhere() -> None:
    throttle = Throttle()
    for n in range(100):
        throttle.failed("aziza", f"10.0.1.{n}", 0)
    assert throttle.wait("aziza", "10.9.9.9", 1) > 0


def test_the_throttle_forgets_after_ten_minutes_and_forgives_the_right_password() -> None:
    throttle = Throttle()
    _fail(throttle, 5)
    assert throttle.wait("aziza", "10.0.0.1", 600) == 0
    _fail(throttle, 5, now=700)
    throttle.succeeded("aziza", "10.0.0.1")
    assert throttle.wait("aziza", "10.0.0.1", 701) == 0
