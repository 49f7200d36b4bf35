"""`ack ID ...`: acknowledge alerts."""

from bot.alerts.ports import AlertAct, AlertAction
from bot.chat.acknowledge import act_on
from bot.chat.alert_context import alerting, moment, read_ids
from bot.chat.command import Invocation, Ports
from bot.chat.reply import Mark, Reply


def run(ports: Ports, asked: Invocation) -> Reply:
    """Acknowledge alerts in the asker's name; whoever did so first stays named."""
    known = alerting(ports)
    ids = read_ids(asked.words, "ack 17")
    act = AlertAct(AlertAction.ACKNOWLEDGE, asked.caller.name, moment(known, asked))
    return act_on(ports, asked, ids, act, Mark("👍", "acknowledged"))
