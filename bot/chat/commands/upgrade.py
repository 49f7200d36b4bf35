"""`upgrade RELEASE [to RELEASE]`: the path, step by step, who stands behind it, and what to do around it."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from bot.catalogue import message, message_counted, say, say_counted
from bot.chat.command import Invocation, Ports
from bot.chat.data import Data, query_data, requirement_data, source_data
from bot.chat.lookup import assessed, context, read, unknown_reply, unknown_sentence
from bot.chat.reply import (
    Ask,
    Block,
    Bullets,
    Heading,
    Link,
    Paragraph,
    Reply,
    RichText,
    Share,
    Strong,
    line,
    plain,
    say_line,
    with_code,
)
from bot.chat.verdict import recommendation
from bot.chat.wording import capitalized, joined
from bot.errors import UsageError
from bot.matrix.assess import Assessment, assess
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.recommend import UpgradeRoute
from bot.matrix.release import Product, Release
from bot.matrix.requirement import RequirementKind
from bot.matrix.upgrade import CLOSED, Hop, Path, StepConfidence, is_from_code, shortest, undocumented
from bot.query.query import Outcome, Query, QueryPart

_CONFIDENCE = {
    StepConfidence.DOCUMENTED: message("documented"),
    StepConfidence.JOINED: message("joined from several texts"),
    StepConfidence.CODE: message("in the installers' code only"),
}

_AROUND = {
    RequirementKind.BEFORE: message("Before"),
    RequirementKind.DURING: message("On the way"),
    RequirementKind.AFTER: message("Afterwards"),
}

_TO, _FROM = r"(?:to|auf|nach|vers|à|hacia)", r"(?:from|von|de|desde)"
_WAY = re.compile(
    rf"\s*(?:{_FROM}\s)?(?P<start>.+?)(?:\s{_TO}\s|[-=](?:>|&gt;)|→)(?P<target>.+)", re.IGNORECASE | re.DOTALL
)
_WAY_BACKWARDS = re.compile(rf"\s*{_TO}\s(?P<target>.+?)\s{_FROM}\s(?P<start>.+)", re.IGNORECASE | re.DOTALL)
_TARGET_ALONE = re.compile(rf"\s*{_TO}\s", re.IGNORECASE)
_LISTS = re.compile(r"[,;\n]|\b(and|und|et|y)\b", re.IGNORECASE)


def run(ports: Ports, asked: Invocation) -> Reply:
    """The way to the release that is named as the target; else the one within the product, and the one across."""
    if not asked.words.strip():
        raise UsageError(say("Say from which release, for example: upgrade XenServer 7.2."))
    matrix = ports.matrix
    query, day = _read(ports, asked)
    if _has_target(asked.words, query):
        return _to_target(matrix, query, asked.words, day)
    if _TARGET_ALONE.match(asked.words):
        raise UsageError(say("Say from which release, too, for example: upgrade XenServer 7.2 to XCP-ng 8.3."))
    assessments = assessed(matrix, query, day)
    data = query_data(asked.words, day, query, assessments)
    data |= {"target": None, "paths": [_path_data(a, route) for a in assessments for route in _routes(a)]}
    data["closed"] = [_closed_data(hop, day) for a in assessments for hop in _closed(matrix, a.release, day)]
    if not assessments:
        reply = unknown_reply(matrix, query, day)
        return reply._replace(context=context(matrix, day, query), data=data, exit_status=3, assessed=())
    (headline, blocks), *others = (_of(matrix, assessment) for assessment in assessments)
    blocks += tuple(block for first, rest in others for block in (Heading(first), *rest))
    blocks += tuple(Paragraph((unknown_sentence(matrix, p, day),)) for p in query.parts if not p.releases)
    buttons = (Ask(say("Verdict"), ", ".join(r.base_name for r in query.releases)), Share(f"upgrade {asked.words}"))
    exit_status = 0 if query.outcome is Outcome.ASSESSED and not query.misses_version else 3
    return Reply("upgrade", headline, blocks, buttons, context(matrix, day, query), data, exit_status, assessments)


# Without a target


def _routes(assessment: Assessment) -> list[UpgradeRoute]:
    """What can be advised first, within the product before across; then the rest, the best documented first."""

    def doubt(route: UpgradeRoute) -> tuple[bool, bool, int]:
        path = () if route.is_advisable else route.path or ()
        return not route.is_advisable, route.path is None, undocumented(path)

    return sorted(filter(None, assessment.recommendation.routes), key=doubt)


def _of(matrix: Matrix, assessment: Assessment) -> tuple[RichText, tuple[Block, ...]]:
    day, routes = assessment.on, _routes(assessment)
    closed = tuple(_closed_block(matrix, assessment.release, day))
    if not routes:
        nothing = say_line("{release}: nothing to upgrade to", release=Strong(assessment.name))
        return nothing, (Paragraph((line(recommendation(assessment)),)), *closed)
    first, *others = routes
    across = (_steps(route, _other(_OR, assessment, route), day) for route in others)
    paths = [route.path for route in routes if route.path]
    headline = line(Strong(f"{assessment.name} → {first.goal.name(day)}"), f": {_summary(first.path)}")
    return headline, (_steps(first, None, day), *across, *closed, *_around(paths))


def _other(titles: tuple[str, str], assessment: Assessment, route: UpgradeRoute) -> str:
    """The title of a further way, by the titles of one within the product and of one across."""
    within, across = titles
    title = within if route.goal.product is assessment.release.product else across
    return say(title, goal=route.goal.name(assessment.on), steps=_summary(route.path))


_OR = message("Or go to {goal}: {steps}"), message("Or cross over to {goal}: {steps}")
_INSTEAD = message("Instead, go to {goal}: {steps}"), message("Instead, cross over to {goal}: {steps}")


def _summary(path: Path | None) -> str:
    """How many steps, and who stands behind them."""
    if not path:
        return say("no path in our sources")
    if is_from_code(path) and all(hop.confidence is StepConfidence.CODE for hop in path):
        steps = message_counted(
            "{count} step, known from installers' code alone; a fresh install is the documented way",
            "{count} steps, known from installers' code alone; a fresh install is the documented way",
        )
    elif is_from_code(path):
        steps = message_counted(
            "{count} step, joined from installers' code and the vendor's guide; a fresh install is the documented way",
            "{count} steps, joined from installers' code and the vendor's guide; a fresh install is the documented way",
        )
    elif undocumented(path):
        steps = message_counted("{count} step, joined from several texts", "{count} steps, joined from several texts")
    else:
        steps = message_counted("{count} step, documented by the vendor", "{count} steps, documented by the vendor")
    return say_counted(len(path), *steps)


def _steps(route: UpgradeRoute, title: str | None, day: date) -> Block:
    if not route.path:
        anew = say_line("Our sources show no upgrade path: ask the vendor, or install it anew and restore the VMs.")
        return Bullets((anew,), title) if title else Paragraph((anew,))
    steps = (
        say_line(
            "{release}, {how} ({confidence}). {why}",
            release=Strong(hop.arrival(day)),
            how=hop.how,
            confidence=say(_CONFIDENCE[hop.confidence]),
            why=with_code(hop.why),
        )
        for hop in route.path
    )
    return Bullets(tuple(steps), title, numbered=True)


def _closed(matrix: Matrix, release: Release, day: date) -> Iterator[Hop]:
    """Steps from a release, to what is out by then, that the vendor withdrew or the installer is expected to refuse."""
    for hop in matrix.hops.get(release, ()):
        if hop.confidence in CLOSED and hop.to.lifecycle.stage(day) is not LifecycleStage.UPCOMING:
            yield hop


def _closed_block(matrix: Matrix, release: Release, day: date) -> Iterator[Block]:
    if lines := tuple(
        (Strong(f"{hop.start.name(day)} → {hop.arrival(day)}"), *line(f": {hop.why}"))
        for hop in _closed(matrix, release, day)
    ):
        yield Bullets(lines, say("Do not try"))


def _around(paths: Iterable[Path]) -> Iterator[Block]:
    """What blocks a step, and what to do before, between and after the steps: each once."""
    paths = list(paths)
    hops = [hop for path in paths for hop in path]
    items: list[RichText] = []
    details = say("details")
    for issue in {issue.id: issue for hop in hops for issue in hop.blockers}.values():
        links = [span for link in issue.links if link.url for span in (*line("  "), Link(details, link.url))][:2]
        items.append((*with_code(f"{issue.summary}. {issue.mitigation or ''}".strip()), *links))
    if items:
        yield Bullets(tuple(items), say("Check first"))
    wanted = [(path[0].start, each) for path in paths for hop in path for each in hop.requirements]
    requirements = {each.id: each for start, each in wanted if not each.releases or start in each.releases}.values()
    for kind, title in _AROUND.items():
        if texts := tuple(with_code(each.text) for each in requirements if each.kind is kind):
            yield Bullets(texts, say(title))


# With a target


class _Pair(NamedTuple):
    """The start and the target as they were understood; `assumed` says so where a number is of two products, and
    `is_sure` whether it could be meant otherwise."""

    start: Assessment
    target: Assessment
    assumed: str | None
    is_sure: bool


def _read(ports: Ports, asked: Invocation) -> tuple[Query, date]:
    """The query and its day. Of "A to B" and "to B from A" each side is read by itself, the start first: together they
    would be a range."""
    if way := _WAY_BACKWARDS.fullmatch(asked.words) or _WAY.fullmatch(asked.words):
        (start, _), (target, day) = (read(ports, asked._replace(words=way[side])) for side in ("start", "target"))
        if len(start.parts) == len(target.parts) == 1:
            both = Query(
                parts=(*start.parts, *target.parts),
                on=target.on or start.on,
                features=(*start.features, *target.features),
                unused=(*start.unused, *target.unused),
                misses_version=start.misses_version or target.misses_version,
            )
            return both, both.on or day
    return read(ports, asked)


def _has_target(words: str, query: Query) -> bool:
    """Whether the second of two parts is the target: a list ("A, B") has several starts, and a range is neither."""
    if len(query.parts) != 2 or (_LISTS.search(words) and not _WAY.fullmatch(words)):
        return False
    return all(len(part.releases) <= 1 or part.outcome is Outcome.AMBIGUOUS for part in query.parts)


def _pair(matrix: Matrix, start: QueryPart, target: QueryPart, day: date) -> _Pair:
    """Of the releases that numbers can mean, those of one product come first, then those that lead forward."""

    def doubt(pair: tuple[Release, Release]) -> tuple[bool, bool]:
        left, right = pair
        return left.product is not right.product, right.compares_as < left.compares_as

    pairs = sorted(((left, right) for left in start.releases for right in target.releases), key=doubt)
    left, right = pairs[0]
    here = assess(matrix, left, day, start.prerelease, start.level)
    there = assess(matrix, right, day, target.prerelease, target.level)
    twofold = [part.text for part in (start, target) if len(part.releases) > 1]
    if len(start.releases) == 1 and left.product is right.product:
        twofold = []  # the start's product decides
    assumed: str | None = None
    if twofold:
        assumed = say(
            "{numbers} can be of two products: taken as {start} and {target}.",
            numbers=joined(twofold),
            start=here.name,
            target=there.name,
        )
    return _Pair(here, there, assumed, [doubt(pair) for pair in pairs].count(doubt(pairs[0])) == 1)


def _to_target(matrix: Matrix, query: Query, words: str, day: date) -> Reply:
    """The path to the target, or why it is none and where to go instead."""
    start, target = query.parts
    if not (start.releases and target.releases):
        return _to_unknown(matrix, query, words, day)
    pair = _pair(matrix, start, target, day)
    here, there = pair.start, pair.target
    goal, is_out = there.release, there.stage is not LifecycleStage.UPCOMING
    path = shortest(matrix.hops, here.release, goal, day) if is_out and here.release is not goal else None
    why = _summary(path) if path else _why_not(matrix, here, there)
    routes = [route for route in _routes(here) if route.goal is not goal]
    blocks: list[Block] = [Paragraph((line(pair.assumed),))] if pair.assumed else []
    if path:
        routes.insert(0, UpgradeRoute(goal, path))
        blocks.append(_steps(routes[0], None, day))
        if there.stage is LifecycleStage.EOL:
            ended = say("{release} gets no security updates.", release=there.name)
            blocks.append(Paragraph((line(f"{ended} {recommendation(there)}"),)))
    else:
        blocks += (_steps(route, _other(_INSTEAD, here, route), day) for route in routes[:1])
    blocks += _around(route.path for route in routes[:1] if route.path)
    outcome = Outcome.ASSESSED if pair.is_sure else query.outcome
    data = query_data(words, day, query, (here, there)) | {"outcome": outcome.value}
    data["target"] = {"name": there.name, "reachable": path is not None, "why": capitalized(why)}
    data["paths"] = [_path_data(here, route) for route in routes]
    data["closed"] = [_closed_data(hop, day) for hop in _closed(matrix, here.release, day)]
    headline = line(Strong(f"{here.name} → {there.name}"), f": {why}")
    asks = (Ask(say("Verdict"), f"{here.release.base_name}, {goal.base_name}"), Share(f"upgrade {words}"))
    status = 0 if outcome is Outcome.ASSESSED and not query.misses_version else 3
    return Reply("upgrade", headline, tuple(blocks), asks, context(matrix, day, query), data, status, (here, there))


def _to_unknown(matrix: Matrix, query: Query, words: str, day: date) -> Reply:
    """The start or the target is no release: nothing is answered for the other one alone."""
    start, target = query.parts
    unknown = [unknown_sentence(matrix, part, day) for part in (start, target) if not part.releases]
    data = query_data(words, day, query, ()) | {"paths": [], "closed": []}
    data["target"] = {"name": target.text, "reachable": False, "why": " ".join(map(plain, unknown))}
    asks = (*(Ask(r.base_name, f"upgrade {r.base_name}") for r in start.releases[:2]), Ask(say("Whole list"), "list"))
    rest = tuple(Paragraph((each,)) for each in unknown[1:])
    return Reply(query.outcome, unknown[0], rest, asks, context(matrix, day, query), data, 3, ())


def _why_not(matrix: Matrix, here: Assessment, there: Assessment) -> str:
    """Why a release is no target, as a clause."""
    start, goal, day = here.release, there.release, here.on
    if start is goal:
        return say("that is the same release; install its updates")
    if there.stage is LifecycleStage.UPCOMING:
        return say("it was not out yet on that day")
    if start.product is goal.product and goal.compares_as < start.compares_as:
        return say("no installer goes back to an older release; install it afresh, then export and import VMs")
    if start.product is Product.XCP_NG and goal.product is Product.XENSERVER:
        return say("no source has a way from XCP-ng to XenServer; install it afresh, then export and import VMs")
    for hop in _closed(matrix, start, day):
        if hop.to is goal:
            return hop.why
        if hop.to.product is goal.product and shortest(matrix.hops, hop.to, goal, day):
            return say("it would lead through {release}, and {why}", release=hop.arrival(day), why=hop.why)
    return say("our sources show no upgrade path; install it afresh, then export and import VMs")


# JSON


def _path_data(assessment: Assessment, route: UpgradeRoute) -> Data:
    start, goal = assessment.release, route.goal
    hops = route.path or ()
    return {
        "from": {"product": start.product.value, "release": start.number},
        "to": {"product": goal.product.value, "release": goal.number, "name": goal.name(assessment.on)},
        "documented": route.path is not None and not undocumented(route.path),
        "steps": [_hop_data(hop) for hop in hops],
    }


def _hop_data(hop: Hop) -> Data:
    return {
        "arrives_at": hop.arrives_at,
        "how": hop.how,
        "why": hop.why.replace("`", ""),
        "confidence": hop.confidence.value,
        "blockers": [issue.id for issue in hop.blockers],
        "requirements": [
            requirement_data(requirement) | {"when": requirement.kind.value} for requirement in hop.requirements
        ],
        "sources": [source_data(source) for source in hop.sources],
    }


def _closed_data(hop: Hop, day: date) -> Data:
    """A step that is not to be taken, and why."""
    return {
        "from": hop.start.name(day),
        "to": hop.arrival(day),
        "confidence": hop.confidence.value,
        "why": capitalized(hop.why),
        "sources": [source_data(source) for source in hop.sources],
    }
