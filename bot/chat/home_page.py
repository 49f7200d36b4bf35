"""What somebody sees who opens the bot's own page: what it is, the fleet, open alerts, what ends next, what to type.

Each part is shown to people who may see it; `lookup` alone shows what ends next and how to ask.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from bot.alerts.alert import Alert
from bot.catalogue import say
from bot.chat.alert_context import worst_first
from bot.chat.alert_messages import alert_message, numbers, reason
from bot.chat.command import Ports, Right, Watched
from bot.chat.commands import ALERTS, CHECK, FLEET, PROBE, SWEEP, TIMELINE, UPGRADE, WATCH
from bot.chat.commands.alerts import alerts_line
from bot.chat.commands.fleet import fleet_line, last_sweep, states_of, unanswering
from bot.chat.commands.sites import sites_line
from bot.chat.commands.timeline import ends_next
from bot.chat.hosts import hosts_with_verdicts
from bot.chat.interpret import interpret
from bot.chat.reply import Ask, Block, ChannelName, Paragraph, Pick, Reply, RichText, Strong, Typed, line, with_code
from bot.chat.wording import counted, day_in_words, distance, with_more
from bot.errors import UnavailableError
from bot.fleet.verdicts import HostVerdict
from bot.matrix.assess import assess
from bot.matrix.release import Product
from bot.text import shown

ALERTS_SHOWN = 10
"""Messages of channels that are shown, the worst first."""

NAMED = 5
"""Of targets without an answer, and of what ends next."""


def home_page(ports: Ports, rights: frozenset[Right], now: datetime, lacking: RichText) -> tuple[Reply, ...]:
    """The parts of the page, in their order. `lacking` says what is not shown, and why; it may be empty.

    Where the database can't be reached, the page says so in the place of what it holds.
    """
    day = now.date()
    listed: list[HostVerdict] = []
    parts: list[Reply] = [_about(ports, rights)]
    if Right.FLEET in rights:
        try:
            if ports.watched:
                listed = hosts_with_verdicts(ports, ports.watched, day)
                parts.append(_fleet(ports.watched, listed))
            if ports.alerting:
                parts += _alerts(ports, ports.alerting.book.open(), rights, now)
        except UnavailableError as error:
            parts.append(Reply("unavailable", with_code(str(error))))
    return (*parts, _ends_next(ports, listed, day), _to_type(rights, lacking))


def _about(ports: Ports, rights: frozenset[Right]) -> Reply:
    """What the bot is, with a button for each thing that needs no words."""
    said = line("I say whether XCP-ng and XenServer hosts are fine with Xen Orchestra, and until when.")
    there = (
        (Pick(CHECK.name, "Check a release"), True),
        (Pick(PROBE.name, "Probe a host"), ports.fleet is not None and PROBE.right in rights),
        (Ask("Sweep now", SWEEP.name), ports.watched is not None and SWEEP.right in rights),
        (Pick(WATCH.name, "Watch a release"), ports.alerting is not None and WATCH.right in rights),
    )
    return Reply("about", said, buttons=tuple(button for button, is_there in there if is_there))


def _fleet(watched: Watched, listed: Sequence[HostVerdict]) -> Reply:
    said = fleet_line(listed, len(listed), "", watched)
    blocks: tuple[Block, ...] = ()
    if watched.sites and (known := watched.sites()).sites:
        blocks = (Paragraph((sites_line(len(known.sites), len(known.silent(watched.clock()))),)),)
    if silent := unanswering(watched, states_of(watched)):
        count = f"{len(silent):,} of {len(watched.sources):,} targets without an answer"
        named = with_more([shown(source.name) for source in silent], NAMED)
        blocks = (*blocks, Paragraph((line(f"{count}: {named}."),)))
    return Reply("fleet", said, blocks, context=(last_sweep(watched),))


def _alerts(ports: Ports, alerts: Sequence[Alert], rights: frozenset[Right], now: datetime) -> Iterator[Reply]:
    """How many there are, then each channel's messages, the worst first: alerts of a subject share one."""
    together: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in worst_first(alerts):
        together[alert.channel, alert.subject.key].append(alert)
    messages = list(together.values())  # each group stands where its worst alert does
    rest = line("The worst are below; ", Typed("alerts"), " shows more.")
    yield Reply("alerts", alerts_line(alerts), (Paragraph((rest,)),) if len(messages) > ALERTS_SHOWN else ())
    for group in messages[:ALERTS_SHOWN]:
        message = alert_message(group, now.date(), now, ports.matrix)
        buttons = tuple(button for button in message.buttons if interpret(button.words)[0].right in rights)
        first = group[0]
        context = line(f"{reason(first, first.reason)} · {numbers(group)} · ", ChannelName(first.channel))
        yield message._replace(buttons=buttons, context=(context,))


def _ends_next(ports: Ports, listed: Sequence[HostVerdict], day: date) -> Reply:
    """What loses its security updates next, and how many hosts run it as far as that is known."""
    matrix = ports.matrix
    ending = ends_next(assess(matrix, release, day) for product in Product for release in matrix.of(product))
    hosts = Counter(a.name for each in listed if (a := each.assessment))
    lines = tuple(
        line(
            "• ",
            Strong(each.name),
            f"  {day_in_words(each.day)} ({distance(each.day, day)})",
            f": {counted(hosts[each.name], 'host')}" if hosts[each.name] else "",
        )
        for each in ending[:NAMED]
    )
    return Reply("ends_next", line(Strong("What ends next")), (Paragraph(lines or (line("Nothing that is known."),)),))


_TO_TYPE = (CHECK, UPGRADE, TIMELINE, PROBE, FLEET, ALERTS, SWEEP, WATCH)


def _to_type(rights: frozenset[Right], lacking: RichText) -> Reply:
    """An example of each command that the person may run."""
    lines: list[RichText] = []
    for spec in _TO_TYPE:
        if spec.right in rights:
            typed = spec.name if spec.picks else spec.examples[0][0]
            lines.append(line(Typed(typed), f"  {say(spec.about)}"))
    lines.append(line(Typed("help"), "  all that there is to ask"))
    first = line(Strong("What to type, in any channel"))
    return Reply("to_type", first, (Paragraph(tuple(lines)),), context=(lacking,))
