"""`audit [WORDS]`: who asked and did what, the newest first."""

from bot.chat.audit import AuditEntry
from bot.chat.command import Invocation, Ports
from bot.chat.reply import Code, Paragraph, Reply, RichText, Strong, Table, columns, headline, line, with_code
from bot.chat.wording import iso, moment, plural
from bot.errors import UsageError
from bot.masks import masked
from bot.query.text import plain, shown

_COLUMNS = columns("When", "Who", "Where", "What", "How it went")

IN_FULL = 40
IN_DATA = 1_000
"""Entries that people see, and that a script gets."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """The newest entries in which all words occur."""
    if ports.audit is None:
        raise UsageError("There is no audit trail: set `database` in the configuration.")
    words = plain(asked.words).split()
    # Those of former versions have words as they were typed.
    entries = [entry._replace(words=masked(entry.words)) for entry in ports.audit.find(words, IN_DATA)]
    with_words = f" with {shown(' '.join(words))}" if words else ""
    count = f"{len(entries)} or more" if len(entries) == IN_DATA else str(len(entries) or "No")
    shown_here = entries if asked.caller.takes_all else entries[:IN_FULL]
    rows = tuple(map(_row, shown_here))
    table = (Table(_COLUMNS, rows, "Who asked what, the newest first"),) if entries else ()
    rest = with_code("These are the newest. More words find older ones; in a shell `--json` shows a thousand.")
    return Reply(
        kind="audit",
        headline=headline(Strong(f"{count} {plural(len(entries), 'entry', 'entries')}{with_words}")),
        blocks=(*table, *([Paragraph((rest,))] if len(entries) > len(rows) else [])),
        data={"entries": [{**entry._asdict(), "at": iso(entry.at)} for entry in entries]},
    )


def _row(entry: AuditEntry) -> tuple[RichText, ...]:
    """An entry in a line. A command that was typed begins with its name already, a look-up often does not."""
    is_named = entry.words.split(" ")[0].casefold() == entry.command
    typed = entry.words if is_named else f"{entry.command} {entry.words}".strip()
    return (
        (moment(entry.at),),
        line(Strong(shown(entry.who))),
        line(shown(f"{entry.where or 'no channel'}, {entry.way}")),
        line(Code(shown(typed))),
        line(shown(f"{entry.outcome}, {entry.ms / 1000:.1f} s")),
    )
