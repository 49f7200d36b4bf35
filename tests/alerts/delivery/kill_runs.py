"""A sender is killed again and again while calls go wrong, until everything is sent; then what came of it."""

from collections import Counter
from random import Random
from typing import NamedTuple

from bot.alerts.delivery.outbox import DeliveryKind
from bot.store.outbox import SqlOutbox
from tests.acceptance.waiting import until
from tests.alerts.delivery.kills import KillMoment, KillSwitch, PlannedKill, random_kill
from tests.alerts.delivery.queue import Queue
from tests.alerts.delivery.senders import PACE, Place, Run, right, started
from tests.alerts.delivery.slack import Slack
from tests.alerts.delivery.weather import Calm, Foul

CHANNELS = ("C0000001", "C0000002", "C0000003", "C0000004")
SHARE = 0.12
"""So many calls go wrong in foul weather."""


class Result(NamedTuple):
    """What came of it: keys that are nowhere, keys that are there more than once, channels that are out of order."""

    lost: frozenset[str]
    doubled: frozenset[str]
    disordered: tuple[str, ...]


ALL_WELL = Result(frozenset(), frozenset(), ())


class KillPlan(NamedTuple):
    """How hard it is: kills, whether calls go wrong, and whether messages depend on each other."""

    kills: int
    foul: bool = True
    threads: bool = True


def run_with_kills(run: Run, queue: Queue, slack: Slack, random: Random, plan: KillPlan) -> Result:
    """Queue messages and kill senders until that many died, then let one finish."""
    weather = Foul(random, SHARE) if plan.foul else Calm()
    slack.weather = switch = KillSwitch(weather)
    died = 0
    top_up(queue, random, plan.threads)
    while died < plan.kills:
        top_up(queue, random, plan.threads)
        kill = random_kill(random, [*KillMoment][died % len(KillMoment)], PACE.lease + 0.1)
        died += _run_one(run, Place(queue.url, slack.api, f"sender {died}"), switch, kill, slack)
    slack.weather = weather
    last = started(run, Place(queue.url, slack.api, "the last"))
    try:
        wait_until_sent(queue)
        if run is not right:  # it ends by itself; one that marks before it posts still has to post
            last.join(30)
    finally:
        last.kill()
        last.join()
    slack.settle()
    return result_of(queue, slack)


def wait_until_sent(queue: Queue) -> None:
    outbox = SqlOutbox(queue.database)
    until(lambda: not outbox.states(), 30, "all sent")


def _run_one(run: Run, place: Place, switch: KillSwitch, kill: PlannedKill, slack: Slack) -> bool:
    """Whether a sender was killed; one that found nothing more to do just ends."""
    victim = started(run, place)
    switch.arm(kill, victim)
    victim.join(kill.seconds)
    victim.kill()
    victim.join()
    switch.disarm()
    slack.settle()
    return bool(victim.exitcode)


def top_up(queue: Queue, random: Random, threads: bool = True) -> None:
    """More work: digests, and a bulletin with all that may follow it."""
    if threads:
        bulletin = queue.bulletin(channel := random.choice(CHANNELS))
        for kind in (DeliveryKind.THREAD_UPDATE, DeliveryKind.EDIT, DeliveryKind.THREAD_UPDATE):
            queue.message(kind, channel, bulletin)
    for channel in random.sample(CHANNELS, 2 if threads else 4):
        queue.message(DeliveryKind.DIGEST, channel)


def result_of(queue: Queue, slack: Slack) -> Result:
    """Holds what is in the channels against what was queued."""
    lost: set[str] = set()
    doubled: set[str] = set()
    disordered = []
    for channel in CHANNELS:
        rows, messages = queue.rows(channel), slack.room(channel).messages
        wanted = [row.key for row in rows if row.kind != DeliveryKind.EDIT]
        counts = Counter(each.key for each in messages if each.key)
        edits = {text.split()[1] for each in messages for text in each.edits}
        lost |= {*wanted} - {*counts} | {row.key for row in rows if row.kind == DeliveryKind.EDIT} - edits
        doubled |= {key for key, count in counts.items() if count > 1}
        if [key for key in counts if key in wanted] != [key for key in wanted if key in counts]:
            disordered.append(channel)
    return Result(frozenset(lost), frozenset(doubled), tuple(disordered))
