"""`audit [WORDS]`: who asked and did what, the newest first."""

from bot.chat.audit import AuditEntry
from bot.chat.command import Invocation, Ports
from bot.chat.data import Data
from bot.chat.reply import Code, Paragraph, Reply, RichText, Strong, Table, headline, line, with_code
from bot.chat.wording import moment_in_words
from bot.errors import UsageError
from bot.query.text import plain, shown

IN_FULL = 40
IN_DATA = 1_000
"""Entries that people see, and that a script gets."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """The newest entries in which all words occur."""
    if ports.audit is None:
        raise UsageError("There is no audit trail: set `database` in the configuration.")
    words = plain(asked.words).split()
    entries = ports.audit.find(words, IN_DATA)
    said = f" with {shown(' '.join(words))}" if words else ""
    count = f"{len(entries)} or more" if len(entries) == IN_DATA else str(len(entries) or "No")
    first = headline(Strong(f"{count} {'entry' if len(entries) == 1 else 'entries'}{said}"))
    shown_here = tuple(map(_row, entries[:IN_FULL]))
    table = (Table(("When", "Who", "Where", "What", "How it went"), shown_here),) if entries else ()
    rest = with_code("These are the newest. More words find older ones; in a shell `--json` shows a thousand.")
    more = (Paragraph((rest,)),) if len(entries) > IN_FULL else ()
    return Reply("audit", first, (*table, *more), data={"entries": [_data(entry) for entry in entries]})


def _row(entry: AuditEntry) -> tuple[RichText, ...]:
    where = f"{entry.where or 'no channel'}, {entry.way}"
    return (
        line(moment_in_words(entry.at)),
        line(Strong(shown(entry.who))),
        line(shown(where)),
        line(Code(shown(_typed(entry)))),
        line(shown(f"{entry.outcome}, {entry.ms / 1000:.1f} s")),
    )


def _typed(entry: AuditEntry) -> str:
    """The command with its words, which in chat begin with it already."""
    named = entry.words.partition(" ")[0].casefold() == entry.command
    return entry.words if named else f"{entry.command} {entry.words}".strip()


def _data(entry: AuditEntry) -> Data:
    return {**entry._asdict(), "at": f"{entry.at:%Y-%m-%dT%H:%M:%SZ}"}
