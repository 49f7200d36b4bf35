"""Tables that are components (`<HostCompatTable rows={[{version: "…"}]} />`): their rows are object literals."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.published.entry import Entry, tidy
from bot.published.labels import has_label, take_label
from bot.published.literal import Literal, NoLiteral, Placed, read_array, skip
from bot.published.page import PageProblem
from bot.published.signs import has_sign, unknown_sign

_ATTRIBUTE = r"\b\w{1,50}\s{0,10}=\s{0,10}\{\s{0,10}(?=\[)"
_EXPORT = r"^export\s{1,10}const\s{1,10}\w{1,50}\s{0,10}=\s{0,10}(?=\[)"
_OPENING = re.compile(f"{_ATTRIBUTE}|{_EXPORT}", re.M)
_NOTE = re.compile(r"note|comment|remark|issue|limit|detail|description|warning", re.I)
_STATUS = re.compile(r"status|badge|support|sign", re.I)
_ADDRESS = re.compile(r"https?://\S+")


class Scripts(NamedTuple):
    """The rows of all components, and the page's lines without them."""

    entries: tuple[Entry, ...]
    lines: tuple[str, ...]
    problems: tuple[PageProblem, ...] = ()


class Place(NamedTuple):
    """A line and a place in it."""

    line: int
    at: int


def scripts(lines: tuple[str, ...]) -> Scripts:
    """Reads literals; the first thing that is none ends the reading, with a problem."""
    text = "\n".join(lines)
    kept: list[str] = []
    found: list[Entry] = []
    at, group, line = 0, 0, 1
    while opening := _OPENING.search(text, at):
        try:
            members, end = read_array(text, opening.end())
        except NoLiteral as error:
            line += text.count("\n", at, error.at)
            message = "The table cannot be read from here on: its rows must be literals, nothing is evaluated"
            return Scripts(tuple(found), tuple("".join((*kept, text[at:])).split("\n")), (PageProblem(line, message),))
        if "{" in opening[0] and text.startswith("}", skip(text, end)):
            end = skip(text, end) + 1
        group -= 1
        line += text.count("\n", at, opening.end())
        found.extend(_entries(text, members, group, Place(line, opening.end())))
        line += text.count("\n", opening.end(), end)
        kept.extend((text[at : opening.start()], "\n" * text.count("\n", opening.start(), end)))
        at = end
    return Scripts(tuple(found), tuple("".join((*kept, text[at:])).split("\n")))


def _entries(text: str, members: tuple[Placed, ...], group: int, place: Place) -> Iterator[Entry]:
    """The members of an array in which any text is a label or has a sign; other arrays are not the list's."""
    strings = [string for member in members for string in _strings(member.value)]
    if not any(has_sign(string) or take_label(string) for string in strings):
        return
    line, counted = place
    for member in members:
        line, counted = line + text.count("\n", counted, member.start), member.start
        yield _entry(member, line, line + text.count("\n", member.start, member.end), group)


def _entry(member: Placed, line: int, last: int, group: int) -> Entry:
    values = member.value if isinstance(member.value, dict) else {"status": member.value}
    cells, notes, links = [], [], []
    eol = None
    for key, value in values.items():
        if key.lower() == "eol" and isinstance(value, bool):
            eol = value
        for string in map(tidy, _strings(value)):
            links.extend(_ADDRESS.findall(string))
            if _NOTE.search(key):
                notes.append(string)
            elif _STATUS.search(key) or take_label(string) or has_sign(string) or _is_sign(string):
                cells.append(string)
    return Entry(line, last, tuple(cells), group, tuple(filter(None, notes)), tuple(dict.fromkeys(links)), eol)


def _is_sign(string: str) -> bool:
    return not has_label(string) and unknown_sign(string) is not None


def _strings(value: Literal) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
