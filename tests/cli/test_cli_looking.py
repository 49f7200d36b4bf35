"""Looking leaves nothing behind: without a database a shell says so, and makes none."""

from pathlib import Path

import pytest

from bot.cli import main


@pytest.mark.parametrize("words", [["fleet"], ["alerts"], ["audit"], ["watches", "--channel", "C1"], ["export"]])
@pytest.mark.parametrize("mode", [0o755, 0o555])
def test_looking_makes_no_database(
    words: list[str], mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(mode)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for more in ([], ["--json"]):
        assert main([*words, *more]) == 1
        said = capsys.readouterr()
        (line,) = said.err.splitlines()
        assert line.startswith("xocompat: The database xocompat.db is not there yet: `xocompat serve`")
        assert not said.out
        assert not [*tmp_path.iterdir()]
