"""Looking leaves nothing behind: without a database a shell says so, and makes none."""

from pathlib import Path

import pytest

from bot.cli import main

LOOKING = (
    *("fleet", "alerts", "audit", "patches", "xo", "watches --channel C1", "export"),
    *("alerts --as-of 2028-01-01", "fleet on 2028-01-01", "export --what fleet", "who is on 8.2"),
)


@pytest.mark.parametrize("words", LOOKING)
@pytest.mark.parametrize("mode", [0o755, 0o555])
def test_looking_makes_no_database(
    words: str, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(mode)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for more in ([], ["--json"]):
        assert main([*words.split(), *more]) == 1
        said = capsys.readouterr()
        (line,) = said.err.splitlines()
        assert line.startswith("xocompat: The database xocompat.db is not there yet: `xocompat serve`")
        assert not said.out
        assert not [*tmp_path.iterdir()]


FLEET = """
targets: [{name: lab, address: "127.0.0.1:1", username: u, password_env: LAB_PASSWORD}]
alerts: {channel: C0000001}
"""


@pytest.mark.parametrize(
    ("config", "words", "status", "said"),
    [
        ("", "sweep", 2, "There is nobody to ask"),
        ("sites: {url: 'nats://127.0.0.1:1', expected: [paris]}", "sweep", 1, "No site was heard yet"),
        ("alerts: {channel: C0000001}", "sweep", 2, "There is nobody to ask"),
        ("", "sites", 0, "site"),
        ("", "watches lab --channel C1", 2, "takes no"),
        (FLEET, "probe lab", 1, "lab did not answer"),
        (FLEET, "sites", 0, "site"),
        (FLEET + "sites: {url: 'nats://127.0.0.1:1', expected: [paris]}", "sites", 0, "never"),
        ("", "ack 17", 3, "There is no alert 17"),
        ("", "snooze 17 7d", 3, "There is no alert 17"),
        ("", "unwatch all --channel C1", 0, "C1"),
        ("", "digest --channel C1", 0, "digest"),
        (FLEET + "sites: {url: 'nats://127.0.0.1:1', expected: [paris]}", "probe lab", 1, "lab did not answer"),
    ],
)
def test_who_has_nothing_to_keep_makes_no_database_either(
    config: str,
    words: str,
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (here := tmp_path / "here").mkdir()
    (passing := tmp_path / "passing").mkdir()
    (here / "xocompat.yaml").write_text(config)
    monkeypatch.chdir(here)
    monkeypatch.setattr("tempfile.tempdir", str(passing))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LAB_PASSWORD", "s3cret")
    assert main(words.split()) == status
    told = capsys.readouterr()
    assert said in told.err + told.out
    assert [path.name for path in here.iterdir()] == ["xocompat.yaml"]
    assert [*passing.iterdir()] == []


def test_who_keeps_something_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["watch", "all", "--channel", "C0000001"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["xocompat.db"]
