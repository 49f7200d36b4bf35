"""What all tests share: the shipped data, and the reader of questions about it."""

from datetime import date
from pathlib import Path

import pytest

from bot.chat.command import Ports
from bot.chat.desk import Desk
from bot.matrix.known import Matrix
from bot.matrix.load import load_matrix
from bot.query.reading import Reader
from tests.parts import missing


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
        missing("the facts are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def desk(matrix: Matrix, reader: Reader) -> Desk:
    """Answers on a fixed day."""
    return Desk(Ports(matrix, reader), lambda: date(2026, 11, 23))
