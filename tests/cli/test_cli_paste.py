"""What help shows can be pasted into a shell, which then hands over the words that are meant, and makes no file."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.chat.commands import COMMANDS
from bot.cli import main
from bot.cli.operator import OPERATORS

Shown = Callable[[str], list[str]]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The command lines that a command prints, in a folder with a file that a pattern could mean."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    (tmp_path / "lab-a").touch()

    def shown(words: str) -> list[str]:
        assert main(words.split()) == 0
        lines = (line.strip(" -•") for line in capsys.readouterr().out.splitlines())
        return [line.partition("  ")[0] for line in lines if line.startswith("xocompat ")]

    return shown


def _pasted(line: str, folder: Path) -> list[str]:
    """The words that a shell makes of a line; a program that prints them stands in for ours."""
    for strict in (["-n"], []):
        script = line.replace("xocompat ", "printf '%s\\n' ", 1)
        done = subprocess.run(["sh", *strict, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), line
    assert [path.name for path in folder.iterdir()] == ["lab-a"], line
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_of_a_command_can_be_pasted(name: str, shown: Shown, tmp_path: Path) -> None:
    pasted = [" ".join(_pasted(line, tmp_path)) for line in shown(f"help {name}")]
    assert pasted == [typed for typed, _ in COMMANDS[name].examples]


@pytest.mark.parametrize("words", [f"help {command.name}" for command in OPERATORS])
def test_whatever_help_shows_to_be_typed_can_be_pasted(words: str, shown: Shown, tmp_path: Path) -> None:
    for line in shown(words):
        assert _pasted(line, tmp_path)


SHELL = (
    ">=7.0,<7.4",
    "it's",
    'a "b"',
    "*",
    "a|b",
    "$HOME",
    "a;b",
    "`id`",
    "#1",
    "!x",
    "a\\b",
    "~",
    "x && y",
    "(a)",
    "[l]ab-a",
)


@pytest.mark.parametrize("text", SHELL)
def test_words_with_signs_of_the_shell_are_quoted(text: str, tmp_path: Path) -> None:
    from bot.chat.reply import Bullets, Reply, Typed, line
    from bot.terminal.capabilities import Capabilities
    from bot.terminal.render import render

    (tmp_path / "lab-a").touch()
    reply = Reply("help", line("x"), (Bullets((line(Typed(f"fleet {text}")),)),), data={})
    (last,) = [row for row in render(reply, Capabilities(width=200)).splitlines() if "xocompat" in row]
    assert " ".join(_pasted(last.strip(" -•"), tmp_path)) == f"fleet {text}"
