"""The weekly digest in words."""

from collections.abc import Iterator, Sequence
from datetime import date

from bot.alerts.digest import WEEK, Digest, HostCounts, ReleaseEnd, WeekCount
from bot.catalogue import message, message_counted, number, say, say_counted
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
    say_line,
    say_line_counted,
)
from bot.chat.rule_wording import WORDING, subject_name
from bot.chat.wording import bounded, day_in_words, day_of_year, distance, joined
from bot.fleet.policy import EVERY_TAG
from bot.fleet.verdicts import PolicyScore

SHOWN = 5
"""So many of each kind."""


def digest_message(digest: Digest) -> Reply:
    """The first line has what ended or ends next; then each in a list, and the hosts in numbers."""
    return Reply(
        kind="digest",
        headline=headline(Strong(say("This week")), *_facts(digest)),
        blocks=tuple(_body(digest)),
        buttons=(Ask(say("Alerts"), "alerts"), Ask(say("Timeline"), "timeline")),
        context=(
            say_line(
                "weekly digest of {day} · {command} ends it",
                day=day_in_words(digest.day),
                command=Typed("digest off"),
            ),
        ),
        data=digest.to_data(),
    )


def _facts(digest: Digest) -> Iterator[str]:
    if ended := digest.ended_this_week:
        yield say("{releases} reached end of life", releases=joined([ending.name for ending in ended]))
    elif digest.next:
        first = digest.next[0]
        yield say("{release} ends next, {distance}", release=first.name, distance=distance(first.day, digest.day))
    else:
        yield say("nothing ends that is known")
    if count := len(digest.unacknowledged):
        yield say_counted(count, "{count} alert that nobody acknowledged", "{count} alerts that nobody acknowledged")


def _body(digest: Digest) -> Iterator[Block]:
    yield Paragraph((line(numbers_in_words(digest.numbers, digest.resolved)),))
    if digest.weeks:
        yield _chart(digest.weeks)
    unacknowledged = [
        say_line(
            "alert {id}, {subject}: {what}, open since {day}",
            id=alert.id,
            subject=Strong(subject_name(alert.rule, alert.name)),
            what=say(WORDING[alert.rule].digest),
            day=day_in_words(alert.opened),
        )
        for alert in digest.unacknowledged
    ]
    for title, items in {
        say("Past their end of life"): _ending_lines(digest.ended, digest.day),
        say("Ends next"): _ending_lines(digest.next, digest.day),
        say("Nobody acknowledged"): unacknowledged,
        say("Known holes that make no alert"): [
            say_line_counted(
                each.holes,
                "{release}: {count} hole, on {hosts} at most",
                "{release}: {count} holes, on {hosts} at most",
                release=Strong(each.name),
                hosts=hosts_in_words(each.hosts),
            )
            for each in digest.quiet
        ],
        say("Approved by the policy"): [_score(score) for score in digest.policy],
    }.items():
        if items:
            yield Bullets(bounded(items, SHOWN), title)


def _chart(weeks: Sequence[WeekCount]) -> Chart:
    """The hosts without security updates, week by week."""
    points = (ChartPoint(day_of_year(week.day), week.eol) for week in weeks)
    gone_by = round((weeks[-1].day - weeks[0].day) / WEEK) + 1
    missing = gone_by - len(weeks)
    note = ""
    if missing > 0:
        note = say_counted(
            missing, "of {count} week between nothing is known", "of {count} weeks between nothing is known"
        )
    return Chart(say("Hosts without security updates"), say("hosts"), tuple(points), note)


def _ending_lines(endings: Sequence[ReleaseEnd], day: date) -> list[RichText]:
    """Releases with the days on which they end, and how many hosts run them."""
    lines = []
    for ending in endings:
        when = f"{day_in_words(ending.day)} ({distance(ending.day, day)})"
        lines.append(line(Strong(ending.name), f", {when}: {hosts_in_words(ending.hosts)}"))
    return lines


def hosts_in_words(count: int) -> str:
    """How many hosts: `no host`, `3 hosts`."""
    return say_counted(count, "{count} host", "{count} hosts") if count else say("no host")


def _score(score: PolicyScore) -> RichText:
    """How many hosts with a tag are approved."""
    text = message("{hosts}: {approved} of {all} ({percent} %)")
    if score.cannot_tell:
        text = message("{hosts}: {approved} of {all} ({percent} %), {untold} cannot be told")
    return say_line(
        text,
        hosts=Strong(say("all hosts") if score.tag == EVERY_TAG else score.tag),
        approved=number(score.approved),
        all=number(score.hosts),
        percent=100 * score.approved // score.hosts,
        untold=number(score.cannot_tell),
    )


def numbers_in_words(numbers: HostCounts, resolved: int = 0) -> str:
    """The hosts in numbers; what is zero is left out."""
    counts = numbers._asdict()
    parts = [say_counted(counts[name], *forms) for name, forms in _COUNTS.items() if counts[name]]
    what = ", ".join(parts) or say("all is well")
    sentences = [
        say_counted(numbers.hosts, "{count} host: {what}.", "{count} hosts: {what}.", what=what)
        if numbers.hosts
        else say("No hosts yet.")
    ]
    if resolved:
        sentences.append(
            say_counted(resolved, "{count} alert resolved this week.", "{count} alerts resolved this week.")
        )
    return " ".join(sentences)


_COUNTS = {
    "eol": message_counted("{count} past its end of life", "{count} past their end of life"),
    "weak": message_counted("{count} without full support", "{count} without full support"),
    "unknown": message_counted("{count} of an unknown version", "{count} of an unknown version"),
    "unreachable": message_counted("{count} unreachable", "{count} unreachable"),
    "advisory": message_counted("{count} with known holes", "{count} with known holes"),
    "restart": message_counted(
        "{count} waiting for a restart for more than a week", "{count} waiting for a restart for more than a week"
    ),
    "old_updates": message_counted("{count} with updates that are too old", "{count} with updates that are too old"),
    "licence": message_counted("{count} with a licence that ends", "{count} with a licence that ends"),
    "certificate": message_counted("{count} with a certificate that ends", "{count} with a certificate that ends"),
    "off": message_counted("{count} off", "{count} off"),
}
"""What the counts of a HostCounts are of, in the order in which they are told."""
