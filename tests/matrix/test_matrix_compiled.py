"""Compiled data: made at the first use, and of no harm however it was damaged, forged or left behind. For each part."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from bot.advisories import load as advisories_load
from bot.advisories import validate as advisories_validate
from bot.matrix import load as matrix_load
from bot.matrix import validate as matrix_validate


class Part(NamedTuple):
    """A part of data/ that is compiled to a file of its own."""

    load: ModuleType
    validate: ModuleType

    def content(self, folder: Path) -> Any:
        return self.load.load_content(folder)


PARTS = {
    "matrix": Part(matrix_load, matrix_validate),
    "advisories": Part(advisories_load, advisories_validate),
}


@pytest.fixture
def checks(part: Part, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of files that the YAML was checked with, a number each time that it was."""
    made: list[int] = []
    checked = part.validate.validated

    def counted(texts: dict[str, bytes]) -> dict[str, object]:
        made.append(len(texts))
        content: dict[str, object] = checked(texts)
        return content

    monkeypatch.setattr(part.validate, "validated", counted)
    return made


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_the_first_use_compiles_and_the_next_ones_do_not_check_again(
    part: Part, folder: Path, checks: list[int]
) -> None:
    before = {path.name for path in folder.iterdir()}
    for _ in range(2):
        assert part.content(folder) == part.load.load_content()
    assert checks == [len(part.load.NAMES)]
    assert {path.name for path in folder.iterdir()} - before == {part.load.COMPILED}
    assert (folder / part.load.COMPILED).read_bytes() == part.load.compile_data(folder)


def _forged(compiled: bytes) -> bytes:
    """Another day somewhere in it."""
    assert b"-11-" in compiled
    return compiled.replace(b"-11-", b"-12-")


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no JSON": lambda _: b"{",
    "other JSON": lambda _: b"[]",
    "nested without end": lambda _: b'"data": ' + b"[" * 200_000,
    "first half": lambda compiled: compiled[: len(compiled) // 2],
    "without its last byte": lambda compiled: compiled[:-1],
    "with more behind it": lambda compiled: compiled + b"\n",
    "forged day": _forged,
    "of other files": lambda compiled: b'{"made_from": "9' + compiled[16:],
    "of another form": lambda compiled: compiled.replace(b'"made_from"', b'"made_by", 2', 1),
    "without checksums": lambda compiled: b'{"data": ' + compiled.partition(b'"data": ')[2],
    "zeros": lambda compiled: bytes(len(compiled)),
    **{
        f"a bit of byte {at}": lambda compiled, at=at: (  # type: ignore[misc] # mypy infers no type for the default
            compiled[: at % len(compiled)]
            + bytes([compiled[at % len(compiled)] ^ 1 << at % 8])
            + compiled[at % len(compiled) + 1 :]
        )
        for at in (0, 3, 20, 36, 45, 53, 64, 500, 7_001, 31_002, 59_003, 70_004, -3, -2, -1)
    },
}


FEWER = (
    "empty",
    "first half",
    "forged day",
    "a bit of byte 0",
    "a bit of byte 500",
    "a bit of byte 31002",
    "a bit of byte -2",
)
"""Of advisories.json: its file is read by the same code, and takes ten times as long to check."""

DAMAGED = [("matrix", name) for name in DAMAGES] + [("advisories", name) for name in FEWER]


@pytest.mark.parametrize(("part", "damage"), [(PARTS[p], DAMAGES[d]) for p, d in DAMAGED], ids=map(": ".join, DAMAGED))
def test_a_damaged_compiled_file_changes_no_answer_and_is_made_again(
    part: Part, folder: Path, checks: list[int], damage: Callable[[bytes], bytes]
) -> None:
    file = folder / part.load.COMPILED
    good_content = part.content(folder)
    good = file.read_bytes()
    assert damage(good) != good
    file.write_bytes(damage(good))
    assert part.content(folder) == good_content
    assert file.read_bytes() == good
    assert checks == [len(part.load.NAMES)] * 2
