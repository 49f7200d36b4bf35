"""`alerts`, `ack` and `snooze`: what is open, and doing something about it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

from bot.alerts.alert import Alert, AlertState
from bot.alerts.delivery.outbox import ChannelState
from bot.alerts.evaluate import act_on
from bot.alerts.ports import NOTE_MAX, SNOOZE_MAX, AlertAct, AlertAction, AlertReader
from bot.catalogue import message, message_counted, say, say_about, say_counted
from bot.chat.alert_context import (
    act_now,
    alert_data,
    alerting,
    day_asked,
    find,
    only_here,
    read_ids,
    worst_first,
)
from bot.chat.alert_messages import add_note, alert_message, hosts_by_pool, note, numbers, reason, state
from bot.chat.command import Alerting, Invocation, Ports
from bot.chat.commands import ACK
from bot.chat.filter import take_words
from bot.chat.reply import (
    Act,
    Ask,
    Block,
    Button,
    ChannelName,
    Column,
    ColumnKind,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Sortable,
    Strong,
    Table,
    columns,
    full_stop,
    headline,
    line,
    said,
    say_line,
    say_line_counted,
    with_code,
)
from bot.chat.rule_wording import sentence
from bot.chat.waiting import why_waiting
from bot.chat.wording import day_in_words
from bot.days import take_days
from bot.errors import UsageError
from bot.text import plain, shown

HISTORY = timedelta(days=400)
"""How far back alerts that ended are stored."""

IN_FULL = 25
"""More alerts than this: the worst ones, and how many more there are."""

HOSTS_IN_FULL = 200


def run(ports: Ports, asked: Invocation) -> Reply:
    """All open alerts, the worst first; `all` has those that ended, too, and ids choose some.

    With a day: what would be open then, of which nothing is stored.
    """
    known = alerting(ports)
    words, named = take_words(asked.words, asked.day)
    day = named or day_asked(asked, known.now())
    if day is None:
        today = known.plan.local(asked.caller.channel, known.now()).date()
        return _shown(ports, known.book, asked._replace(day=today), words.casefold())
    if known.on is None:
        return _shown(ports, known.book, asked, words.casefold())
    with known.on(day) as book:
        reply = _shown(ports, book, asked._replace(day=day, words=words), words.casefold())
    dry = say_line("Nothing was stored or sent: this is what {day} would bring.", day=day_in_words(day))
    asks = tuple(button for button in reply.buttons if not isinstance(button, Act))
    return reply._replace(blocks=(*reply.blocks, Paragraph((dry,))), buttons=asks)


def _shown(ports: Ports, book: AlertReader, asked: Invocation, words: str) -> Reply:
    known = alerting(ports)
    if words not in ("", "all", "open"):
        return _some(ports, asked, _seen(known, find(book, read_ids(words, "alerts 17"))))
    alerts = worst_first(_seen(known, book.open()))
    ended = book.resolved(datetime.combine(asked.day, known.now().timetz()) - HISTORY) if words == "all" else ()
    states = known.channels() if known.channels else ()
    held = [(state, why) for state in states if (why := why_waiting(state, known.now()))]
    return _list(ports, asked, [*alerts, *_seen(known, reversed(ended))], held)


def _seen(known: Alerting, alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts with their moments as the clocks of their channels show them."""
    return [alert.as_local(partial(known.plan.local, alert.channel)) for alert in alerts]


def _list(ports: Ports, asked: Invocation, alerts: Sequence[Alert], held: Sequence[tuple[ChannelState, str]]) -> Reply:
    """`held` are channels whose messages wait, each with why."""
    blocks: list[Block] = []
    if held:
        lines = []
        for state, why in held:
            waits = say_line_counted(
                state.pending,
                "{mark}: {channel} ({count} message waits). {why}",
                "{mark}: {channel} ({count} messages wait). {why}",
                mark=said(_STOPPED if state.stopped else _WAITING),
                channel=ChannelName(state.channel),
                why=with_code(full_stop(why)),
            )
            lines.append(waits)
        blocks.append(Paragraph(tuple(lines)))
    if alerts or asked.caller.takes_all:
        in_full = alerts if asked.caller.takes_all else alerts[:IN_FULL]
        rows = tuple(_row(asked, alert) for alert in in_full)
        number_column = Column(say("Alert"), ColumnKind.NUMBER)
        named = columns(number_column, say("What"), say("Hosts"), say("State"), say("Channel"))
        blocks.append(Table(named, rows, say("Alerts, the worst first")))
    if (more := len(alerts) - IN_FULL) > 0:
        not_shown = say_line_counted(
            more,
            "{count} more is not shown; `--json` in a shell has all of them.",
            "{count} more are not shown; `--json` in a shell has all of them.",
        )
        blocks.append(Paragraph((not_shown,)))
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING] if ACK.right in asked.rights else []
    buttons: list[Button] = [Act(say("Acknowledge {id}", id=worst.id or ""), f"ack {worst.id}") for worst in firing[:1]]
    if not asked.words.strip():
        buttons.append(Ask(say("Those that ended, too"), "alerts all"))
    return Reply(
        kind="alerts",
        headline=alerts_line(alerts),
        blocks=tuple(blocks),
        buttons=tuple(buttons),
        context=(say_line("As of {day}", day=day_in_words(asked.day)),),
        data={
            "as_of": asked.day.isoformat(),
            "alerts": [alert_data(alert, ports.matrix) for alert in alerts],
            "stopped": [{"channel": s.channel, "pending": s.pending, "why": s.stopped} for s, _ in held if s.stopped],
        },
    )


_STOPPED, _WAITING = Mark("⚠️", message("not delivered")), Mark("⏳", message("waiting"))


def alerts_line(alerts: Sequence[Alert]) -> RichText:
    """How many are open, and how many of them somebody knows of."""
    states = [alert.state for alert in alerts]
    count = sum(one is not AlertState.RESOLVED for one in states)
    facts = [say_counted(states.count(state), *forms) for state, forms in _STATES.items() if state in states]
    if not count:
        return headline(Mark("✅", say("no open alerts")), *facts)
    return headline(Strong(say_counted(count, "{count} open alert", "{count} open alerts")), *facts)


_STATES = {
    AlertState.ACKNOWLEDGED: message_counted("{count} acknowledged", "{count} acknowledged"),
    AlertState.SNOOZED: message_counted("{count} snoozed", "{count} snoozed"),
    AlertState.RESOLVED: message_counted("{count} resolved", "{count} resolved"),
}
"""How many are in a state."""


def _row(asked: Invocation, alert: Alert) -> tuple[RichText, ...]:
    return (
        (Sortable(str(alert.id or say_about("an alert", "new")), alert.id or 0),),
        sentence(alert, asked.day),
        line(hosts_by_pool(alert.hosts, 3)),
        (*state(alert, asked.day), *(line("; ") if alert.note else ()), *note(alert)),
        line(ChannelName(alert.channel)),
    )


def _some(ports: Ports, asked: Invocation, alerts: Sequence[Alert]) -> Reply:
    """Alerts in full: what the channel's message says of them, and every host by pool."""
    known = alerting(ports)
    today = known.plan.local(asked.caller.channel, known.now()).date()
    moment = known.now() + (asked.day - today)  # the present time of the day that is asked about
    shown = alert_message(alerts, asked.day, moment, ports.matrix)
    buttons = tuple(
        b for b in shown.buttons if not (isinstance(b, Act) and b.words.partition(" ")[0] == asked.command.name)
    )
    return shown._replace(kind="alert", blocks=(*shown.blocks, *_facts(alerts)), buttons=buttons)


def _facts(alerts: Sequence[Alert]) -> Iterator[Block]:
    for alert in alerts:
        told = say_line(
            "{alert} in {channel}, {reason}, told first on {day}",
            alert=Strong(say("Alert {id}", id=alert.id or "")),
            channel=ChannelName(alert.channel),
            reason=reason(alert, alert.reason),
            day=day_in_words(alert.opened_at.date()),
        )
        yield Paragraph((told,))
    together = {host.uuid: host for alert in alerts for host in alert.hosts}
    hosts = sorted(together.values(), key=lambda host: (host.pool, host.name))
    if hosts:
        rows = tuple((line(h.name), line(h.pool)) for h in hosts[:HOSTS_IN_FULL])
        yield Table(columns(say("Host"), say("Pool")), rows, say("Its hosts, pool by pool"))
    if (more := len(hosts) - HOSTS_IN_FULL) > 0:
        not_shown = say_line_counted(
            more,
            "{count} more host is not shown; `--json` in a shell has all of them.",
            "{count} more hosts are not shown; `--json` in a shell has all of them.",
        )
        yield Paragraph((not_shown,))


def acknowledge(ports: Ports, asked: Invocation) -> Reply:
    """Acknowledge alerts in the asker's name, and keep a day that is planned for them and a note, which stand behind.

    The first who acknowledged stays named, the last plan and the last note hold. UsageError for a day that is over, and
    for a note that is too long, or that is nothing but a day.
    """
    known = alerting(ports)
    found = _NOTED.fullmatch(asked.words) or _NOTED.fullmatch(plain(asked.words))
    ids = read_ids(_AND.sub(" ", found["ids"]) if found else asked.words, "ack 17")
    rest, day = (found["note"] or "") if found else "", None
    if planned := _PLANNED.match(rest):
        today = known.plan.local(asked.caller.channel, known.now()).date()
        day, rest = _planned_day(rest[planned.end() :].strip(), today)
    elif _DAY.fullmatch(rest.strip()):
        raise UsageError(
            say(
                "A day alone is no note. Is it planned for that day? {words}",
                words=f"ack {ids[0]} planned {rest.strip()}",
            )
        )
    text = shown(_as_typed(rest), len(asked.words))
    act_now(known, asked, text if len(text.split()) <= len(("as", "of", "DATE")) else "")
    if len(text) > NOTE_MAX:
        raise UsageError(
            say("A note has {most} characters at most, this one {length}.", most=NOTE_MAX, length=len(text))
        )
    act = AlertAct(AlertAction.ACKNOWLEDGE, asked.caller.name, known.now(), planned_for=day, note=text or None)
    if day:
        done = Mark("👍", say("acknowledged, planned for {day}", day=day_in_words(day)))
    elif text and all(alert.state is AlertState.ACKNOWLEDGED for alert in find(known.book, ids)):
        done = Mark("📝", say("noted"))
    else:
        done = Mark("👍", say("acknowledged"))
    return _act(ports, asked, ids, act, done)


_PLANNED = re.compile(r"plan(?:ned)?\b(?:\s+(?:for|on|by|at)\b)*", re.IGNORECASE)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?<=\d)T\d{2}:\d{2}(?::\d{2})?Z\b")


def _planned_day(words: str, today: date) -> tuple[date, str]:
    """The day of words behind "planned", and the note behind it: there, a bare date is one that is meant."""
    example = "ack 17 planned 2028-12-01"
    if not words:
        raise UsageError(say("Say for which day it is planned, for example: {words}.", words=example))
    dated = _TIME.sub("", words, count=1)
    days = take_days(dated if dated.casefold().startswith("in ") else f"on {dated}", today)
    if days.on is None or days.bad:
        raise UsageError(
            say('"{typed}" is no day to plan for, for example: {words}.', typed=shown(words), words=example)
        )
    if days.on < today:
        raise UsageError(
            say(
                "{day} is over: plan for today or a later day, for example: {words}.",
                day=day_in_words(days.on),
                words=example,
            )
        )
    return days.on, days.rest.strip(" ,;:.")


_NUMBER = r"`?#?[0-9]{1,9}`?(?=[\s,;:&]|\Z)"
_AND = re.compile(r"[;&]|\band\b", re.IGNORECASE)
_NOTED = re.compile(
    rf"\s*(?P<ids>{_NUMBER}(?:(?:[\s,;&]|\band\s)+{_NUMBER})*)[\s,;]*(?::\s*)?(?P<note>\S.*)?",
    re.IGNORECASE | re.DOTALL,
)
"""Numbers are alerts as long as nothing else stands between: a note that begins with one stands behind a colon."""

_DRESSED = re.compile(r"<(?P<kind>[@#!]?)(?P<target>[^<>|\n]+)(?:\|(?P<label>[^<>\n]*))?>")


def _as_typed(note: str) -> str:
    """A note without Slack's forms for people, channels and links in it, but with what these say."""
    bare = _DRESSED.sub(lambda form: form["kind"] + ((form["kind"] and form["label"]) or form["target"]), note)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


_HOW = message("say for how long: 7d, 1w, 2028-12-01")
_ASKED = re.compile(
    r"(?P<ids>#?\d+(?:[\s,]+#?\d+)*?)[\s,]+(?:(?:for|until|till|the)\s+)*"
    r"(?:(?P<count>\d{1,6})\s*(?P<unit>h|hours?|d|days?|w|weeks?)"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\dZ)|(?P<day>\d{4}-\d\d-\d\d)|(?P<next>next(?: threshold)?))",
    re.IGNORECASE | re.ASCII,
)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def snooze(ports: Ports, asked: Invocation) -> Reply:
    """Snooze alerts in the asker's name. UsageError for a time that is over, or one that would never end."""
    known, words = alerting(ports), plain(asked.words)
    act_now(known, asked)
    now = known.now()
    found = _ASKED.fullmatch(words)
    if found is None:
        ids = read_ids(words.split(maxsplit=1)[0] if words else "", "snooze 17 7d")
        how = say("{how}, or next (until the next threshold)", how=say(_HOW))
        if rest := shown(words.partition(" ")[2]):
            raise UsageError(say('"{typed}" is no time to snooze: {how}.', typed=rest, how=how))
        raise UsageError(say("Alert {id}: {how}.", id=ids[0], how=how))
    ids = read_ids(found["ids"], "snooze 17 7d")
    until = _until(found, known.plan.local(asked.caller.channel, now))
    if until is None:  # the next threshold is forever where none is left to cross
        for alert in find(known.book, ids):
            if alert.is_open and not _has_next(known, alert):
                raise UsageError(say("Alert {id} has no further threshold: {how}.", id=alert.id or "", how=say(_HOW)))
    act = AlertAct(AlertAction.SNOOZE, asked.caller.name, now, until)
    return _act(ports, asked, ids, act, Mark("💤", say("snoozed")))


def _until(found: re.Match[str], now: datetime) -> datetime | None:
    """When the snooze ends; None for the next threshold. A day begins at midnight of the zone that `now` is in."""
    if found["next"]:
        return None
    if named := found["moment"] or found["day"]:
        try:
            until = datetime.fromisoformat(named.upper())
        except ValueError:
            raise UsageError(
                say('"{typed}" is not a day: write it as 2028-12-01, or 2028-12-01T15:00Z.', typed=named)
            ) from None
        until = until.replace(tzinfo=UTC if found["moment"] else now.tzinfo)
    else:
        until = now + min(int(found["count"]) * _UNITS[found["unit"][0].lower()], 2 * SNOOZE_MAX)
    if until <= now:
        raise UsageError(say("A snooze must end after now: {how}.", how=say(_HOW)))
    if until - now > SNOOZE_MAX:
        raise UsageError(say("A snooze lasts {days} days at most: {how}.", days=SNOOZE_MAX.days, how=say(_HOW)))
    return until


def _has_next(known: Alerting, alert: Alert) -> bool:
    """Whether some lead of the alert's channel is tighter than what was crossed."""
    plan = known.plan
    leads = [route.lead for route in plan.routes if route.channel == alert.channel]
    leads += [watch.lead or plan.lead for watch in known.watches.all() if watch.channel == alert.channel]
    leads += [plan.lead] if plan.channel == alert.channel else []
    crossed = alert.threshold_days
    return crossed is not None and any(days < crossed for lead in leads for days in lead)


def _act(ports: Ports, asked: Invocation, ids: Sequence[int], act: AlertAct, done: Mark) -> Reply:
    """Act on alerts by their ids. UsageError for an id that there is not; then nothing is done at all.

    What had ended, or was so already, is shown and stays as it is.
    """
    book = alerting(ports).book
    only_here(find(book, ids), asked)
    changed = {alert.id for alert in act_on(book, ids, act)}
    local = partial(alerting(ports).plan.local, asked.caller.channel)
    alerts, day = find(book, ids), local(act.at).date()
    lines: list[RichText] = []
    for alert in (each.as_local(local) for each in alerts):
        lines.append(line(f"{alert.id}  ", *sentence(alert, day)))
        its_state = state(alert, day)
        lines.append(its_state if alert.id in changed else say_line("already {state}", state=its_state))
        if noted := note(alert):
            lines.append(noted)
    noteless = [alert.id for alert in alerts if alert.is_open] if not act.note else []
    first = headline(done, numbers(alert for alert in alerts if alert.id in changed))
    return Reply(
        kind=asked.command.name,
        headline=first if changed else headline(say("Nothing changed for {alerts}", alerts=numbers(alerts))),
        blocks=(Paragraph(tuple(lines)),),
        buttons=(add_note(noteless),) if noteless and act.action is AlertAction.ACKNOWLEDGE else (),
        data={"changed": sorted(changed), "alerts": [alert_data(alert, ports.matrix) for alert in alerts]},
    )
