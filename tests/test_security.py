"""SECURITY.md promises only what a test shows."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ATTACKS = (ROOT / "SECURITY.md").read_text().partition("<!-- attacks -->")[2].partition("<!-- /attacks -->")[0]
ROWS = [line for line in ATTACKS.splitlines() if line.startswith("|")][2:]


def _tests_of(path: Path) -> set[str]:
    found = ast.walk(ast.parse(path.read_text())) if path.is_file() else ()
    return {node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_row_of_attacks_names_a_test_that_exists() -> None:
    assert len(ROWS) >= 30
    for row in ROWS:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip("|"))]
        assert len(cells) == 4, row
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", cells[3])
        assert named, f"no test: {row}"
        for path, name in named:
            assert name in _tests_of(ROOT / path), f"not there: {path}::{name}"


def test_every_attack_is_of_somebody_and_says_what_cannot_be_done() -> None:
    for row in ROWS:
        attacker, _, cannot, _ = (cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip("|")))
        assert attacker, row
        assert cannot, row


@pytest.mark.parametrize("door", ["slack", "mattermost", "notify", "sites", "mcp", "web", "xapi", "xo", "published"])
def test_every_room_that_talks_with_others_has_a_row(door: str) -> None:
    assert (ROOT / "bot" / door).is_dir()
    assert any(f"`tests/{door}/" in row for row in ROWS)
