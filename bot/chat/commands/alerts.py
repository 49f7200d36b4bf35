"""`alerts [all | ID ...]`: what is open, and what was done about it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.alerts.alert import Alert, AlertState
from bot.alerts.delivery.outbox import ChannelState
from bot.chat.alert_context import alert_data, alerting, find, moment, read_ids, worst_first
from bot.chat.alert_messages import alert_message, hosts_by_pool, reason, sentence, state
from bot.chat.command import Alerting, Invocation, Ports
from bot.chat.interpret import interpret
from bot.chat.reply import (
    Act,
    Ask,
    Block,
    ChannelName,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Strong,
    Table,
    headline,
    line,
)
from bot.chat.wording import day_in_words
from bot.query.text import plain

KEPT = timedelta(days=400)
"""How far back alerts that ended are kept."""

IN_FULL = 25
"""More alerts than this: the worst ones, and how many more there are."""

HOSTS_IN_FULL = 200


def run(ports: Ports, asked: Invocation) -> Reply:
    """All open alerts, the worst first; `all` has those that ended, too, and ids choose some."""
    known, words = alerting(ports), plain(asked.words).casefold()
    if words not in ("", "all", "open"):
        return _some(ports, asked, find(known, read_ids(words, "alerts 17")))
    alerts = worst_first(known.book.open())
    ended = known.book.resolved(moment(known, asked) - KEPT) if words == "all" else ()
    return _list(ports, asked, [*alerts, *reversed(ended)], _stopped(known))


def _stopped(known: Alerting) -> tuple[ChannelState, ...]:
    """Channels whose messages Slack does not take until somebody has mended something."""
    return tuple(state for state in known.outbox.states() if state.stopped) if known.outbox else ()


def _list(ports: Ports, asked: Invocation, alerts: Sequence[Alert], stopped: Sequence[ChannelState]) -> Reply:
    return Reply(
        kind="alerts",
        headline=alerts_line(alerts),
        blocks=(*_untold(stopped), *_body(asked, alerts)),
        buttons=() if asked.words.strip() else (Ask("Those that ended, too", "alerts all"),),
        context=(line(f"As of {day_in_words(asked.day)}"),),
        data={
            "as_of": asked.day.isoformat(),
            "alerts": [alert_data(alert, ports.matrix) for alert in alerts],
            "stopped": [{"channel": s.channel, "pending": s.pending, "why": s.stopped} for s in stopped],
        },
    )


def alerts_line(alerts: Sequence[Alert]) -> RichText:
    """How many are open, and how many of them somebody knows of."""
    states = [alert.state for alert in alerts]
    count = sum(one is not AlertState.RESOLVED for one in states)
    named = (AlertState.ACKNOWLEDGED, AlertState.SNOOZED, AlertState.RESOLVED)
    facts = [f"{states.count(one)} {one}" for one in named if one in states]
    if not count:
        return headline(Mark("✅", "no open alerts"), *facts)
    return headline(Strong("1 open alert" if count == 1 else f"{count} open alerts"), *facts)


def _untold(stopped: Sequence[ChannelState]) -> Iterator[Block]:
    if stopped:
        mark = Mark("⚠️", "not delivered")
        yield Paragraph(
            tuple(line(mark, ": ", ChannelName(s.channel), f" ({_waits(s)}). {s.stopped}.") for s in stopped)
        )


def _waits(state: ChannelState) -> str:
    return "1 message waits" if state.pending == 1 else f"{state.pending} messages wait"


def _body(asked: Invocation, alerts: Sequence[Alert]) -> Iterator[Block]:
    if alerts:
        rows = tuple(_row(asked, alert) for alert in alerts[:IN_FULL])
        yield Table(("Alert", "What", "Hosts", "State", "Channel"), rows)
    if len(alerts) > IN_FULL:
        yield Paragraph((line(f"{len(alerts) - IN_FULL} more are not shown; `--json` in a shell has all of them."),))


def _row(asked: Invocation, alert: Alert) -> tuple[RichText, ...]:
    count = hosts_by_pool(alert.hosts, 3)
    return (
        line(str(alert.id)),
        sentence(alert, asked.day),
        line(count),
        state(alert),
        line(ChannelName(alert.channel)),
    )


def _some(ports: Ports, asked: Invocation, alerts: Sequence[Alert]) -> Reply:
    """Alerts in full: what the channel's message says of them, and every host by pool."""
    known = alerting(ports)
    shown = alert_message(alerts, asked.day, moment(known, asked), ports.matrix)
    buttons = tuple(b for b in shown.buttons if not (isinstance(b, Act) and interpret(b.words)[0] is asked.command))
    return shown._replace(kind="alert", blocks=(*shown.blocks, *_facts(alerts)), buttons=buttons)


def _facts(alerts: Sequence[Alert]) -> Iterator[Block]:
    for alert in alerts:
        told = f", {reason(alert, alert.reason)}, told first on {day_in_words(alert.opened_at.date())}"
        yield Paragraph((line(Strong(f"Alert {alert.id}"), " in ", ChannelName(alert.channel), told),))
    together = {host.uuid: host for alert in alerts for host in alert.hosts}
    hosts = sorted(together.values(), key=lambda host: (host.pool, host.name))
    if hosts:
        yield Table(("Host", "Pool"), tuple((line(h.name), line(h.pool)) for h in hosts[:HOSTS_IN_FULL]))
    if len(hosts) > HOSTS_IN_FULL:
        more = len(hosts) - HOSTS_IN_FULL
        yield Paragraph((line(f"{more} more hosts are not shown; `--json` in a shell has all of them."),))
