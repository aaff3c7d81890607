"""Which key must have signed which head, once a log's key was changed: order in the log decides."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.ledger import log_keys, rules
from consilience.domains.ledger.log_keys import Bound
from consilience.kit.errors import BadInput

ORIGIN = "consilience/log/0192f0c1-6a7e-7aaa-8bbb-0123456789ab"
FIRST, SECOND, THIRD = (Ed25519PrivateKey.from_private_bytes(bytes([nth]) * 32) for nth in (1, 2, 3))
ONE, TWO, THREE = (rules.vkey(ORIGIN, key.public_key().public_bytes_raw()) for key in (FIRST, SECOND, THIRD))
KEYS = (Bound(0, ONE), Bound(10, TWO), Bound(20, THREE, handed_over=False))


def note(size: int, *keys: Ed25519PrivateKey) -> str:
    return rules.sign(rules.Checkpoint(ORIGIN, size, bytes(32)), *keys)


def test_versions_of_the_workspaces_record_bind_the_keys() -> None:
    versions = [
        (0, {"log_key": ONE}), (4, {"log_key": ONE, "name": "corrected"}), (10, {"log_key": TWO}),
        (20, {"log_key": THREE, "revoked_log_keys": [TWO]}),
    ]  # fmt: skip
    assert log_keys.bound(versions) == KEYS
    assert log_keys.bound([]) == ()


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        (0, (ONE,)),
        (1, (ONE,)),
        (10, (ONE,)),
        (11, (ONE, TWO)),
        (12, (TWO,)),
        (20, (TWO,)),
        (21, (THREE,)),
        (22, (THREE,)),
    ],
)
def test_a_head_is_signed_by_the_key_that_was_bound_before_it(size: int, keys: tuple[str, ...]) -> None:
    assert log_keys.required(KEYS, size) == keys


def test_each_head_opens_with_its_keys_alone() -> None:
    assert log_keys.opened(note(10, FIRST), KEYS).size == 10
    assert log_keys.opened(note(11, FIRST, SECOND), KEYS).size == 11
    assert log_keys.opened(note(12, SECOND), KEYS).size == 12
    assert log_keys.opened(note(21, THIRD), KEYS).size == 21
    for wrong in (
        note(10, SECOND),
        note(11, SECOND),
        note(11, FIRST),
        note(12, FIRST),
        note(21, SECOND),
        note(30, FIRST),
    ):
        with pytest.raises(BadInput):
            log_keys.opened(wrong, KEYS)


def test_without_a_key_nothing_opens() -> None:
    with pytest.raises(BadInput, match="not known"):
        log_keys.opened(note(3, FIRST), ())
