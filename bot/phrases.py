"""Files of phrases in data/: what a word is called there, and what it stands for."""

from collections.abc import Iterator
from pathlib import Path

from bot.errors import DataError, Problem

Phrases = dict[str, str]
"""What each phrase stands for: the name before its colon, else itself."""


def read_phrases(file: Path) -> dict[str, Phrases]:
    """The phrases of each section of a file. DataError if it cannot be read."""
    sections: dict[str, Phrases] = {}
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError([Problem(str(file), "", f"cannot be read ({error})")]) from error
    for section, name, phrase in _phrases(lines):
        sections.setdefault(section, {})[phrase] = name or phrase
    return sections


def _phrases(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Section, name and phrase; a line that is indented goes on with the name of the one before."""
    section = name = ""
    for line in lines:
        if line.startswith("["):
            section, name = line.strip(" []"), ""
        elif line and not line.startswith("#"):
            if not line.startswith(" "):
                name, _, line = line.rpartition(": ")
            yield from ((section, name, phrase.strip()) for phrase in line.split(",") if phrase.strip())
