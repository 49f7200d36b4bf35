"""`upgrade RELEASE`: the supported path, step by step, and why."""

from collections.abc import Iterator
from datetime import date

from bot.chat import unknown
from bot.chat.command import Invocation, Ports
from bot.chat.data import Data, query_data, source_data
from bot.chat.lookup import context, read
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
from bot.errors import UsageError
from bot.matrix.assess import Assessment, assess
from bot.matrix.recommend import UpgradeRoute
from bot.matrix.upgrade import Hop


def run(ports: Ports, asked: Invocation) -> Reply:
    """The way within the product, the way across to the other one, and what to clear away first."""
    query, day = read(ports, asked)
    if not asked.words.strip():
        raise UsageError("Say from which release, for example: upgrade XenServer 7.2.")
    matrix = ports.matrix
    assessments = tuple(assess(matrix, release, day) for release in query.releases)
    data = query_data(asked.words, day, query, assessments)
    data["paths"] = [_path_data(a, way) for a in assessments for way in _ways(a)]
    if not assessments:
        shape = unknown.reply(query, day)
        return shape._replace(context=context(matrix, day), data=data, exit_status=3, assessed=())
    first, *others = (_of(assessment) for assessment in assessments)
    blocks = [*first[1:], *(block for other in others for block in (Heading(other[0]), *other[1:]))]
    buttons = (Ask("Verdict", ", ".join(r.base_name for r in query.releases)), Share(f"upgrade {asked.words}"))
    exit_status = 0 if query.outcome == "assessed" else 3
    return Reply("upgrade", first[0], tuple(blocks), buttons, context(matrix, day), data, exit_status, assessments)


def _ways(assessment: Assessment) -> Iterator[UpgradeRoute]:
    ways = assessment.recommendation.ways
    yield from (way for way in (ways.within, ways.across) if way)


def _of(assessment: Assessment) -> "tuple[RichText, *tuple[Block, ...]]":
    day, ways = assessment.on, assessment.recommendation.ways
    first = ways.within or ways.across
    if not first:
        return (
            line(Strong(assessment.name), ": nothing to upgrade to"),
            Paragraph((line(assessment.recommendation.text),)),
        )
    blocks: list[Block] = [_steps(first, None, day)]
    if ways.across and ways.across is not first:
        title = f"Or cross over to {ways.across.goal.name(day)}: {_count(ways.across)}"
        blocks.append(_steps(ways.across, title, day))
    blocks.extend(_blockers(assessment))
    return (line(Strong(f"{assessment.name} → {first.goal.name(day)}"), f": {_count(first)}"), *blocks)


def _count(way: UpgradeRoute) -> str:
    if not way.path:
        return "no path in our sources"
    return "1 step" if len(way.path) == 1 else f"{len(way.path)} steps"


def _steps(way: UpgradeRoute, title: str | None, day: date) -> Block:
    if not way.path:
        anew = "Our sources show no upgrade path: ask the vendor, or install it anew and restore the VMs."
        return Bullets((line(anew),), title) if title else Paragraph((line(anew),))
    return Bullets(tuple(_step(hop, day) for hop in way.path), title, numbered=True)


def _step(hop: Hop, day: date) -> RichText:
    return (*line(Strong(hop.arrival(day)), f", {hop.how}. "), *with_code(hop.why))


def _blockers(assessment: Assessment) -> Iterator[Block]:
    hops = [hop for way in _ways(assessment) for hop in way.path or ()]
    found = {issue.id: issue for hop in hops for issue in hop.blockers}.values()
    items: list[RichText] = []
    for issue in found:
        links = [span for link in issue.links if link.url for span in (*line("  "), Link("details", link.url))][:2]
        items.append((*with_code(f"{issue.summary}. {issue.mitigation or ''}".strip()), *links))
    if items:
        yield Bullets(tuple(items), "Check first")


def _path_data(assessment: Assessment, way: UpgradeRoute) -> Data:
    return {
        "from": {"product": assessment.release.product.value, "release": assessment.release.number},
        "to": {"product": way.goal.product.value, "release": way.goal.number, "name": way.goal.name(assessment.on)},
        "documented": way.path is not None,
        "steps": [_hop_data(hop) for hop in way.path or ()],
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
