"""Password hashes."""

from getsms_core.users import passwords


def test_a_password_is_kept_as_argon2_and_known_again() -> None:
    hashed = passwords.hash_password("a good password")
    assert hashed.startswith("$argon2id$")
    assert passwords.verify_password(hashed, "a good password")
    assert not passwords.verify_password(hashed, "another password")


def test_an_empty_and_a_broken_hash_match_no_password() -> None:
    assert not passwords.verify_password("", "a good password")
    assert not passwords.verify_password("no hash at all", "a good password")
