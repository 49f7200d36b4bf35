"""Copies of the shipped data to edit and to damage."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.matrix.compiled import shipped
from bot.matrix.load import NAMES

Edit = Callable[[str, str, str], None]
"""Replaces the first of some text in a file of data/: its name without .yaml, the old text, the new text."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped YAML, not compiled yet."""
    copy = tmp_path / "data"
    copy.mkdir()
    for name in NAMES:
        shutil.copyfile(shipped() / f"{name}.yaml", copy / f"{name}.yaml")
    return copy


@pytest.fixture
def edit(folder: Path) -> Edit:
    def edit(name: str, old: str, new: str) -> None:
        path = folder / f"{name}.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return edit
