"""`ack ID ...`: acknowledge alerts."""

from bot.alerts.ports import Act, Action
from bot.chat.acting import act_on
from bot.chat.alerting import alerting, moment, read_ids
from bot.chat.command import Invocation, Ports
from bot.chat.reply import Mark, Reply


def run(ports: Ports, asked: Invocation) -> Reply:
    """Acknowledge alerts in the asker's name; whoever did so first stays named."""
    known = alerting(ports)
    ids = read_ids(asked.words, "ack 17")
    act = Act(Action.ACKNOWLEDGE, asked.caller.name, moment(known, asked))
    return act_on(ports, asked, ids, act, Mark("👍", "acknowledged"))
