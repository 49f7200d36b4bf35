"""`issues [ID | RELEASE]`: known issues, with what they affect, what fixed them, what helps, and links."""

from datetime import date

from bot.chat.command import Invocation, Ports
from bot.chat.commands.check import issue_line
from bot.chat.data import Data, issue_data
from bot.chat.lookup import context, read, unknown_reply
from bot.chat.reply import (
    Ask,
    Block,
    Bullets,
    Link,
    Paragraph,
    Reply,
    RichText,
    Share,
    Strong,
    Typed,
    headline,
    line,
    with_code,
)
from bot.chat.wording import nearest
from bot.matrix.issue import IssueKind, KnownIssue
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.text import near, shown

_TITLES = {
    IssueKind.LIVE: "Known issues",
    IssueKind.GOOD_TO_KNOW: "Good to know",
    IssueKind.UPGRADE_BLOCKER: "In the way of an upgrade",
    IssueKind.FIXED_IN_XO: "Gone with a current Xen Orchestra",
}


def run(ports: Ports, asked: Invocation) -> Reply:
    """One issue in full, those of a release, or all in brief."""
    matrix, wanted = ports.matrix, asked.words.strip().casefold()
    if issue := next((issue for issue in matrix.issues if issue.id.casefold() == wanted), None):
        return _one(issue, asked.day)
    if not wanted:
        more = Paragraph((line(Typed("issues ID"), " has more of each."),))
        first = headline(Strong("Known issues"), f"{len(matrix.issues)} of them")
        reply = Reply("issues", first, (*_grouped(matrix.issues, None), more), (Share("issues"),))
        return _of_day(reply, asked.day, matrix, matrix.issues)
    query, day = read(ports, asked)
    if query.releases:
        return _of_releases(matrix, query.releases, day, 0 if query.outcome == "assessed" else 3)
    ids = near(asked.words, (issue.id for issue in matrix.issues))
    if not ids and any(part.product or part.suggestions for part in query.parts if part.outcome != "unknown_product"):
        return _of_day(unknown_reply(query, day), day, matrix, (), exit_status=3)
    first = line(f'I know no issue and no release "{shown(asked.words)}".{nearest(ids)}')
    asks = (*(Ask(name, f"issues {name}") for name in ids[:2]), Ask("All issues", "issues"))
    return _of_day(Reply("unknown_issue", first, buttons=asks), day, matrix, (), exit_status=3)


def _one(issue: KnownIssue, day: date) -> Reply:
    """An issue in full; what it affects is the newest first: "XenServer 7.5, 7.4 (not when ...), XCP-ng 7.4"."""
    affected: dict[Product, list[str]] = {product: [] for product in Product}
    for release, condition in issue.affects:
        affected[release.product].append(f"{release.number} ({condition})" if condition else release.number)
    named = "; ".join(f"{product} {', '.join(numbers)}" for product, numbers in affected.items() if numbers)
    facts: list[RichText] = [line(Strong("Affects: "), named)]
    if issue.fixed_in:
        facts.append((*line(Strong("Fixed in: ")), *with_code(issue.fixed_in)))
    if issue.mitigation:
        facts.append((*line(Strong("What helps: ")), *with_code(issue.mitigation)))
    links = tuple(line(Link(link.title, link.url) if link.url else link.title) for link in issue.links)
    return Reply(
        kind="issue",
        headline=(*headline(Strong(issue.id), ""), *with_code(issue.summary)),
        blocks=(Paragraph((with_code(issue.details),)), Paragraph(tuple(facts)), Bullets(links, "Links")),
        buttons=(Share(f"issues {issue.id}"),),
        data={"as_of": day.isoformat(), "issues": [_data(issue)]},
    )


def _data(issue: KnownIssue) -> Data:
    return {
        **issue_data(issue),
        "kind": issue.kind.value,
        "details": issue.details.replace("`", ""),
        "affects": [
            {"product": release.product.value, "release": release.number, "condition": condition or None}
            for release, condition in issue.affects
        ],
        "fixed_in": issue.fixed_in,
        "mitigation": issue.mitigation,
        "links": [{"title": link.title, "url": link.url} for link in issue.links],
    }


def _grouped(issues: tuple[KnownIssue, ...], release: Release | None) -> tuple[Block, ...]:
    kinds = {kind: [issue for issue in issues if issue.kind is kind] for kind in _TITLES}
    return tuple(
        Bullets(tuple((*line(Strong(issue.id), ": "), *issue_line(issue, release)) for issue in found), _TITLES[kind])
        for kind, found in kinds.items()
        if found
    )


def _of_releases(matrix: Matrix, releases: tuple[Release, ...], day: date, exit_status: int) -> Reply:
    found = tuple({issue.id: issue for release in releases for issue in matrix.issues_of(release)}.values())
    names = ", ".join(release.name(day) for release in releases)
    only = releases[0] if len(releases) == 1 else None
    first = headline(Strong(names), f"{len(found)} known issues" if found else "no known issue")
    words = ", ".join(release.base_name for release in releases)
    reply = Reply("issues", first, _grouped(found, only), (Ask("Verdict", words), Share(f"issues {words}")))
    return _of_day(reply, day, matrix, found, exit_status)


def _of_day(reply: Reply, day: date, matrix: Matrix, issues: tuple[KnownIssue, ...], exit_status: int = 0) -> Reply:
    """The reply with the day that it is about, and the issues as values."""
    data = {"as_of": day.isoformat(), "issues": [_data(issue) for issue in issues]}
    return reply._replace(context=context(matrix, day), data=data, exit_status=exit_status)
