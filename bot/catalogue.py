"""What is said to people, in English or as a translator put it: each sentence of a reply is a message of one catalogue.

A message is a whole sentence, clause or label, with names in braces for what differs: `{host} runs {release}.`
It stands in English in the code that says it, as gettext has it (https://www.gnu.org/software/gettext/manual/), and
data/messages.pot lists all of them. A translation is a .mo file that is made of that list.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from bot.errors import ConfigError, Problem

if TYPE_CHECKING:
    from gettext import GNUTranslations
    from pathlib import Path

Value = str | int

_translation: "GNUTranslations | None" = None


def say(text: str, /, **values: Value) -> str:
    """A message with its values. `text` is the message in English, or one that `message` has marked."""
    return filled(translated(text), values)


def say_about(context: str, text: str, /, **values: Value) -> str:
    """The same for a word that says too little by itself: `context` tells translators what it is about."""
    return filled(_fit(text, _translation.pgettext(context, text)) if _translation else text, values)


def say_counted(count: int, one: str, many: str, /, **values: Value) -> str:
    """A message in the form that goes with a count, which is its `{count}`: `1 host waits`, `1,000 hosts wait`."""
    return filled(translated_counted(count, one, many), {"count": number(count), **values})


def message(text: str) -> str:
    """Marks a message of a table, which is said later: `say(TABLE[key])`."""
    return text


def message_counted(one: str, many: str) -> tuple[str, str]:
    """The same for a message with a count: `say_counted(count, *TABLE[key])`."""
    return one, many


def number(count: int) -> str:
    """A count in digits: `1,000`."""
    return f"{count:,}".replace(",", say_about("between thousands", ","))


def translated(text: str) -> str:
    """A message whose values are still names in braces."""
    if not (_translation and text):  # what belongs to no text is the header of the file
        return text
    return _fit(text, _translation.gettext(text))


def translated_counted(count: int, one: str, many: str) -> str:
    """The form of a message that goes with a count, whose values are still names in braces."""
    if _translation:
        return _fit(many, _translation.ngettext(one, many, count))
    return one if count == 1 else many


def filled(text: str, values: Mapping[str, object]) -> str:
    """A text with values in place of their names; without any it is taken as it is."""
    return text.format_map(values) if values else text


@cache
def pieces(text: str) -> tuple[tuple[str, str | None], ...]:
    """A message cut at its values: what stands before each, and its name; what stands behind the last has None.

    ValueError where a brace has no other. (string.Formatter can this, too, but importing it would be felt in a shell.)
    """
    before, *others = text.split("{")
    found: list[tuple[str, str | None]] = []
    is_closed = "}" not in before
    for other in others:
        name, closed, rest = other.partition("}")
        is_closed = is_closed and bool(closed) and "}" not in rest
        found.append((before, name))
        before = rest
    if not is_closed:
        raise ValueError(f"a brace without another in {text!r}")
    return (*found, (before, None)) if before else tuple(found)


@cache
def _fit(english: str, translation: str) -> str:
    """A translation; but English where it names what the message does not have: it could not be filled in."""
    try:
        named = {name for _, name in pieces(translation)}
    except ValueError:
        return english
    return translation if named <= {name for _, name in pieces(english)} | {None} else english


def speak(file: "Path | None") -> None:
    """From here on the process says what a .mo file has, and English what is not in it; None: English alone.

    ConfigError where the file cannot be read.
    """
    global _translation
    if file is None:
        _translation = None
        return
    import struct
    from gettext import GNUTranslations

    try:
        with file.open("rb") as opened:
            _translation = GNUTranslations(opened)
    except (OSError, ValueError, LookupError, struct.error) as error:
        raise ConfigError([Problem(str(file), "", f"cannot be read as a catalogue of messages ({error})")]) from error
