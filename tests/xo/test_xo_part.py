"""One member of a large object: the same however the body is cut, and nothing but it or a ProbeError from any bytes."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.xapi.errors import ProbeError
from bot.xapi.observation import FailureCode
from bot.xo.part import LONGEST, part_of

_TEXT = st.text(max_size=12) | st.sampled_from(['"info"', "info", '\\"', "{", "\\"])
_VALUE = st.recursive(
    st.none() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_OBJECT = st.dictionaries(_TEXT, _VALUE, max_size=3)


@given(_OBJECT, _OBJECT | st.none(), _OBJECT, st.lists(st.integers(0, 300), max_size=8), st.booleans())
@example({"info": "x"}, {"a": "}"}, {}, [1, 2, 3], False)
def test_a_member_is_the_same_however_the_body_is_cut(
    before: dict[str, Any], wanted: dict[str, Any] | None, after: dict[str, Any], cuts: list[int], is_plain: bool
) -> None:
    whole = {key: value for key, value in {**before, **after}.items() if key != "info"}
    members = [*before.items(), ("info", wanted), *after.items()]
    whole = {key: value for key, value in members if key != "info" or value is wanted} if wanted is not None else whole
    body = json.dumps(whole, ensure_ascii=is_plain).encode("utf-8", "replace")
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    found = part_of((body[begin:end] for begin, end in pairwise(places)), "info")
    assert found == (json.loads(body)["info"] if wanted is not None else None)


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([b"{", b"}", b'"', b'"info":', b"\\", b"[", b"]", b":", b" "]))
)
@example([b'{"info":{', b"[" * 20_000])
@example([b'{"info":{"version":"\xff"}}'])
@example([b'{"info":{"a":' + b"9" * 5_000 + b"}}"])
@example([b'{"info":' + b'{"a":' * 3_000 + b"1" + b"}" * 3_001])
def test_any_bytes_are_a_member_or_a_probe_error(pieces: list[bytes]) -> None:
    code = ""
    try:
        found = part_of(pieces, "info")
        assert found is None or isinstance(found, dict)
    except ProbeError as error:
        code = error.code
    assert code in ("", FailureCode.BAD_REPLY, FailureCode.NOT_XAPI)


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":{"info":{}}', b'{"info', b'{"a":1}}'])
def test_what_is_not_whole_is_refused(body: bytes) -> None:
    with pytest.raises(ProbeError, match="bad_reply"):
        part_of([body], "info")


def test_what_follows_is_not_read_and_texts_without_an_end_are_not_kept() -> None:
    taken = []

    def pieces(first: bytes) -> Any:
        yield first
        while True:
            taken.append(0)
            yield b"x" * 1000

    assert part_of(pieces(b'{"info":{"version":"1.0"},"paths":'), "info") == {"version": "1.0"}
    assert taken == []
    with pytest.raises(ProbeError, match="bad_reply"):
        part_of(pieces(b'{"info":{"version":"'), "info")
    assert len(taken) <= LONGEST / 1000 + 1
