"""Translations for tests: one that puts every message in brackets, and what of a reply it leaves outside of them."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bot.catalogue import speak
from bot.chat.reply import (
    Bullets,
    ChannelName,
    Chart,
    Code,
    Heading,
    Paragraph,
    PersonName,
    Reply,
    RichText,
    Strong,
    Table,
    Typed,
    line,
)
from tests.messages import ROOT, gathered


@contextmanager
def spoken(catalog: Catalog, folder: Path) -> Iterator[Path]:
    """What is said inside is said by a translation, whose file is in the folder."""
    file = folder / "translation.mo"
    with file.open("wb") as opened:
        write_mo(opened, catalog)
    speak(file)
    try:
        yield file
    finally:
        speak(None)


@cache
def brackets() -> Catalog:
    """A translation of every message that was gathered: itself, in brackets."""
    catalog = gathered()
    for each in catalog:
        if each.id:
            each.string = f"⟦{each.id}⟧" if isinstance(each.id, str) else tuple(f"⟦{form}⟧" for form in each.id)
    return catalog


NAMES = (Strong, Code, Typed, PersonName, ChannelName)
IN_BRACKETS = re.compile("⟦[^⟦⟧]*⟧")
IN_WORDS = re.compile(r"[A-Za-z]{3,}")


def untranslated(lines: Iterable[RichText]) -> Iterator[str]:
    """What of lines no message has said. Names are what they are, and the texts of data/ are not translated."""
    for each in lines:
        text = "".join("" if isinstance(span, NAMES) else span.text for span in each)
        while IN_BRACKETS.search(text):
            text = IN_BRACKETS.sub("\n", text)
        yield from (piece for piece in re.split(r"[\n\u2003]", text) if IN_WORDS.search(piece) and not of_data(piece))


NAMES_AND_NUMBERS = re.compile(
    r"(XCP-ng|XenServer|Citrix Hypervisor)?[\d. ]*(LTS|CU\d)?"  # a release
    r"|[a-z-]+[ -]\d[\w.-]*"  # a package
    r"|office|silent( did not answer in time)?"  # what the fleet of these tests has
)


def of_data(text: str) -> bool:
    """Whether a text is of sentences of data/, without their code, and of names alone."""
    parts = (part.strip(' .,:;()·–→"') for part in re.split(r"[.:;,] ", text))
    return all(squeezed(part) in shipped_texts() or NAMES_AND_NUMBERS.fullmatch(part) for part in parts)


def squeezed(text: str) -> str:
    return re.sub(r"\W+", " ", text).casefold()


@cache
def shipped_texts() -> str:
    texts = [file.read_text() for file in sorted((ROOT / "data").glob("*.yaml"))]
    return squeezed(re.sub("`[^`]*`", "", " ".join(texts).replace("''", "'")))


def lines_of(reply: Reply) -> Iterator[RichText]:
    """Every line of a reply, and what its tables and buttons are called."""
    yield from (reply.headline, *reply.context)
    for button in reply.buttons:
        yield line("" if getattr(button, "words", "").casefold() == button.label.casefold() else button.label)
    for block in (*reply.blocks, *reply.rest):
        match block:
            case Paragraph():
                yield from block.lines
            case Bullets():
                yield from (line(block.title or ""), *block.items)
            case Table():
                yield from (line(block.caption), *(line(column.name) for column in block.columns))
                yield from (cell for row in block.rows for cell in row)
            case Chart():
                yield block.in_words
            case Heading():
                yield block.line
