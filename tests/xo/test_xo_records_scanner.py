"""Lists as they come: the same records however they are cut, and nothing but records or a ProbeError from any bytes."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.xapi.errors import ProbeError
from bot.xapi.observation import FailureCode
from bot.xo.records import LONGEST, records

_TEXT = st.text(max_size=20)
_SCALAR = st.none() | st.booleans() | st.integers() | _TEXT
_RECORD = st.dictionaries(_TEXT, _SCALAR | st.lists(_SCALAR, max_size=3), max_size=6)
_CUTS = st.lists(st.integers(0, 400), max_size=12)


def _cut(body: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    return (body[begin:end] for begin, end in pairwise(places))


@given(st.lists(_RECORD, max_size=6), _CUTS, st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n "]))
def test_lines_are_read_the_same_however_they_are_cut(
    listed: list[dict[str, Any]], cuts: list[int], plain: bool, between: str
) -> None:
    body = between.join(json.dumps(record, ensure_ascii=plain) for record in listed).encode("utf-8", "replace")
    assert list(records(_cut(body, cuts))) == [json.loads(line) for line in _lines(listed, plain)]


@given(st.lists(_RECORD, max_size=6), _CUTS, st.booleans(), st.sampled_from([None, 2]))
def test_an_array_is_read_the_same_however_it_is_cut(
    listed: list[dict[str, Any]], cuts: list[int], plain: bool, indent: int | None
) -> None:
    body = json.dumps(listed, ensure_ascii=plain, indent=indent).encode("utf-8", "replace")
    assert list(records(_cut(body, cuts))) == [json.loads(line) for line in _lines(listed, plain)]


def _lines(listed: list[dict[str, Any]], plain: bool) -> list[bytes]:
    return [json.dumps(record, ensure_ascii=plain).encode("utf-8", "replace") for record in listed]


@given(st.lists(st.binary(max_size=60) | st.sampled_from([b"[", b"{", b"}", b'"', b",", b"]", b'{"a":1}', b"\n"])))
@example([b"[" * 20_000])
@example([b'{"a":'] * 5_000)
@example([b'{"a":' + b"9" * 5_000 + b"}"])
@example([b'{"a":"\xed\xa0\x80"}'])
@example([b"\xef\xbb\xbf{}"])
def test_any_bytes_are_records_or_a_probe_error(pieces: list[bytes]) -> None:
    assert _told(pieces) in ("", FailureCode.BAD_REPLY, FailureCode.NOT_XAPI)


def _told(pieces: list[bytes]) -> str:
    """The code of the trouble with them, if there is any."""
    try:
        for record in records(pieces):
            assert isinstance(record, dict)
    except ProbeError as stopped:
        return stopped.code
    return ""


@pytest.mark.parametrize("body", [b"", b"[]", b" [ ] \n", b"\n\n"])
def test_an_empty_list_has_no_records(body: bytes) -> None:
    assert list(records([body])) == []


@pytest.mark.parametrize("body", [b"[", b"[{}", b"[{},", b"[{}] {}", b"[{},]", b'{"a":1', b"[{}]]"])
def test_a_list_that_is_not_whole_is_refused(body: bytes) -> None:
    with pytest.raises(ProbeError, match="bad_reply"):
        list(records([body]))


def test_a_record_without_an_end_is_not_waited_for() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b'{"a": "'
        while True:
            taken += 1
            yield b"x" * 1000

    with pytest.raises(ProbeError, match="bad_reply"):
        list(records(endless()))
    assert taken <= LONGEST / 1000 + 2
