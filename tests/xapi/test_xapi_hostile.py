"""No reply of 8 MiB, whatever its kind, takes a probe's process beyond the 150 MB of the contract."""

import json
import subprocess
import sys

from bot.xapi.observation import FailureCode
from tests.xapi.hostile import JSON, XML

ALLOWED = 150_000_000 // 1024
"""kB, as the kernel counts."""


def test_a_hostile_reply_of_any_kind_fails_within_memory() -> None:
    words = [sys.executable, "-m", "tests.xapi.hostile", "1"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    probed = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [*(f"XML: {kind}" for kind in XML), *(f"JSON: {kind}" for kind in JSON)]
    assert [each["kind"] for each in probed] == kinds, done.stderr
    for each in probed:
        assert each["code"] in {FailureCode.BAD_REPLY, FailureCode.REPLY_TOO_LARGE, FailureCode.NOT_XAPI}, each
        assert each["peak"] < ALLOWED, each
        assert each["sessions"] == 0, each
