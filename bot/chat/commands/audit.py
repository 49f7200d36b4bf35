"""`audit [WORDS]`: who asked and did what, the newest first."""

from collections.abc import Mapping

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
    with_code,
)
from bot.chat.wording import iso, moment, plural
from bot.errors import UsageError
from bot.masks import masked
from bot.text import plain, shown

_COLUMNS = columns("When", "Who", "Where", "What", "How it went")

IN_FULL = 40
IN_DATA = 1_000
"""Entries that people see, and that a script gets."""

WORDS_SHOWN = 120


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
    table = (Table(_COLUMNS, rows, "Who asked what, the newest first"),) if rows or asked.caller.takes_all else ()
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
        line(PersonName(shown(entry.who))),
        line(ChannelName(shown(entry.where)) if entry.where else "no channel", f", {shown(entry.way)}"),
        line(Code(shown(typed, WORDS_SHOWN))),
        line(f"{outcome_in_words(entry)}, {entry.ms / 1000:.1f} s"),
    )


def outcome_in_words(entry: AuditEntry) -> str:
    """How a request went. What another version of xocompat recorded is shown as it did."""
    if entry.outcome == "refused":
        spec = COMMANDS.get(entry.command)
        return _REFUSED[spec.right if spec else Right.LOOKUP]
    return OUTCOMES.get(entry.outcome) or shown(entry.outcome).replace("_", " ")


_REFUSED = {
    Right.LOOKUP: "refused: of another workspace",
    Right.PROBE: "refused: needs the right to probe",
    Right.FLEET: "refused: needs the right to see the fleet",
    Right.OPERATE: "refused: needs the right to operate",
}

_ANSWERED = (
    "ack advisory advisories alert alerts assessed audit changes check compare digest_switch ends_next feature "
    "features fleet fleet_file help help_command issue issues list probe several sites snooze sweep timeline "
    "timeline_picture to_type unwatch patches upgrade watch watches xo bulletin data_news digest list_news news "
    "start notice welcome about"
)

OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(_ANSWERED.split(), "answered"),
    "refused": "refused",
    "usage": "not understood, and told what to type",
    "ambiguous": "asked back: can be several",
    "unknown_command": "no such command",
    "unknown_product": "no product that is known",
    "unknown_version": "no release that is known",
    "unsupported_platform": "a platform that will not work",
    "unknown_feature": "no such feature",
    "unknown_issue": "no such issue",
    "unknown_advisory": "no advisory that is known",
    "fleet_unknown": "no such hosts",
    "access": "answered",
    "access_held": "answered: has the right already",
    "access_told": "told those who may grant it",
    "access_told_before": "not told again: asked within a day",
    "access_untold": "nobody was told: no channel for alerts is configured",
    "access_request": "answered",
    "which_host": "asked back: which host",
    "no_host": "no such host",
    "unknown_host": "no such host",
    "picker": "shown a list to pick from",
    "shared_already": "shared already",
    "too_fast": "refused: too many questions in a minute",
    "busy": "put off: too much at once",
    "broken_off": "broken off: xocompat ended meanwhile",
    "home_unknown": "put off: whose workspace it is was not known",
    "incident": "failed: an error that the log has",
    "unavailable": "failed: something was not there",
    "probe_failed": "failed: the host could not be asked",
    "refused_address": "refused: no address is asked that nobody configured",
    "unreachable": "could not be reached",
    "site_silent": "not asked: its site is silent",
    "timeout": "did not answer in time",
    "tls_untrusted": "not asked: its certificate is not trusted",
    "tls_pin_mismatch": "not asked: it showed another certificate than the pinned one",
    "tls_too_old": "not asked: its TLS is too old",
    "login_refused": "the host refused the login",
    "not_authorized": "the host's account may not read it",
    "coordinator_refused": "the pool's coordinator refused",
    "booting": "the host was starting",
    "not_xapi": "what answered is no XAPI",
    "bad_reply": "the host's answer could not be read",
    "reply_too_large": "the host's answer was too large",
}
"""Every outcome that is recorded, in words."""
