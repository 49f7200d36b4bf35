"""Bodies of v1 as they were recorded (`tests/sites/v1/`) are read for ever, with fields more and fields less.

A file is never renewed: what fails here would fail at a site that has another version than the centre.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.sites.messages import (
    AskMessage,
    HeardMessage,
    InventoryMessage,
    ObservedMessage,
    ProbedMessage,
    ProbeMessage,
    unpack,
)
from bot.xapi.observation import Failure, FailureCode, Observation
from bot.xapi.target import TlsMode

RECORDED = Path(__file__).with_name("v1")
READERS: dict[str, Callable[[bytes], Any]] = {
    "ask": AskMessage.unpack,
    "observed": ObservedMessage.unpack,
    "inventory": InventoryMessage.unpack,
    "heard": HeardMessage.unpack,
    "probe": ProbeMessage.unpack,
    "probed": ProbedMessage.unpack,
}


def read(name: str) -> Any:
    return READERS[name.partition("-")[0]]((RECORDED / f"{name}.json").read_bytes())


@pytest.mark.parametrize("kind", READERS)
def test_fields_that_are_not_known_change_nothing(kind: str) -> None:
    assert read(f"{kind}-more") == read(kind)


@pytest.mark.parametrize("kind", READERS)
def test_what_was_written_then_is_written_still(kind: str) -> None:
    """A worker of an older version reads it: each field is there, with the same value."""

    def missing(before: Any, today: Any, at: str) -> list[str]:
        if isinstance(before, dict) and isinstance(today, dict):
            gone = [f"{at}.{key}" for key in before if key not in today]
            return gone + [each for key in before if key in today for each in missing(before[key], today[key], key)]
        if isinstance(before, list) and isinstance(today, list) and len(before) == len(today):
            return [each for one, other in zip(before, today, strict=True) for each in missing(one, other, at)]
        return [] if before == today else [at]

    recorded = json.loads((RECORDED / f"{kind}.json").read_text())
    assert missing(recorded, unpack(read(kind).pack()), kind) == []


def test_what_is_left_out_is_not_known_and_never_surer_than_that() -> None:
    seen, failed = (result.answer for result in read("observed-less").results)
    assert isinstance(seen, Observation)
    assert isinstance(failed, Failure)
    (host,) = seen.hosts
    assert (host.uuid, host.enabled, host.product_version, host.software) == ("uuid-xen-1", None, None, None)
    assert (seen.tls, seen.seconds) == (TlsMode.INSECURE, 0.0)
    assert (failed.code, failed.mend) == (FailureCode.TIMEOUT, "")
    assert [tags for _, tags in read("inventory-less").targets] == [(), ()]
    assert not read("heard-less").is_too_old
