"""A page as lines that hold nothing but its Markdown: front matter, comments and admonitions are blank lines."""

import re
from typing import NamedTuple

from bot.published.page import PageProblem
from bot.published.signs import plainly_signed

LARGEST = 2 * 1024 * 1024
"""Characters; more is no list, and is not read."""

_MOST_LINES = 100_000
_MOST_STRUCTURE = 3_000
_LONGEST_STRUCTURE = 4_000
"""Lines that are more than prose, and characters of one. The real pages have 60 and 300; reading Markdown takes time
that grows with the square of some of these."""

_STRUCTURE = re.compile(r"\s*(?:[-*+>#|<\[=:{~`_]|\d{1,9}[.)])")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
_ADMONITION = re.compile(r"(\s*)(:{3,})(.*)")
_HTML = re.compile(r"\s*(?:<!--[^>]{0,500}-->\s*)?(?:<\?xml\b|<!doctype\b|<html\b|<head\b|<body\b)", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_COMMENTS = {"<!--": "-->", "{/*": "*/}"}


class PageText(NamedTuple):
    """Lines, counted from 1 by their place, and what was wrong with them."""

    lines: tuple[str, ...]
    problems: tuple[PageProblem, ...] = ()


def page_text(page: str | bytes) -> PageText:
    """The lines of a page. Where it is no text of Markdown at all there are none, and one problem."""
    if len(page) > LARGEST:
        return _none(1, "The page is larger than 2 MiB, so it is not the list: check list.url")
    try:
        text = page if isinstance(page, str) else page.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _none(line, "The page is not UTF-8 text, or it is damaged here: fetch it again and check list.url")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        return _none(line, "The page is binary or damaged here: fetch it again and check list.url")
    text = plainly_signed(text)
    if _HTML.match(text):
        return _none(1, "The page is HTML instead of Markdown: list.url must be the address of the raw text")
    lines = text.split("\n")
    return _too_much(lines) or _Clearing(lines).cleared()


def _too_much(lines: list[str]) -> PageText | None:
    """Why a page has too much structure to be the list, if it has."""
    if len(lines) > _MOST_LINES:
        return _none(_MOST_LINES, "The page has too many lines to be the list: check list.url")
    structure = [(at, line) for at, line in enumerate(lines, 1) if _STRUCTURE.match(line) or "|" in line]
    if long := next((at for at, line in structure if len(line) > _LONGEST_STRUCTURE), None):
        return _none(long, "This line is too long for the list: check list.url")
    if len(structure) > _MOST_STRUCTURE:
        return _none(
            structure[_MOST_STRUCTURE][0], "The page has too many lists or tables to be the list: check list.url"
        )
    return None


def _none(line: int, message: str) -> PageText:
    return PageText((), (PageProblem(line, message),))


class _Clearing:
    """Goes through the lines once. A block that never ends is a problem: rows may be in it."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._kept: list[str] = []
        self._problems: list[PageProblem] = []
        self._fence = ""
        self._comment = ""
        self._comment_line = 0
        self._admonitions: list[tuple[int, int, bool]] = []  # colons, line, whether its text is left out

    def cleared(self) -> PageText:
        after = self._front_matter()
        self._kept.extend("" for _ in range(after))
        for line in self._lines[after:]:
            self._kept.append(self._line(line))
        if self._comment:
            self._refuse(self._comment_line, "This comment never ends")
        self._problems.extend(PageProblem(line, "This block never ends") for _, line, _ in self._admonitions)
        return PageText(tuple(self._kept), tuple(self._problems))

    def _front_matter(self) -> int:
        if self._lines[0].rstrip() != "---":
            return 0
        ends = (at for at, line in enumerate(self._lines[1:], 1) if line.rstrip() in ("---", "..."))
        return next(ends, -1) + 1

    def _line(self, line: str) -> str:
        if self._fence:
            self._fence = "" if line.strip().startswith(self._fence) and not line.strip(" `~") else self._fence
            return line
        line = self._without_comments(line)
        fence = _FENCE.match(line)
        if fence and "`" not in fence[2]:
            self._fence = fence[1]
            return line
        if admonition := _ADMONITION.match(line):
            self._mark(len(admonition[1]), len(admonition[2]), admonition[3].strip(" :"))
            return ""
        return "" if any(left_out for _, _, left_out in self._admonitions) else line

    def _mark(self, indent: int, colons: int, name: str) -> None:
        """A line that begins or ends an admonition. What stands in one below a row belongs to the row."""
        line = len(self._kept) + 1
        if name:
            self._admonitions.append((colons, line, indent < 2))
        elif self._admonitions:
            self._admonitions.pop()
        else:
            self._refuse(line, "This ends a block that never began")

    def _without_comments(self, line: str) -> str:
        """The line without what is in comments; a row beside one stays a row."""
        parts: list[str] = []
        at = 0
        while True:
            if self._comment:
                end = line.find(self._comment, at)
                if end < 0:
                    break
                at, self._comment = end + len(self._comment), ""
            starts = [(found, sign) for sign in _COMMENTS if (found := line.find(sign, at)) >= 0]
            if not starts:
                parts.append(line[at:])
                break
            start, sign = min(starts)
            parts.append(line[at:start])
            at, self._comment, self._comment_line = start + len(sign), _COMMENTS[sign], len(self._kept) + 1
        return "".join(parts)

    def _refuse(self, line: int, message: str) -> None:
        self._problems.append(PageProblem(line, message))
