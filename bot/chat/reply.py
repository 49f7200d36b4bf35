"""What a command answers, before any platform renders it: terminal, JSON and Slack draw the same Reply.

A Reply is its first line (the verdict), blocks below it, at most three buttons and a quiet context line. Text is data:
a renderer escapes it. Emoji never stand alone: a Mark is an emoji and its word.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from bot.catalogue import Value, filled, number, pieces, say, translated, translated_counted
from bot.matrix.assess import Assessment
from bot.matrix.release import Release

if TYPE_CHECKING:
    from bot.fleet.verdicts import HostVerdict


class Plain(NamedTuple):
    """Text as it is."""

    text: str


class Strong(NamedTuple):
    """A name that should stand out."""

    text: str


class Code(NamedTuple):
    """Something to type, or text of a machine."""

    text: str


class Typed(NamedTuple):
    """Words to type as they stand after the bot's name; each platform puts its own (`/xocompat`, `xocompat`) before.

    `is_synopsis`: its brackets and bars say what may be typed, and are not typed themselves.
    """

    text: str
    is_synopsis: bool = False


class Link(NamedTuple):
    """A link with the words that stand for it."""

    text: str
    url: str


class Mark(NamedTuple):
    """An emoji with its word; a notification shows the word alone."""

    emoji: str
    text: str


class Sortable(NamedTuple):
    """Text that stands for a number, by which a column is sorted: a count, or a day as 20180413.

    A month is 20180400, and what is not known 0.
    """

    text: str
    value: int


class Moment(NamedTuple):
    """A moment, which a platform may show in the reader's own zone; `text` says it in UTC. A day is no moment."""

    text: str
    at: datetime


class PersonName(NamedTuple):
    """Someone by their id; a platform that knows them shows their name. `shell:USER` is one at a shell."""

    text: str


class ChannelName(NamedTuple):
    """A channel by its id; a platform that knows it shows its name."""

    text: str


def said(mark: Mark) -> Mark:
    """A mark of a table, whose word is a message."""
    return mark._replace(text=say(mark.text))


Span = Plain | Strong | Code | Typed | Link | Mark | Sortable | Moment | PersonName | ChannelName

GAP = Plain("\u2003")
"""What stands between the facts of a headline: a wide space that no one types."""

RichText = tuple[Span, ...]


def line(*spans: Span | str) -> RichText:
    """A line of spans; a bare string is plain text."""
    return tuple(Plain(span) if isinstance(span, str) else span for span in spans)


Part = Span | RichText | Value
"""A value of a message in a line: text, a span, or a line of its own."""


def say_line(text: str, /, **parts: Part) -> RichText:
    """A message as a line, its values spans or text; `backticks` in the message enclose code."""
    return _laid(translated(text), parts)


def say_line_counted(count: int, one: str, many: str, /, **parts: Part) -> RichText:
    """The same in the form that goes with a count, which is its `{count}`."""
    return _laid(translated_counted(count, one, many), {"count": number(count), **parts})


def _laid(text: str, parts: Mapping[str, Part]) -> RichText:
    spans: list[Span] = []
    for odd, segment in enumerate(text.split("`")):
        if odd % 2:
            spans.append(Code(filled(segment, parts)))
            continue
        for before, name in pieces(segment):
            spans += line(before) if before else ()
            spans += _spans(parts[name]) if name is not None else ()
    return tuple(spans)


def _spans(part: Part) -> RichText:
    if isinstance(part, (str, int)):
        return line(str(part)) if part != "" else ()
    return (part,) if isinstance(part, Span) else part


def full_stop(text: str) -> str:
    """A note of the data as a sentence."""
    return text if text.endswith((".", "?")) else f"{text}."


def with_code(text: str) -> RichText:
    """A line from text of our own data, in which `backticks` enclose code."""
    return tuple(Code(piece) if odd % 2 else Plain(piece) for odd, piece in enumerate(text.split("`")) if piece)


def plain(spans: Iterable[Span]) -> str:
    """A line without any dress: for notifications and for JSON."""
    return "".join(span.text for span in spans)


def headline(subject: Span | str, *facts: Span | str) -> RichText:
    """A first line: what it is about, then its facts. Renderers set them apart; `spoken` reads them as a sentence."""
    return line(*(piece for fact in (subject, *facts) for piece in (GAP, fact)))[1:]


def labelled(label: str, *fact: Span | str) -> RichText:
    """A fact behind its label, which has its own colon: "Next step: upgrade to XCP-ng 8.3 LTS."."""
    return line(Strong(f"{label} "), *fact)


def spoken(spans: RichText) -> str:
    """A headline for notifications and screen readers: "XenServer 7.2: partial support, no security updates"."""
    subject, *facts = plain(spans).split(GAP.text)
    return " ".join((f"{subject}: {', '.join(facts)}" if facts else subject).split())


class Paragraph(NamedTuple):
    """Lines that belong together."""

    lines: tuple[RichText, ...]


class Bullets(NamedTuple):
    """A titled list; `numbered` where the order matters (steps)."""

    items: tuple[RichText, ...]
    title: str | None = None
    numbered: bool = False


class ColumnKind(Enum):
    """What the cells of a column are, and so how they are sorted, aligned and exported."""

    TEXT = auto()
    SIGN = auto()
    """Marks, whose words alone are exported."""
    NUMBER = auto()
    """One Sortable each, a count."""
    DAY = auto()
    """One Sortable each, a day."""


class Column(NamedTuple):
    """The name over a column, and what its cells are."""

    name: str
    kind: ColumnKind = ColumnKind.TEXT


class Table(NamedTuple):
    """Rows of cells under named columns, the row that matters most first; the first cell says what a row is about.

    `caption` says what the rows are, for a platform whose tables have one: whoever can't see the table hears it.
    A platform without tables writes each row as a line; `as_lines` says that every platform shall, as the rows are
    part of a verdict that must arrive whatever a platform thinks of tables. At most one of a reply's blocks is a table.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[RichText, ...], ...]
    caption: str
    as_lines: bool = False


def columns(*names: Column | str) -> tuple[Column, ...]:
    """Columns by their names, of text unless they say otherwise."""
    return tuple(Column(name) if isinstance(name, str) else name for name in names)


class ChartPoint(NamedTuple):
    """A number with what it is of: a day, a name."""

    label: str
    value: int


class Chart(NamedTuple):
    """A line through numbers, the oldest first. `counts` says what they count; `note` what is missing between them.

    A platform says the numbers in words wherever it draws the line: that may be refused, or not be seen.
    """

    title: str
    counts: str
    points: tuple[ChartPoint, ...]
    note: str = ""

    @property
    def in_words(self) -> RichText:
        """Title and numbers."""
        numbers = ", ".join(f"{number(point.value)} ({point.label})" for point in self.points)
        return line(Strong(self.title), f": {numbers}{f'; {self.note}' if self.note else ''}")


class Heading(NamedTuple):
    """The first line of the next thing, where a reply is about several."""

    line: RichText


Block = Paragraph | Bullets | Table | Chart | Heading


def lines_in(block: Block) -> Iterator[tuple[str, RichText]]:
    """A block as lines, each with the sign before it in a list ("- ", "1. ") or none; a table row by row."""
    match block:
        case Paragraph(lines):
            yield from (("", each) for each in lines)
        case Heading(only):
            yield "", only
        case Chart():
            yield "", block.in_words
        case Bullets(items, title, numbered):
            if title:
                yield "", line(Strong(title))
            yield from ((f"{at}. " if numbered else "- ", item) for at, item in enumerate(items, 1))
        case Table(_, rows):  # a gap stands between facts, not for the lack of one
            yield from (("", gapped(filter(plain, row))) for row in rows)


def gapped(cells: Iterable[RichText]) -> RichText:
    """Several facts on one line."""
    return tuple(span for cell in cells for span in (GAP, *cell))[1:]


class Ask(NamedTuple):
    """A button that asks the likely next question: pressing it is the same as typing `words`.

    `on` is the day that it asks about; None: the day of the press.
    """

    label: str
    words: str
    on: date | None = None


class Share(NamedTuple):
    """A button that shows the reply to everybody in the channel; asking `words` again gives the same reply.

    `on` is the day that the reply is about, `reply_key` the key of the very reply in the session's cache.
    """

    words: str
    on: date | None = None
    reply_key: str | None = None

    @property
    def label(self) -> str:
        """What it says."""
        return say("Share to channel")


class Asks(Enum):
    """What somebody is asked for before words are: it is appended to them."""

    MOMENT = auto()
    """A day and a time, which is chosen."""
    NOTE = auto()
    """A text, which is typed."""


class Act(NamedTuple):
    """A button that does what `words` do, on the day of the press. The reply with it stays in use."""

    label: str
    words: str
    asks: Asks | None = None


class MenuEntry(NamedTuple):
    """One of a menu."""

    label: str
    words: str
    asks: Asks | None = None


class Menu(NamedTuple):
    """A button with several ways to act. `words` are the usual one's, for a platform that has no menus."""

    label: str
    words: str
    entries: tuple[MenuEntry, ...]


class Pick(NamedTuple):
    """A button that lets one choose what a command is about, from a list where the platform has one.

    `words` are the command alone: typed, they show what there is to choose from. `named` is what it says, unless that
    is the usual.
    """

    words: str
    named: str = ""

    @property
    def label(self) -> str:
        """What it says."""
        return self.named or say("Pick a host")


class Find(NamedTuple):
    """A field to find one of many hosts and pools in by a part of its name, where the platform has such fields.

    Choosing one asks for it as `words` with its name behind them do.
    """

    words: str

    @property
    def label(self) -> str:
        """What it says while nothing is typed."""
        return say("Find a host")


Button = Ask | Share | Pick | Act | Menu | Find
"""Every button stands for words, and is pressed as words are typed: rights, audit and wording are the command's."""


class Attachment(NamedTuple):
    """A file that goes with a reply, to the asker alone. `name` is what it is saved as."""

    name: str
    content: str | bytes

    @property
    def encoded(self) -> bytes:
        """What is in the file. Text begins with the sign by which a spreadsheet knows its encoding."""
        return self.content.encode("utf-8-sig") if isinstance(self.content, str) else self.content


class Bars(NamedTuple):
    """A picture in characters: a line for each row of the reply's table, what stands above them, what signs mean."""

    axis: str
    lines: tuple[str, ...]
    legend: str


class Picture(Protocol):
    """What a reply's table says, as a picture. It says nothing that the table does not."""

    @property
    def day(self) -> date:
        """The day that it is of."""

    @property
    def words(self) -> str:
        """What is typed in chat to get it as a file; empty where it can't be had so."""

    @property
    def alt(self) -> str:
        """What it shows, in sentences, for whoever can't see it."""

    def with_hosts(self, hosts: Mapping[Release, int] | None) -> Self:
        """The same with how many hosts of a fleet run which release, for who may see that; None: not known."""

    def svg(self) -> str:
        """As SVG: one file without scripts and references, in ASCII."""

    def png(self) -> bytes:
        """As PNG. UnavailableError where what draws it is not installed, or finds no font."""

    def bars(self, columns: int, is_ascii: bool = False) -> Bars:
        """In lines of at most so many characters."""


class Reply(NamedTuple):
    """An answer. `kind` names its shape ("check", "unknown_version"); `data` is what `--json` prints.

    `exit_status` is the shell's: 0 answered, 1 could not do it, 3 ambiguous or unknown (CONTRACT.md section 1).
    `assessed` are the verdicts in it, for the shell's `--fail-on`; None where the command has none. `hosts` are those
    that it shows, None where it is about none; `vulnerable` is whether something in it has a known hole, where that is
    what it is about.
    `rest` is more of the same that belongs below: into the thread of the reply, where there is one.
    `attachment` is a file for the asker, which a platform may be unable to send: then it says how else to get it.
    `picture` shows what the reply's table says; a platform may draw it, and needn't.
    `depends_on_rights`: who has more rights, or more at hand, than the look-up that made it takes may get another one.
    `advisories_of` is the day of the advisories that it rests upon, where it does.
    """

    kind: str
    headline: RichText
    blocks: tuple[Block, ...] = ()
    buttons: tuple[Button, ...] = ()
    context: tuple[RichText, ...] = ()
    data: Mapping[str, Any] | None = None
    exit_status: int = 0
    assessed: tuple[Assessment, ...] | None = None
    rest: tuple[Block, ...] = ()
    depends_on_rights: bool = False
    attachment: Attachment | None = None
    picture: Picture | None = None
    hosts: "tuple[HostVerdict, ...] | None" = None
    vulnerable: bool | None = None
    advisories_of: date | None = None

    @property
    def summary(self) -> str:
        """One line for notifications and screen readers: the first line, words in place of emoji."""
        return spoken(self.headline)


SEVERAL = "several"
"""The kind of a reply with several verdicts, and no table."""

NOTICE = "notice"
"""The kind of a reply that is a line and nothing else: an error, a refusal, how far something has come."""


def notice(said: RichText) -> Reply:
    """A reply of one line."""
    return Reply(NOTICE, said)
