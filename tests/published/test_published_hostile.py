"""No page of 2 MiB can make a sync take more than a little time and memory: it is refused before Markdown is parsed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.published.hostile import KINDS

ROOM = 60 * 1024
"""kB above what a good page takes."""


@pytest.mark.parametrize("seed", [20])
def test_a_hostile_page_of_any_kind_is_refused_within_memory_and_time(seed: int, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.published.hostile", str(seed), str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    synced = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["kind"] for each in synced] == ["good", *KINDS], done.stderr
    good, *hostile = synced
    assert good["accepted"]
    for each in hostile:
        assert len(each["problems"]) == 1, each
        assert each["problems"][0].endswith(": check list.url"), each
        assert each["peak"] - good["peak"] < ROOM, each
