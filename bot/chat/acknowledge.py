"""Doing something about alerts, and saying what came of it: for `ack` and `snooze`."""

from collections.abc import Iterator, Sequence

from bot.alerts.alert import Alert
from bot.alerts.ports import AlertAct
from bot.chat.alert_context import alert_data, alerting, find, only_here
from bot.chat.alert_messages import numbers, sentence, state
from bot.chat.command import Invocation, Ports
from bot.chat.reply import Mark, Paragraph, Reply, RichText, headline, line


def act_on(ports: Ports, asked: Invocation, ids: Sequence[int], act: AlertAct, done: Mark) -> Reply:
    """Act on alerts by their ids. UsageError for an id that there is not; then nothing is done at all.

    What had ended, or was so already, is told and stays as it is.
    """
    book = alerting(ports).book
    only_here(find(alerting(ports), ids), asked)
    changed = {alert.id for alert in book.act(ids, act)}
    alerts = find(alerting(ports), ids)
    lines = tuple(line for alert in alerts for line in _told(alert, alert.id in changed, asked))
    return Reply(
        kind=asked.command.name,
        headline=_first(alerts, changed, done),
        blocks=(Paragraph(lines),),
        data={
            "changed": sorted(changed),
            "alerts": [alert_data(alert, ports.matrix) for alert in alerts],
        },
    )


def _first(alerts: Sequence[Alert], changed: set[int], done: Mark) -> RichText:
    if not changed:
        return headline(f"Nothing changed for {numbers(alerts)}")
    return headline(done, numbers(alert for alert in alerts if alert.id in changed))


def _told(alert: Alert, changed: bool, asked: Invocation) -> Iterator[RichText]:
    yield line(f"{alert.id}  ", *sentence(alert, asked.day))
    already = "" if changed else "already "
    yield line(already, *state(alert))
