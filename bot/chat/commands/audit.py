"""`audit [WORDS]`: who asked and did what, the newest first."""

from collections.abc import Mapping

from bot.catalogue import message, number, say, say_counted
from bot.chat.audit import AuditEntry
from bot.chat.command import Invocation, Ports, Right
from bot.chat.commands import COMMANDS
from bot.chat.reply import (
    ChannelName,
    Code,
    Paragraph,
    PersonName,
    Reply,
    RichText,
    Strong,
    Table,
    columns,
    headline,
    line,
    say_line,
)
from bot.chat.wording import iso, moment
from bot.errors import UsageError
from bot.masks import masked
from bot.text import plain, shown

IN_FULL = 40
IN_DATA = 1_000
"""Entries that people see, and that a script gets."""

WORDS_SHOWN = 120


def run(ports: Ports, asked: Invocation) -> Reply:
    """The newest entries in which all words occur."""
    if ports.audit is None:
        raise UsageError(say("There is no audit trail: set `database` in the configuration."))
    words = plain(asked.words).split()
    # Those of former versions have words as they were typed.
    entries = [entry._replace(words=masked(entry.words)) for entry in ports.audit.find(words, IN_DATA)]
    shown_here = entries if asked.caller.takes_all else entries[:IN_FULL]
    rows = tuple(map(_row, shown_here))
    named = columns(say("When"), say("Who"), say("Where"), say("What"), say("How it went"))
    caption = say("Who asked what, the newest first")
    table = (Table(named, rows, caption),) if rows or asked.caller.takes_all else ()
    rest = say_line("These are the newest. More words find older ones; in a shell `--json` shows a thousand.")
    return Reply(
        kind="audit",
        headline=headline(Strong(_found(len(entries), shown(" ".join(words))))),
        blocks=(*table, *([Paragraph((rest,))] if len(entries) > len(rows) else [])),
        data={"entries": [{**entry._asdict(), "at": iso(entry.at)} for entry in entries]},
    )


def _found(count: int, words: str) -> str:
    """How many entries there are, or are with some words."""
    if count == IN_DATA:
        found = say("{count} or more entries", count=number(count))
    else:
        found = say_counted(count, "{count} entry", "{count} entries") if count else say("No entries")
    return say("{entries} with {words}", entries=found, words=words) if words else found


def _row(entry: AuditEntry) -> tuple[RichText, ...]:
    """An entry in a line. A command that was typed begins with its name already, a look-up often does not."""
    is_named = entry.words.split(" ")[0].casefold() == entry.command
    typed = entry.words if is_named else f"{entry.command} {entry.words}".strip()
    return (
        (moment(entry.at),),
        line(PersonName(shown(entry.who))),
        line(ChannelName(shown(entry.where)) if entry.where else say("no channel"), f", {shown(entry.way)}"),
        line(Code(shown(typed, WORDS_SHOWN))),
        say_line("{outcome}, {seconds} s", outcome=outcome_in_words(entry), seconds=f"{entry.ms / 1000:.1f}"),
    )


def outcome_in_words(entry: AuditEntry) -> str:
    """How a request went. What another version of xocompat recorded is shown as it did."""
    if entry.outcome == "refused":
        spec = COMMANDS.get(entry.command)
        return say(_REFUSED[spec.right if spec else Right.LOOKUP])
    outcome = OUTCOMES.get(entry.outcome)
    return say(outcome) if outcome else shown(entry.outcome).replace("_", " ")


_REFUSED = {
    Right.LOOKUP: message("refused: of another workspace"),
    Right.PROBE: message("refused: needs the right to probe"),
    Right.FLEET: message("refused: needs the right to see the fleet"),
    Right.OPERATE: message("refused: needs the right to operate"),
}

_ANSWERED = (
    "ack advisory advisories alert alerts assessed audit changes check compare digest_switch ends_next feature "
    "features fleet fleet_file help help_command issue issues list probe several sites snooze sweep timeline "
    "timeline_picture to_type unwatch patches upgrade watch watches xo bulletin data_news digest list_news news "
    "start notice welcome about"
)

OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(_ANSWERED.split(), message("answered")),
    "refused": message("refused"),
    "usage": message("not understood, and told what to type"),
    "ambiguous": message("asked back: can be several"),
    "unknown_command": message("no such command"),
    "unknown_product": message("no product that is known"),
    "unknown_version": message("no release that is known"),
    "unsupported_platform": message("a platform that will not work"),
    "unknown_feature": message("no such feature"),
    "unknown_issue": message("no such issue"),
    "unknown_advisory": message("no advisory that is known"),
    "fleet_unknown": message("no such hosts"),
    "access": message("answered"),
    "access_held": message("answered: has the right already"),
    "access_told": message("told those who may grant it"),
    "access_told_before": message("not told again: asked within a day"),
    "access_untold": message("nobody was told: no channel for alerts is configured"),
    "access_request": message("answered"),
    "which_host": message("asked back: which host"),
    "no_host": message("no such host"),
    "unknown_host": message("no such host"),
    "picker": message("shown a list to pick from"),
    "shared_already": message("shared already"),
    "replayed": message("refused: a signed request that was answered before"),
    "too_fast": message("refused: too many questions in a minute"),
    "busy": message("put off: too much at once"),
    "broken_off": message("broken off: xocompat ended meanwhile"),
    "home_unknown": message("put off: whose workspace it is was not known"),
    "incident": message("failed: an error that the log has"),
    "unavailable": message("failed: something was not there"),
    "probe_failed": message("failed: the host could not be asked"),
    "refused_address": message("refused: no address is asked that nobody configured"),
    "unreachable": message("could not be reached"),
    "site_silent": message("not asked: its site is silent"),
    "timeout": message("did not answer in time"),
    "tls_untrusted": message("not asked: its certificate is not trusted"),
    "tls_pin_mismatch": message("not asked: it showed another certificate than the pinned one"),
    "tls_too_old": message("not asked: its TLS is too old"),
    "login_refused": message("the host refused the login"),
    "not_authorized": message("the host's account may not read it"),
    "coordinator_refused": message("the pool's coordinator refused"),
    "booting": message("the host was starting"),
    "not_xapi": message("what answered is no XAPI"),
    "bad_reply": message("the host's answer could not be read"),
    "reply_too_large": message("the host's answer was too large"),
}
"""Every outcome that is recorded, in words."""
