"""`upgrade RELEASE`: the supported path, step by step, and why."""

from collections.abc import Iterator
from datetime import date

from bot.chat.command import Invocation, Ports
from bot.chat.data import Data, query_data, source_data
from bot.chat.lookup import context, read, unknown_reply
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
    with_code,
)
from bot.chat.verdict import recommendation
from bot.chat.wording import counted
from bot.errors import UsageError
from bot.matrix.assess import Assessment, assess
from bot.matrix.recommend import UpgradeRoute
from bot.matrix.upgrade import Hop


def run(ports: Ports, asked: Invocation) -> Reply:
    """The path within the product, the path across to the other one, and what to clear away first."""
    query, day = read(ports, asked)
    if not asked.words.strip():
        raise UsageError("Say from which release, for example: upgrade XenServer 7.2.")
    matrix = ports.matrix
    assessments = tuple(assess(matrix, release, day) for release in query.releases)
    data = query_data(asked.words, day, query, assessments)
    data["paths"] = [_path_data(a, route) for a in assessments for route in _routes(a)]
    if not assessments:
        reply = unknown_reply(query, day)
        return reply._replace(context=context(matrix, day), data=data, exit_status=3, assessed=())
    (headline, blocks), *others = (_of(assessment) for assessment in assessments)
    blocks += tuple(block for first, rest in others for block in (Heading(first), *rest))
    buttons = (Ask("Verdict", ", ".join(r.base_name for r in query.releases)), Share(f"upgrade {asked.words}"))
    exit_status = 0 if query.outcome == "assessed" else 3
    return Reply("upgrade", headline, blocks, buttons, context(matrix, day), data, exit_status, assessments)


def _routes(assessment: Assessment) -> list[UpgradeRoute]:
    return [route for route in assessment.recommendation.routes if route]


def _of(assessment: Assessment) -> tuple[RichText, tuple[Block, ...]]:
    day, routes = assessment.on, _routes(assessment)
    if not routes:
        nothing = line(Strong(assessment.name), ": nothing to upgrade to")
        return nothing, (Paragraph((line(recommendation(assessment)),)),)
    first, *others = routes
    across = (_steps(route, f"Or cross over to {route.goal.name(day)}: {_count(route)}", day) for route in others)
    first_line = line(Strong(f"{assessment.name} → {first.goal.name(day)}"), f": {_count(first)}")
    return first_line, (_steps(first, None, day), *across, *_blockers(assessment))


def _count(route: UpgradeRoute) -> str:
    return counted(len(route.path), "step") if route.path else "no path in our sources"


def _steps(route: UpgradeRoute, title: str | None, day: date) -> Block:
    if not route.path:
        anew = "Our sources show no upgrade path: ask the vendor, or install it anew and restore the VMs."
        return Bullets((line(anew),), title) if title else Paragraph((line(anew),))
    steps = ((*line(Strong(hop.arrival(day)), f", {hop.how}. "), *with_code(hop.why)) for hop in route.path)
    return Bullets(tuple(steps), title, numbered=True)


def _blockers(assessment: Assessment) -> Iterator[Block]:
    hops = [hop for route in _routes(assessment) for hop in route.path or ()]
    found = {issue.id: issue for hop in hops for issue in hop.blockers}.values()
    items: list[RichText] = []
    for issue in found:
        links = [span for link in issue.links if link.url for span in (*line("  "), Link("details", link.url))][:2]
        items.append((*with_code(f"{issue.summary}. {issue.mitigation or ''}".strip()), *links))
    if items:
        yield Bullets(tuple(items), "Check first")


def _path_data(assessment: Assessment, route: UpgradeRoute) -> Data:
    start, goal = assessment.release, route.goal
    return {
        "from": {"product": start.product.value, "release": start.number},
        "to": {"product": goal.product.value, "release": goal.number, "name": goal.name(assessment.on)},
        "documented": route.path is not None,
        "steps": [_hop_data(hop) for hop in route.path or ()],
    }


def _hop_data(hop: Hop) -> Data:
    return {
        "arrives_at": hop.arrives_at,
        "how": hop.how,
        "why": hop.why.replace("`", ""),
        "blockers": [issue.id for issue in hop.blockers],
        "inferred": hop.inferred,
        "sources": [source_data(source) for source in hop.sources],
    }
