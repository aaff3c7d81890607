"""Canonical JSON: the vectors of RFC 8785, ECMAScript's numbers, and what the profile refuses."""

from __future__ import annotations

import json
import math
import os
import shutil
import struct
import subprocess

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from consilience.kit import canonical
from consilience.kit.errors import BadInput
from tests.harness.archives import ALONE

# RFC 8785, appendix B: IEEE 754 bits and the number that ECMAScript writes for them.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


def double(bits: str) -> float:
    value: float = struct.unpack(">d", bytes.fromhex(bits))[0]
    return value


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_a_number_is_written_as_the_rfc_says(bits: str, text: str) -> None:
    assert canonical.number(double(bits)) == text


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_nan_and_infinity_are_no_numbers(bits: str) -> None:
    with pytest.raises(BadInput, match="cannot be recorded"):
        canonical.number(double(bits))


def test_the_numbers_of_the_rfcs_sample_are_its_strings() -> None:
    sample = [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001]
    assert [canonical.number(value) for value in sample] == ["333333333.3333333", "1e+30", "4.5", "0.002", "1e-27"]


def test_the_rfcs_sample_has_the_rfcs_bytes() -> None:
    # Section 3.2.4, less the member "numbers", which the profile writes as strings.
    text = '{"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}'
    expected = bytes.fromhex(
        "7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c"
        "22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d"
    )
    assert canonical.encode(canonical.decode(text)) == expected


def test_keys_are_sorted_by_their_utf_16_units() -> None:
    # Section 3.2.3: the emoji is a surrogate pair and comes before U+FB33, though its code point is larger.
    names = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(canonical.decode(canonical.encode(names)).values()) == [
        "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]  # fmt: skip


doubles = st.floats(allow_nan=False, allow_infinity=False)


@given(doubles)
def test_a_number_reads_back_as_itself(value: float) -> None:
    assert float(canonical.number(value)) == value


@pytest.mark.skipif(
    shutil.which("node") is None and os.environ.get("CONSILIENCE_TEST_NEEDS") != "all",
    reason="node is not installed: its String(x) is the oracle here",
)
def test_numbers_are_what_javascript_writes() -> None:
    import random

    seeded = random.Random(8785)
    bits = [seeded.getrandbits(64).to_bytes(8, "big") for _ in range(20_000)]
    bits += [struct.pack(">d", 10.0**power * digit) for power in range(-30, 30) for digit in (1, 1.5, 9.999999)]
    values = [value for raw in bits if math.isfinite(value := struct.unpack(">d", raw)[0])]
    script = (
        "const b=require('fs').readFileSync(0);let o=[];"
        "for(let i=0;i<b.length;i+=8)o.push(String(b.readDoubleBE(i)));console.log(o.join('\\n'))"
    )
    packed = b"".join(struct.pack(">d", value) for value in values)
    said = subprocess.run(["node", "-e", script], input=packed, capture_output=True, check=True).stdout.decode()
    assert [canonical.number(value) for value in values] == said.splitlines()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-canonical.MAX_INTEGER, max_value=canonical.MAX_INTEGER)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=12,
)


@given(json_values)
def test_both_encoders_write_the_same_bytes(value: object) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(json_values)
def test_what_is_encoded_reads_back_and_is_canonical(value: object) -> None:
    data = canonical.encode(value)
    assert canonical.decode(data) == value
    assert canonical.is_canonical(data)


@pytest.mark.parametrize(
    "data", [b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1.0}', b'{"a":"\\u0041"}', b'{"a":1}\n', b"\xef\xbb\xbf{}", b"1e1"]
)
def test_other_spellings_of_the_same_are_not_canonical(data: bytes) -> None:
    assert not canonical.is_canonical(data)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' stands twice"),
        ('{"a": NaN}', "NaN"),
        ("[Infinity]", "Infinity"),
        ("[-Infinity]", "Infinity"),
        ('"\\ud800"', "surrogate"),
        ('{"\\udc00": 1}', "surrogate"),
        ("1" * 5000, "cannot be read"),
        ("[" * 200_000, "cannot be read"),
        ("{", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_hostile_json_is_refused_with_a_sentence(text: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        canonical.decode(text)


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        canonical.decode(b'"\xff"')


def test_a_surrogate_pair_is_a_character() -> None:
    assert canonical.decode('"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("value", [2**53, -(2**53), 10**30])
def test_an_integer_from_2_to_the_53_is_refused(value: int) -> None:
    with pytest.raises(BadInput, match=r"\$\.rows\[1\]"):
        canonical.encode({"rows": [0, value]})


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1])
def test_an_integer_below_2_to_the_53_stands_as_it_is(value: int) -> None:
    assert canonical.encode({"rows": value}) == b'{"rows":%d}' % value


@pytest.mark.parametrize("value", [0.5, 1.0, math.nan, math.inf, {"a": [0.1]}, b"x", {1: 2}, {"a": {1, 2}}, object()])
def test_what_is_not_in_the_profile_is_refused(value: object) -> None:
    with pytest.raises(BadInput):
        canonical.encode(value)


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, ["\udfff"], {"\ud800": 1, "é": 2}])
def test_half_a_character_is_refused(value: object) -> None:
    with pytest.raises(BadInput, match="surrogates|UTF-8"):
        canonical.encode(value)


def test_endless_nesting_is_refused_and_not_followed() -> None:
    nested: list[object] = []
    for _ in range(5000):
        nested = [nested]
    with pytest.raises(BadInput):
        canonical.encode(nested)


# Reading strictly, without writing again: in the product and in the one-file verifier, which shares no code with it

PIECES = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", " ", "\n", '"a"', '"b"', '"\\u0061"', '"\\u001f"', '"\\u001F"', '"\\n"', '"\\u000a"',
     '"\\/"', '"\\ud800"', '"\\u00e9"', '"é"', '"\N{GRINNING FACE}"', '"\ufb33"', "0", "-0", "01", "1", "-1", "1.0", "1e2",
     "9007199254740991", "9007199254740992", "99999999999999999999", "true", "false", "null", "NaN", "\x7f", '"\x00"', "﻿"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.sampled_from("ab"), inner, max_size=3)
    ),
    max_leaves=8,
)


def _as_written_again(data: bytes) -> object:
    """What strict reading was before: read, write again, compare."""
    value = canonical.decode(data)
    if canonical.encode(value) != data:
        raise BadInput("JSON", "is not canonical JSON")
    return value


def _held_together(data: bytes) -> None:
    told = []
    for read, refused in ((_as_written_again, BadInput), (canonical.read, BadInput), (ALONE.parse, ALONE.Bad)):
        try:
            told.append(repr(read(data)))
        except refused:
            told.append("refused")
    assert len(set(told)) == 1, (data, told)


@given(st.lists(PIECES, max_size=9).map("".join))
def test_any_pieces_of_json_are_read_strictly_as_if_they_were_written_again(text: str) -> None:
    _held_together(text.encode())


@pytest.mark.parametrize("piece", ["9", "10", "-1", "0", '"a"', "true", '"\\n', "[", '{"a":'])
def test_a_long_hostile_text_is_refused_as_fast_as_it_is_read(piece: str) -> None:
    """Digits that could be cut into integers in many ways once took longer than anybody waits."""
    _held_together((piece * 4000 + " ").encode())


@given(VALUES, st.booleans(), st.booleans(), st.sampled_from([(",", ":"), (", ", ":"), (",", ": ")]))
def test_any_value_in_any_spelling_is_read_strictly_as_if_it_was_written_again(
    value: object, ascii_only: bool, sort: bool, between: tuple[str, str]
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, sort_keys=sort, separators=between)
    _held_together(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=40))
def test_any_bytes_are_read_strictly_or_refused(data: bytes) -> None:
    _held_together(data)
    _held_together(b'{"a":' + data + b"}")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, '"' + "a" * 10**6, '"' + "\\u" * 10**6, "[1," * 10**5]
)
def test_hostile_lengths_are_refused_in_no_time(text: str) -> None:
    _held_together(text.encode())
