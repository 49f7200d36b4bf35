"""`issues [ID | ERROR_CODE | RELEASE]`: known issues, with what they affect, what fixed them, what helps, and links."""

import re
from collections.abc import Iterable
from datetime import date

from bot.catalogue import message, say, say_counted
from bot.chat.command import Invocation, Ports
from bot.chat.commands.check import issue_line
from bot.chat.data import Data, issue_data
from bot.chat.lookup import context, read, unknown_reply
from bot.chat.reply import (
    Ask,
    Block,
    Bullets,
    Code,
    Link,
    Paragraph,
    Reply,
    RichText,
    Share,
    Strong,
    Table,
    Typed,
    columns,
    headline,
    labelled,
    line,
    say_line,
    with_code,
)
from bot.chat.wording import nearest, with_more
from bot.matrix.issue import IssueKind, KnownIssue
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.requirement import RequirementKind
from bot.query.query import Outcome, Query
from bot.text import near, shown

_KINDS = {
    IssueKind.LIVE: message("known issue"),
    IssueKind.GOOD_TO_KNOW: message("good to know"),
    IssueKind.SITUATIONAL: message("in some set-ups"),
    IssueKind.UPGRADE_BLOCKER: message("blocks an upgrade"),
    IssueKind.FIXED_IN_XO: message("fixed in Xen Orchestra"),
}
"""In a word or two what an issue is, what matters most first."""

NUMBERS_MAX = 3
"""Releases of a product that a row names."""

_WORD = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_LOOKS_LIKE_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", re.ASCII)


def run(ports: Ports, asked: Invocation) -> Reply:
    """One issue in full, those with an error code, those of a release, or all in brief."""
    matrix, wanted = ports.matrix, asked.words.strip().casefold()
    if issue := next((issue for issue in matrix.issues if issue.id.casefold() == wanted), None):
        return _one(issue, asked.day)
    if not wanted:
        first = headline(
            Strong(say("Known issues")), say_counted(len(matrix.issues), "{count} of them", "{count} of them")
        )
        reply = Reply("issues", first, (_more(), *_table(matrix.issues, None)), (Share("issues"),))
        return _of_day(reply, asked.day, matrix, matrix.issues)
    codes = frozenset(code for issue in matrix.issues for code in issue.errors)
    if named := [word.upper() for word in _WORD.findall(asked.words) if word.upper() in codes]:
        return _of_errors(ports, asked, named)
    query, day = read(ports, asked)
    if query.releases:
        return _of_releases(matrix, query, day)
    ids = near(asked.words, (*(issue.id for issue in matrix.issues), *sorted(codes)))
    if not ids and any(part.product or part.suggestions for part in query.parts if part.outcome != "unknown_product"):
        return _of_day(unknown_reply(matrix, query, day), day, matrix, (), exit_status=3)
    if code := _LOOKS_LIKE_CODE.search(asked.words):
        unknown = say("I know no issue with the error code {code}.", code=code[0])
    else:
        unknown = say('I know no issue and no release "{words}".', words=shown(asked.words))
    first = line(f"{unknown}{nearest(ids)}")
    asks = (*(Ask(name, f"issues {name}") for name in ids[:2]), Ask(say("All issues"), "issues"))
    return _of_day(Reply("unknown_issue", first, buttons=asks), day, matrix, (), exit_status=3)


def _one(issue: KnownIssue, day: date) -> Reply:
    """An issue in full; what it affects is the newest first: "XenServer 7.5, 7.4 (not when ...), XCP-ng 7.4"."""
    affected: dict[Product, list[str]] = {product: [] for product in Product}
    for release, condition in issue.affects:
        affected[release.product].append(f"{release.number} ({condition})" if condition else release.number)
    named = "; ".join(f"{product} {', '.join(numbers)}" for product, numbers in affected.items() if numbers)
    facts: list[RichText] = [labelled(say("Affects:"), named)]
    if issue.errors:
        facts.append(labelled(say("Error:"), *(Code(code) for code in issue.errors)))
    if issue.fixed_in:
        facts.append(labelled(say("Fixed in:"), *with_code(issue.fixed_in)))
    if issue.mitigation:
        facts.append(labelled(say("What helps:"), *with_code(issue.mitigation)))
    links = tuple(line(Link(link.title, link.url) if link.url else link.title) for link in issue.links)
    return Reply(
        kind="issue",
        headline=(*headline(Strong(issue.id), ""), *with_code(issue.summary)),
        blocks=(Paragraph((with_code(issue.details),)), Paragraph(tuple(facts)), Bullets(links, say("Links"))),
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
        "errors": list(issue.errors),
        "fixed_in": issue.fixed_in,
        "mitigation": issue.mitigation,
        "links": [{"title": link.title, "url": link.url} for link in issue.links],
    }


def _table(issues: Iterable[KnownIssue], release: Release | None) -> tuple[Block, ...]:
    """A row for each issue, what breaks now before what only may; without a release also what it affects."""
    found = sorted(issues, key=lambda issue: list(_KINDS).index(issue.kind))
    if not found:
        return ()
    names = (say("Issue"), say("Kind"), *(() if release else (say("Affects"),)), say("What it is"))
    rows = tuple(
        (
            line(Strong(issue.id)),
            line(say(_KINDS[issue.kind])),
            *(() if release else (line(_affected(issue)),)),
            issue_line(issue, release),
        )
        for issue in found
    )
    return (Table(columns(*names), rows, say("Known issues, those that break something now first")),)


def _more() -> Block:
    """Where there is more than in the table."""
    return Paragraph((say_line("{command} has more of each.", command=Typed("issues ID")),))


def _affected(issue: KnownIssue) -> str:
    numbers: dict[Product, list[str]] = {}
    for release, _ in issue.affects:
        numbers.setdefault(release.product, []).append(release.number)
    return "; ".join(f"{product} {with_more(found, NUMBERS_MAX)}" for product, found in numbers.items())


def _of_errors(ports: Ports, asked: Invocation, codes: list[str]) -> Reply:
    """The issues with any of some error codes; of the releases that are named beside the code, if any are."""
    matrix, (query, day) = ports.matrix, read(ports, asked._replace(words=_without(asked.words, codes)))
    found = [issue for issue in matrix.issues if set(codes) & set(issue.errors)]
    if query.releases:
        found = [issue for issue in found if any(issue.condition(release) is not None for release in query.releases)]
    if len(found) == 1:
        return _of_day(_one(found[0], day), day, matrix, tuple(found))
    names = ", ".join(dict.fromkeys(codes))
    releases = ", ".join(release.name(day) for release in query.releases)
    if not releases:
        count = _count(len(found))
    elif found:
        count = say_counted(
            len(found),
            "{count} known issue of {releases}",
            "{count} known issues of {releases}",
            releases=releases,
        )
    else:
        count = say("no known issue of {releases}", releases=releases)
    only = query.releases[0] if len(query.releases) == 1 else None
    blocks = (_more(), *_table(found, only)) if found else ()
    asks = [Ask(issue.id, f"issues {issue.id}") for issue in found[:2]]
    reply = Reply("issues", headline(Strong(names), count), blocks, (*asks, Share(f"issues {asked.words}")))
    return _of_day(reply, day, matrix, tuple(found))


def _count(issues: int) -> str:
    return say_counted(issues, "{count} known issue", "{count} known issues") if issues else say("no known issue")


def _without(words: str, codes: list[str]) -> str:
    """Words without the codes among them."""
    return _WORD.sub(lambda word: "" if word[0].upper() in codes else word[0], words)


def _of_releases(matrix: Matrix, query: Query, day: date) -> Reply:
    releases = query.releases
    found = tuple({issue.id: issue for release in releases for issue in matrix.issues_of(release)}.values())
    names = ", ".join(release.name(day) for release in releases)
    only = releases[0] if len(releases) == 1 else None
    first = headline(Strong(names), _count(len(found)))
    words = ", ".join(release.base_name for release in releases)
    needs = {each.id: each for r in releases for each in matrix.requirements_of(r, RequirementKind.XEN_ORCHESTRA)}
    texts = tuple(with_code(each.text) for each in needs.values())
    blocks = (*_table(found, only), *([Bullets(texts, say("Needs at least"))] if texts else []))
    reply = Reply("issues", first, blocks, (Ask(say("Verdict"), words), Share(f"issues {words}")))
    exit_status = 0 if query.outcome is Outcome.ASSESSED and not query.misses_version else 3
    return _of_day(reply, day, matrix, found, exit_status)._replace(context=context(matrix, day, query))


def _of_day(reply: Reply, day: date, matrix: Matrix, issues: tuple[KnownIssue, ...], exit_status: int = 0) -> Reply:
    """The reply with the day that it is about, and the issues as values."""
    data = {"as_of": day.isoformat(), "issues": [_data(issue) for issue in issues]}
    return reply._replace(context=context(matrix, day), data=data, exit_status=exit_status)
