"""Golden files: what the replies look like, word for word. `UPDATE_GOLDEN=1 pytest tests/terminal` writes them anew."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with the golden file of a name."""

    def compare(name: str, text: str) -> None:
        path = FOLDER / f"{name}.txt"
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text + "\n", encoding="utf-8")
        assert path.is_file(), f"{path.name} is missing: UPDATE_GOLDEN=1 writes it"
        assert text + "\n" == path.read_text(encoding="utf-8")

    return compare
