"""Reference pages and the manual page say what the code says, and the manual page is one that `man` can show."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.chat.commands import COMMANDS
from bot.cli.operator import OPERATORS
from bot.settings.model import Keys
from tests import reference
from tests.parts import missing

ROOT = Path(__file__).parents[1]
MAN = ROOT / "share" / "man" / "man1" / "xocompat.1"


@pytest.mark.parametrize("path", reference.pages(), ids=str)
def test_a_page_is_current(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text == reference.pages()[path], "run `python -m tests.reference`, and look at the difference"


def test_every_command_and_every_section_has_its_place() -> None:
    commands, settings, man = reference.commands_page(), reference.configuration_page(), reference.man_page()
    for name in (*COMMANDS, *(command.name for command in OPERATORS)):
        assert re.search(rf"^### `{name}[ `]", commands, re.MULTILINE), name
        assert re.search(rf"^\.B {name}( |$)", man, re.MULTILINE), name
    for name in Keys.model_fields:
        assert f"`{name}`" in settings


def test_the_manual_page_is_shown_without_a_warning() -> None:
    groff = shutil.which("groff")
    if not groff:
        missing("groff is not installed")
    ran = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-P-cbou", str(MAN)], capture_output=True, text=True, check=True, timeout=30
    )
    assert ran.stderr == ""
    assert "XenServer '>=7.0,<7.4'" in " ".join(ran.stdout.split())
    assert "EXIT STATUS" in ran.stdout


def test_text_is_no_macro() -> None:
    for text in (".so /etc/passwd", "'so x", "a\\b", "-x", "é ☠"):
        line = reference._roff(text)
        assert not line.startswith((".", "'"))
        assert line.isascii()
        assert "\\" not in line.replace("\\&", "").replace("\\e", "").replace("\\-", "").replace("\\[u", "")
