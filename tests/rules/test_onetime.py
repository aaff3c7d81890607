"""One-time codes: the published values, drift, and that a code counts once."""

from __future__ import annotations

import pytest
from cryptography.fernet import InvalidToken

from consilience.domains.keys import onetime
from consilience.kit.clock import Instant, shift

SECRET = b"12345678901234567890"
AT = Instant("2026-11-23T20:00:10.000000Z")


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_values_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    """The appendix prints eight digits; six digits are its last six."""
    assert onetime.code(SECRET, seconds // onetime.STEP_S) == code


@pytest.mark.parametrize(("off", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step(off: int, counts: bool) -> None:
    now = onetime.step(AT)
    given = onetime.code(SECRET, now + off)
    assert onetime.step_of(SECRET, given, at=AT, used=0) == (now + off if counts else None)


def test_a_code_counts_once_and_none_before_it_counts_any_more() -> None:
    now = onetime.step(AT)
    assert onetime.step_of(SECRET, onetime.code(SECRET, now), at=AT, used=now) is None
    assert onetime.step_of(SECRET, onetime.code(SECRET, now - 1), at=AT, used=now) is None
    assert onetime.step_of(SECRET, onetime.code(SECRET, now + 1), at=AT, used=now) == now + 1


@pytest.mark.parametrize("given", ["", "12345", "abcdef", "١٢٣٤٥٦", "0" * 400])
def test_nonsense_is_no_code(given: str) -> None:
    assert onetime.step_of(SECRET, given, at=AT, used=0) is None


def test_spaces_in_a_code_do_not_matter() -> None:
    code = onetime.code(SECRET, onetime.step(AT))
    assert onetime.step_of(SECRET, f"{code[:3]} {code[3:]}", at=AT, used=0)


def test_a_recovery_code_is_found_however_it_is_typed_and_used_up() -> None:
    codes = onetime.new_recovery_codes()
    kept = [onetime.recovery_digest(one) for one in codes]
    left = onetime.without(codes[3].upper().replace("-", " "), kept)
    assert left == kept[:3] + kept[4:]
    assert onetime.without(codes[3], left) is None
    assert len({*codes}) == onetime.RECOVERY_CODES


def test_another_server_cannot_open_the_secret() -> None:
    kept = onetime.sealed(SECRET, "ours")
    assert onetime.opened(kept, "ours") == SECRET
    assert SECRET.hex() not in kept
    with pytest.raises(InvalidToken):
        onetime.opened(kept, "theirs")


def test_the_address_says_what_an_app_needs() -> None:
    said = onetime.address(SECRET, "edda@example.org")
    assert said.startswith("otpauth://totp/Consilience%3Aedda%40example.org?secret=GEZDGNBVGY3TQOJQ")
    assert "period=30" in said
    assert onetime.step(shift(AT, seconds=30)) == onetime.step(AT) + 1
