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
    issue = _by_id(ports.matrix, asked.words)
    if issue:
        return _one(issue, asked.day)
    if not asked.words.strip():
        return _all(ports.matrix, asked.day)
    query, day = read(ports, asked)
    if query.releases:
        return _of(ports.matrix, query.releases, day, 0 if query.outcome == "assessed" else 3)
    ids = near(asked.words, (issue.id for issue in ports.matrix.issues))
    if not ids and any(part.product or part.suggestions for part in query.parts if part.outcome != "unknown_product"):
        return _told(unknown_reply(query, day), day, ports.matrix, (), exit_status=3)
    near_ones = f" Near: {', '.join(ids)}." if ids else ""
    first = line(f'I know no issue and no release "{shown(asked.words)}".{near_ones}')
    asks = (*(Ask(name, f"issues {name}") for name in ids[:2]), Ask("All issues", "issues"))
    return _told(Reply("unknown_issue", first, buttons=asks), day, ports.matrix, (), exit_status=3)


def _by_id(matrix: Matrix, words: str) -> KnownIssue | None:
    wanted = words.strip().casefold()
    return next((issue for issue in matrix.issues if issue.id.casefold() == wanted), None)


def affected(issue: KnownIssue) -> str:
    """What an issue affects, newest first: "XenServer 7.5, 7.4 (not when ...), XCP-ng 7.4"."""
    named = {product: [_number(r, c) for r, c in issue.affects if r.product is product] for product in Product}
    return "; ".join(f"{product} {', '.join(numbers)}" for product, numbers in named.items() if numbers)


def _number(release: Release, condition: str) -> str:
    return f"{release.number} ({condition})" if condition else release.number


def _one(issue: KnownIssue, day: date) -> Reply:
    facts: list[RichText] = [line(Strong("Affects: "), affected(issue))]
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


def _all(matrix: Matrix, day: date) -> Reply:
    count = len(matrix.issues)
    more = Paragraph((line(Typed("issues ID"), " has more of each."),))
    first = headline(Strong("Known issues"), f"{count} of them")
    shape = Reply("issues", first, (*_grouped(matrix.issues, None), more), (Share("issues"),))
    return _told(shape, day, matrix, matrix.issues)


def _of(matrix: Matrix, releases: tuple[Release, ...], day: date, exit_status: int) -> Reply:
    found = tuple({issue.id: issue for release in releases for issue in matrix.issues_of(release)}.values())
    names = ", ".join(release.name(day) for release in releases)
    only = releases[0] if len(releases) == 1 else None
    first = headline(Strong(names), f"{len(found)} known issues" if found else "no known issue")
    words = ", ".join(release.base_name for release in releases)
    shape = Reply("issues", first, _grouped(found, only), (Ask("Verdict", words), Share(f"issues {words}")))
    return _told(shape, day, matrix, found, exit_status)


def _told(shape: Reply, day: date, matrix: Matrix, issues: tuple[KnownIssue, ...], exit_status: int = 0) -> Reply:
    data = {"as_of": day.isoformat(), "issues": [_data(issue) for issue in issues]}
    return shape._replace(context=context(matrix, day), data=data, exit_status=exit_status)
