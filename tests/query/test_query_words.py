"""The vocabulary: what the file may hold, and that it holds nothing twice by mistake."""

from pathlib import Path

import pytest

from bot.errors import DataError
from bot.matrix.compiled import shipped
from bot.query.words import FILE, VOCABULARY, TokenKind, read_vocabulary
from bot.text import fold


def test_words_names_and_lines_that_go_on(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text("# about\n[filler]\n# courtesy\na, the\n[platform]\nHyper-V: hyper v,\n  hyperv\nKVM: kvm\n")
    assert read_vocabulary(file) == {
        "filler": {"a": (TokenKind.FILLER, "a"), "the": (TokenKind.FILLER, "the")},
        "platform": {
            "hyper v": (TokenKind.PLATFORM, "Hyper-V"),
            "hyperv": (TokenKind.PLATFORM, "Hyper-V"),
            "kvm": (TokenKind.PLATFORM, "KVM"),
        },
    }


@pytest.mark.parametrize("text", ["[fillers]\na", "a, b", b"[filler]\n\xff"])
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, text: str | bytes) -> None:
    file = tmp_path / FILE
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(DataError, match=FILE):
        read_vocabulary(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_vocabulary(tmp_path / FILE)


def test_phrases_are_written_as_they_are_looked_up() -> None:
    for phrase in VOCABULARY:
        assert phrase == fold(phrase).strip()
        assert "-" not in phrase
        assert "_" not in phrase


def test_no_section_holds_a_phrase_twice() -> None:
    phrases: dict[str, list[str]] = {}
    section = ""
    for line in (shipped() / FILE).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif not line.startswith("#"):
            listed = line.rpartition(": ")[2].split(",")
            phrases.setdefault(section, []).extend(phrase.strip() for phrase in listed if phrase.strip())
    for section, listed in phrases.items():
        assert len(listed) == len(set(listed)), section
