"""The shipped advisories, and copies of their files to damage."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.advisories.advisories import Advisories
from bot.advisories.load import NAMES, build
from bot.advisories.validate import validated
from bot.matrix.compiled import shipped
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release

Edit = Callable[[str, str, str], None]
"""Replaces the first of some text in a file of data/: its name without .yaml, the old text, the new text."""


@pytest.fixture(scope="session")
def advisories() -> Advisories:
    """The shipped data, checked anew."""
    return build(validated({name: (shipped() / f"{name}.yaml").read_bytes() for name in NAMES}))


@pytest.fixture(scope="session")
def releases(matrix: Matrix) -> dict[str, Release]:
    """The releases that advisories speak of, by their key in the facts."""
    keys = {
        "xcp_ng_8_3": (Product.XCP_NG, "8.3"),
        "xcp_ng_8_2": (Product.XCP_NG, "8.2"),
        "xenserver_9": (Product.XENSERVER, "9"),
        "xenserver_8": (Product.XENSERVER, "8"),
        "ch_8_2_cu1": (Product.XENSERVER, "8.2"),
    }
    found = {key: matrix.release(*place) for key, place in keys.items()}
    return {key: release for key, release in found.items() if release}


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
