"""`fleet [WORDS]`: all watched hosts with their verdicts, the worst first, as they were last seen. Nobody is asked."""

from collections.abc import Iterator, Sequence
from datetime import date

from bot.chat.command import Invocation, Ports, Right, Watched
from bot.chat.filter import STATES, FleetFilter, fleet_filter, take_words
from bot.chat.fleet_summary import (
    States,
    fleet_line,
    hosts_in_words,
    last_sweep,
    silent,
    sources_data,
    states_of,
    sweep_data,
)
from bot.chat.hosts import Listed, fleet_data, hosts_with_verdicts, row, watched_of
from bot.chat.lookup import context
from bot.chat.reply import (
    Ask,
    Block,
    Button,
    Code,
    Paragraph,
    Plain,
    Reply,
    RichText,
    Share,
    Strong,
    Table,
    Typed,
    line,
)
from bot.chat.verdict import next_step
from bot.matrix.wording import moment_in_words
from bot.query.text import shown

IN_FULL = 50
"""More hosts than this: the worst ones, how many more there are, and how to see them."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """The hosts for which all words hold, or what words there are."""
    watched = watched_of(ports)
    words, named_day = take_words(asked.words)
    day = named_day or asked.day
    every = hosts_with_verdicts(ports, watched, day)
    narrow = fleet_filter(ports.reader, words, every, watched.sources)
    if narrow.unknown:
        return _unknown(narrow, watched, day)
    listed = [each for each in every if narrow.holds(each)]
    states = states_of(watched)
    return Reply(
        kind="fleet",
        headline=fleet_line(listed, len(every), shown(words), watched),
        blocks=tuple(_body(listed, watched, states, is_whole=not words)),
        buttons=tuple(_buttons(asked, bool(listed))),
        context=(last_sweep(watched), *context(ports.matrix, day)),
        data={
            "as_of": day.isoformat(),
            "hosts": fleet_data(listed, day),
            "targets": sources_data(watched, states),
            "sweep": sweep_data(watched),
        },
        assessed=tuple({a.name: a for each in listed if (a := each.judged.assessment)}.values()),
    )


def _body(listed: Sequence[Listed], watched: Watched, states: States, *, is_whole: bool) -> Iterator[Block]:
    if listed:
        yield Table(("Host", "Runs", "Verdict", "Pool", ""), tuple(map(_row, listed[:IN_FULL])))
        if (more := len(listed) - IN_FULL) > 0:
            rest = "1 more host is" if more == 1 else f"{more} more hosts are"
            how = " no worse than these. Narrow it down, as in "
            yield Paragraph(
                (line(rest, how, Typed("fleet eol lab"), "; in a shell ", Code("xocompat export"), " has all."),)
            )
        yield from _next_step(listed)
    if is_whole:
        yield from silent(watched, states)


def _row(listed: Listed) -> tuple[RichText, ...]:
    name, runs, verdict, remarks = row(listed.judged)
    away = listed.watched.unreachable_since
    missing = f"{', ' if remarks and remarks[0].text else ''}not seen since {moment_in_words(away)}" if away else ""
    return (name, runs, verdict, line(shown(listed.pool)), (*remarks, Plain(missing)) if missing else remarks)


def _next_step(listed: Sequence[Listed]) -> Iterator[Block]:
    """What to do about the worst release, and on how many hosts."""
    needy = (a for each in listed if (a := each.judged.assessment) and not a.recommendation.is_nothing)
    if worst := next(needy, None):
        count = sum((a := each.judged.assessment) is not None and a.name == worst.name for each in listed)
        step = next_step(worst.recommendation, worst.release, worst.on)
        said = f"{worst.name} ({hosts_in_words(count)}): {step}"
        yield Paragraph((line(Strong("Next step: "), said),))


def _buttons(asked: Invocation, has_hosts: bool) -> Iterator[Button]:
    if Right.OPERATE in asked.rights:
        yield Ask("Sweep now", "sweep")
    if has_hosts:
        yield Share(f"fleet {asked.words}".strip())


def _unknown(narrow: FleetFilter, watched: Watched, day: date) -> Reply:
    words = " and ".join(f'"{word}"' for word in narrow.unknown[:3])
    close = f" Near: {', '.join(narrow.near)}." if narrow.near else ""
    tags = sorted({tag for source in watched.sources for tag in source.tags})
    a_tag = f"a tag ({', '.join(tags[:5])}{', …' if len(tags) > 5 else ''})" if tags else "a tag"
    allowed = f"{', '.join(STATES)}, {a_tag}, a pool, a target, a host, a product or a release such as XCP-ng 8.2"
    return Reply(
        kind="fleet_unknown",
        headline=line(f"I can't narrow the fleet down by {words}.{close}"),
        blocks=(Paragraph((line(f"There are: {allowed}. Of several words all must hold."),)),),
        buttons=(*(Ask(f"fleet {name}", f"fleet {name}") for name in narrow.near[:2]), Ask("Whole fleet", "fleet")),
        data={
            "as_of": day.isoformat(),
            "hosts": [],
            "unknown": list(narrow.unknown),
            "suggestions": list(narrow.near),
        },
        exit_status=3,
        assessed=(),
    )
