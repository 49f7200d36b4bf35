"""What a command answers, before any platform renders it: terminal, JSON and Slack draw the same Reply.

A Reply is its first line (the verdict), blocks below it, at most three buttons and a quiet context line. Text is data:
the renderer escapes it. Emoji never stand alone: a Mark is an emoji and its word.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from bot.matrix.assess import Assessment


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
    """Words to type as they stand after the bot's name; each platform puts its own (`/xocompat`, `xocompat`) before."""

    text: str


class Link(NamedTuple):
    """A link with the words that stand for it."""

    text: str
    url: str


class Mark(NamedTuple):
    """An emoji with its word; a notification shows the word alone."""

    emoji: str
    text: str


class PersonName(NamedTuple):
    """Someone by their id; a platform that knows them shows their name. `shell:USER` is one at a shell."""

    text: str


class ChannelName(NamedTuple):
    """A channel by its id; a platform that knows it shows its name."""

    text: str


Span = Plain | Strong | Code | Typed | Link | Mark | PersonName | ChannelName

GAP = Plain("\u2003")
"""What stands between the facts of a headline: a wide space that no one types."""

RichText = tuple[Span, ...]


def line(*spans: Span | str) -> RichText:
    """A line of spans; a bare string is plain text."""
    return tuple(Plain(span) if isinstance(span, str) else span for span in spans)


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


class Table(NamedTuple):
    """Rows of cells under a header. A platform without tables writes each row as a line."""

    header: tuple[str, ...]
    rows: tuple[tuple[RichText, ...], ...]
    title: str | None = None


class Heading(NamedTuple):
    """The first line of the next thing, where a reply is about several."""

    line: RichText


Block = Paragraph | Bullets | Table | Heading


class Ask(NamedTuple):
    """A button that asks the likely next question: pressing it is the same as typing `words`."""

    label: str
    words: str


class Share(NamedTuple):
    """A button that shows the reply to everybody in the channel; asking `words` again gives the same reply."""

    words: str
    label: str = "Share to channel"


class Verb(StrEnum):
    """What a button does about alerts."""

    ACK = "ack"
    SNOOZE = "snooze"
    HOSTS = "hosts"


class Act(NamedTuple):
    """A button that does something about alerts, by their ids; it takes the rights of the command that it stands for.

    `words` are that command; a platform that can ask how long to snooze asks.
    """

    label: str
    verb: Verb
    ids: tuple[int, ...]

    @property
    def words(self) -> str:
        ids = " ".join(map(str, self.ids))
        return {Verb.ACK: f"ack {ids}", Verb.SNOOZE: f"snooze {ids} 7d", Verb.HOSTS: f"alerts {ids}"}[self.verb]


class Pick(NamedTuple):
    """A button that lets one choose what a command is about, from a list where the platform has one.

    `words` are the command alone: typed, they show what there is to choose from.
    """

    words: str
    label: str = "Pick a host"


Button = Ask | Share | Pick | Act


class Reply(NamedTuple):
    """An answer. `kind` names its shape ("check", "unknown_version"); `data` is what `--json` prints.

    `exit_status` is the shell's: 0 answered, 1 could not do it, 3 ambiguous or unknown (CONTRACT.md section 1).
    `assessed` are its verdicts, for the shell's `--fail-on`; None where the command has none.
    `rest` is more of the same that belongs below: into the thread of the reply, where there is one.
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

    @property
    def summary(self) -> str:
        """One line for notifications and screen readers: the first line, words in place of emoji."""
        return spoken(self.headline)
