"""What all tests share: the shipped data, and the reader of questions about it."""

from pathlib import Path

import pytest

from bot.matrix.known import Matrix
from bot.matrix.load import load_matrix
from bot.matrix.reading import Reader


@pytest.fixture(scope="session")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """The shipped data, checked anew."""
    return load_matrix(cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def reader(matrix: Matrix) -> Reader:
    """Reads questions about the shipped data."""
    return Reader(matrix)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The facts that the data was made from: present in CI, absent in a user's clone."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        missing(f"{folder.name} is not beside this checkout")
    return folder


def missing(what: str) -> None:
    """A part that a test needs is not here: a user's clone skips, CI fails so that no green run hides it."""
    import os

    if os.environ.get("CI"):
        pytest.fail(f"CI must have every part: {what}")
    pytest.skip(what)
