"""A page as Markdown: its lines without front matter, comments and admonitions, and the bullets and tables in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.catalogue import say
from bot.published.labels import begins_like_label, has_sign, plainly_signed
from bot.published.page import PageEntry, PageProblem, tidy

LARGEST = 2 * 1024 * 1024
"""Characters; more is no list, and is not read."""

_MOST_LINES = 20_000
_LONGEST_LINE = 20_000
_MOST_STRUCTURE = 3_000
_LONGEST_STRUCTURE = 4_000
_MOST_MARKS = 20_000
_MOST_CELLS = 4_000
_LONGEST_PREFIX = 128
"""Lines, and characters of one; lines that are more than prose, and characters of one; characters that mean something
in Markdown or in a literal; cells of tables; characters of indents, quotes and bullets before a line's text. The real
pages have 100 lines, 60 of them more than prose, 300 characters in the longest and 300 marks. Reading Markdown takes
time and memory that grow with the square of some of these, so they are counted before anything reads it."""

_MARKS = "[{*_`<>&!\\|,"
_PREFIX = re.compile(r"(?>(?:[\s>]|[-*+](?=\s)|\d{1,9}[.)](?=\s))*)")

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
        return _none(1, say("The page is larger than 2 MiB, so it is not the list: check list.url"))
    try:
        text = page if isinstance(page, str) else page.decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _none(line, say("The page is not UTF-8 text, or it is damaged here: fetch it again and check list.url"))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        return _none(line, say("The page is binary or damaged here: fetch it again and check list.url"))
    text = plainly_signed(text)
    if _HTML.match(text):
        return _none(1, say("The page is HTML instead of Markdown: list.url must be the address of the raw text"))
    return _too_much(text) or _Clearing(text.split("\n")).cleared()


def _too_much(text: str) -> PageText | None:
    """Why a page is too much to be the list, if it is."""
    if text.count("\n") >= _MOST_LINES:
        return _none(_MOST_LINES, say("The page has too many lines to be the list: check list.url"))
    if sum(map(text.count, _MARKS)) > _MOST_MARKS:
        return _none(1, say("The page has too many marks of Markdown to be the list: check list.url"))
    lines = text.split("\n")
    structure = [(at, line) for at, line in enumerate(lines, 1) if _STRUCTURE.match(line) or "|" in line]
    long = (at for at, line in enumerate(lines, 1) if len(line) > _LONGEST_LINE)
    long_structure = (at for at, line in structure if len(line) > _LONGEST_STRUCTURE)
    if too_long := next(long, None) or next(long_structure, None):
        return _none(too_long, say("This line is too long for the list: check list.url"))
    if len(structure) > _MOST_STRUCTURE:
        return _none(
            structure[_MOST_STRUCTURE][0], say("The page has too many lists or tables to be the list: check list.url")
        )
    if deep := next((at for at, line in structure if _prefix(line) > _LONGEST_PREFIX), None):
        return _none(deep, say("This line is nested too deep for the list: check list.url"))
    if crowded := _too_many_cells(lines):
        return _none(crowded, say("The tables have too many cells to be the list: check list.url"))
    return None


def _prefix(line: str) -> int:
    """How many characters say how deep a line is nested."""
    match = _PREFIX.match(line)
    return match.end() if match else 0


def _too_many_cells(lines: list[str]) -> int | None:
    """The line with which the tables have too many cells. Every row gets as many as the widest before it, though it
    is short, or has no bar at all."""
    width = cells = 0
    for at, line in enumerate(lines, 1):
        width = max(width, line.count("|")) if line.strip() else 0
        cells += width
        if cells > _MOST_CELLS:
            return at
    return None


def _none(line: int, message: str) -> PageText:
    return PageText((), (PageProblem(line, message),))


class _Clearing:
    """Goes through the lines once. A block that never ends is a problem: rows may be in it."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._cleared: list[str] = []
        self._problems: list[PageProblem] = []
        self._fence = ""
        self._comment = ""
        self._comment_line = 0
        self._admonitions: list[tuple[int, int, bool]] = []  # colons, line, whether its text is left out

    def cleared(self) -> PageText:
        after = 0
        if self._lines[0].rstrip() == "---":  # front matter
            ends = (at for at, line in enumerate(self._lines[1:], 1) if line.rstrip() in ("---", "..."))
            after = next(ends, -1) + 1
        self._cleared.extend("" for _ in range(after))
        for line in self._lines[after:]:
            self._cleared.append(self._line(line))
        if self._comment:
            self._refuse(self._comment_line, say("This comment never ends"))
        self._problems.extend(PageProblem(line, say("This block never ends")) for _, line, _ in self._admonitions)
        return PageText(tuple(self._cleared), tuple(self._problems))

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
        line = len(self._cleared) + 1
        if name:
            self._admonitions.append((colons, line, indent < 2))
        elif self._admonitions:
            self._admonitions.pop()
        else:
            self._refuse(line, say("This ends a block that never began"))

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
            at, self._comment, self._comment_line = start + len(sign), _COMMENTS[sign], len(self._cleared) + 1
        return "".join(parts)

    def _refuse(self, line: int, message: str) -> None:
        self._problems.append(PageProblem(line, message))


_DEEPEST = 12
_LONGEST = 4_000
"""Characters of one bullet or cell. The real ones have 200; reading links in much longer text takes long."""

_CELL_LEVEL = 3

_MARKDOWN = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table").disable("inline")


class MarkdownText(NamedTuple):
    """What a person sees of some Markdown, line by line, and where its links lead."""

    lines: tuple[str, ...]
    links: tuple[str, ...]


@dataclass
class _Item:
    """A bullet: its paragraphs with the lines where they begin, the bullets below it."""

    line: int
    last: int
    group: int
    paragraphs: list[tuple[str, int]] = field(default_factory=list)
    below: list["_Item"] = field(default_factory=list)


def entries(lines: Sequence[str]) -> tuple[PageEntry, ...]:
    """All bullets and rows of tables outside quotations, in their order. Bullets below a row are its notes."""
    return _Walk(lines).entries()


def seen(content: str, references: dict[str, object]) -> MarkdownText:
    """Markdown within a line as plain text. Code stays as it is, only addresses of the web are links."""
    tokens: list[Token] = []
    _MARKDOWN.inline.parse(content[:_LONGEST], _MARKDOWN, references, tokens)
    parts: list[str] = []
    links: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "html_inline" and token.content.lower().startswith("<br"):
            parts.append("; ")
        elif token.type == "link_open":
            links.append(str(token.attrGet("href")))
        elif token.type == "image":
            parts.append(token.content)
    found = tuple(dict.fromkeys(link for link in links if link.startswith(("https://", "http://"))))
    return MarkdownText(tuple(tidy(line) for line in "".join(parts).split("\n")), found)


class _Walk:
    """Goes through the blocks once."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._references: dict[str, object] = {}
        self._open: list[_Item] = []
        self._top: list[_Item] = []
        self._rows: list[PageEntry] = []
        self._cells: list[str] = []
        self._links: list[str] = []
        self._groups = 0
        self._within: list[int] = []
        self._row_line = 0
        self._quotes = 0

    def entries(self) -> tuple[PageEntry, ...]:
        for token in _MARKDOWN.parse("\n".join(self._lines), self._references):
            self._see(token)
        bullets = (entry for item in self._top for entry in self._of(item))
        return tuple(sorted((*bullets, *self._rows), key=lambda entry: entry.line))

    def _see(self, token: Token) -> None:
        match token.type:
            case "blockquote_open" | "blockquote_close":
                self._quotes += token.nesting
            case "bullet_list_open" | "ordered_list_open" | "table_open":
                self._groups += 1
                self._within.append(self._groups)
            case "bullet_list_close" | "ordered_list_close" | "table_close":
                self._within.pop()
            case "list_item_open":
                first, behind = token.map or (0, 0)
                self._open.append(_Item(first + 1, behind, self._within[-1]))
            case "list_item_close":
                self._close(self._open.pop())
            case "tr_open":
                self._cells, self._links = [], []
            case "tr_close":
                if self._cells and not self._open and not self._quotes:
                    line, cells, links = self._row_line, tuple(self._cells), tuple(self._links)
                    self._rows.append(PageEntry(line, line, cells, self._within[-1], links=links))
            case "inline":
                self._inline(token)

    def _close(self, item: _Item) -> None:
        if self._open:
            self._open[-1].below.append(item)
        elif not self._quotes:
            above = self._top[-1] if self._top else None
            is_note = above and above.group == item.group and self._indent(item) > self._indent(above)
            (above.below if above and is_note else self._top).append(item)

    def _indent(self, item: _Item) -> int:
        """How far a bullet is indented: one space makes none of the levels of Markdown, but means a note."""
        line = self._lines[item.line - 1]
        return len(line) - len(line.lstrip())

    def _inline(self, token: Token) -> None:
        line = (token.map or (0, 0))[0] + 1
        if self._open:
            self._open[-1].paragraphs.append((token.content, line))
        elif token.level >= _CELL_LEVEL:
            text = seen(token.content, self._references)
            self._cells.append(tidy(" ".join(text.lines)))
            self._links.extend(text.links)
            self._row_line = line

    def _of(self, item: _Item) -> Iterator[PageEntry]:
        """A bullet with its notes; what stands below a bullet that is no row stands for itself."""
        content, line = item.paragraphs[0] if item.paragraphs else ("", item.line)
        text = seen(content, self._references)
        first = text.lines[0]
        if begins_like_label(first) or has_sign(first):
            notes, links = self._notes(item, text, line)
            yield PageEntry(item.line, line, (first,), item.group, notes, links)
            return
        yield PageEntry(item.line, line, (first,), item.group)
        for below in item.below:
            yield from self._of(below)

    def _notes(self, item: _Item, text: MarkdownText, line: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The lines below a row, as far as they are indented, and all links."""
        behind = zip(text.lines[1:], self._lines[line:], strict=False)
        notes = [note for note, raw in behind if raw[:1].isspace()]
        links = list(text.links)
        for content in (*(content for content, _ in item.paragraphs[1:]), *_all_below(item)):
            more = seen(content, self._references)
            notes.append(tidy(" ".join(more.lines)))
            links.extend(more.links)
        return tuple(note for note in notes if note), tuple(dict.fromkeys(links))


def _all_below(item: _Item) -> Iterator[str]:
    for below in item.below:
        yield from (content for content, _ in below.paragraphs)
        yield from _all_below(below)
