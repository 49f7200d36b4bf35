"""The weekly digest in words."""

from collections.abc import Iterator, Sequence
from datetime import date

from bot.alerts.digest import WEEK, Digest, HostCounts, ReleaseEnd, WeekCount
from bot.chat.reply import (
    Ask,
    Block,
    Bullets,
    Chart,
    ChartPoint,
    Paragraph,
    Reply,
    RichText,
    Strong,
    Typed,
    headline,
    line,
)
from bot.chat.rule_wording import WORDING
from bot.chat.wording import bounded, counted, day_in_words, distance
from bot.fleet.policy import EVERY_TAG
from bot.fleet.verdicts import PolicyScore

SHOWN = 5
"""So many of each kind."""


def digest_message(digest: Digest) -> Reply:
    """The first line has what ended or ends next; then each in a list, and the hosts in numbers."""
    return Reply(
        kind="digest",
        headline=headline(Strong("This week"), *_facts(digest)),
        blocks=tuple(_body(digest)),
        buttons=(Ask("Alerts", "alerts"), Ask("Timeline", "timeline")),
        context=(line(f"weekly digest of {day_in_words(digest.day)} · ", Typed("digest off"), " ends it"),),
        data=digest.to_data(),
    )


def _facts(digest: Digest) -> Iterator[str]:
    if ended := digest.ended_this_week:
        yield f"{' and '.join(ending.name for ending in ended)} reached end of life"
    elif digest.next:
        yield f"{digest.next[0].name} ends next, {distance(digest.next[0].day, digest.day)}"
    else:
        yield "nothing ends that is known"
    if count := len(digest.unacknowledged):
        yield f"{counted(count, 'alert')} that nobody acknowledged"


def _body(digest: Digest) -> Iterator[Block]:
    yield Paragraph((line(numbers_in_words(digest.numbers, digest.resolved)),))
    if digest.weeks:
        yield _chart(digest.weeks)
    unacknowledged = [
        line(
            f"alert {alert.id}, ",
            Strong(alert.name),
            f": {WORDING[alert.rule].digest}, open since {day_in_words(alert.opened)}",
        )
        for alert in digest.unacknowledged
    ]
    for title, items in {
        "Past their end of life": _ending_lines(digest.ended, digest.day),
        "Ends next": _ending_lines(digest.next, digest.day),
        "Nobody acknowledged": unacknowledged,
        "Known holes that make no alert": [
            line(Strong(each.name), f": {counted(each.holes, 'hole')}, on {counted(each.hosts, 'host')} at most")
            for each in digest.quiet
        ],
        "Approved by the policy": [_score(score) for score in digest.policy],
    }.items():
        if items:
            yield Bullets(bounded(items, SHOWN), title)


def _chart(weeks: Sequence[WeekCount]) -> Chart:
    """The hosts without security updates, week by week."""
    points = (ChartPoint(day_in_words(week.day).rpartition(" ")[0], week.eol) for week in weeks)
    gone_by = round((weeks[-1].day - weeks[0].day) / WEEK) + 1
    missing = gone_by - len(weeks)
    note = f"of {counted(missing, 'week')} between nothing is known" if missing > 0 else ""
    return Chart("Hosts without security updates", "hosts", tuple(points), note)


def _ending_lines(endings: Sequence[ReleaseEnd], day: date) -> list[RichText]:
    """Releases with the days on which they end, and how many hosts run them."""
    lines = []
    for ending in endings:
        hosts = counted(ending.hosts, "host") if ending.hosts else "no host"
        when = f"{day_in_words(ending.day)} ({distance(ending.day, day)})"
        lines.append(line(Strong(ending.name), f", {when}: {hosts}"))
    return lines


def _score(score: PolicyScore) -> RichText:
    """How many hosts with a tag are approved."""
    name = "all hosts" if score.tag == EVERY_TAG else score.tag
    untold = f", {score.cannot_tell:,} cannot be told" if score.cannot_tell else ""
    share = f"{score.approved:,} of {score.hosts:,} ({100 * score.approved // score.hosts} %)"
    return line(Strong(name), f": {share}{untold}")


def numbers_in_words(numbers: HostCounts, resolved: int = 0) -> str:
    """The hosts in numbers; what is zero is left out."""
    parts = {
        "past their end of life": numbers.eol,
        "without full support": numbers.weak,
        "of an unknown version": numbers.unknown,
        "unreachable": numbers.unreachable,
        "with known holes": numbers.advisory,
        "waiting for a restart for more than a week": numbers.restart,
        "with updates that are too old": numbers.old_updates,
        "with a licence that ends": numbers.licence,
        "with a certificate that ends": numbers.certificate,
        "off": numbers.off,
    }
    said = ", ".join(f"{number} {words}" for words, number in parts.items() if number) or "all is well"
    ended = f" {counted(resolved, 'alert')} resolved this week." if resolved else ""
    return f"{counted(numbers.hosts, 'host')}: {said}.{ended}" if numbers.hosts else f"No hosts yet.{ended}"
