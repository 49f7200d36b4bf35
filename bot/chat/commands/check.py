"""`check RELEASE`: the verdict on one release or several, on a day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.catalogue import message, say, say_counted
from bot.chat.command import Choice, Invocation, Ports
from bot.chat.data import query_data
from bot.chat.feature_reply import feature_data, one_feature
from bot.chat.lookup import assessed, context, read, unknown_sentence, wants_version
from bot.chat.reply import (
    SEVERAL,
    Ask,
    Block,
    Bullets,
    Button,
    Code,
    Heading,
    Link,
    Paragraph,
    Plain,
    Reply,
    RichText,
    Share,
    Strong,
    full_stop,
    labelled,
    line,
    say_line,
    with_code,
)
from bot.chat.verdict import feature_sentence, next_step, requirements, stage_mark, verdict, why
from bot.chat.wording import day_in_words, joined
from bot.errors import UsageError
from bot.matrix.assess import Assessment, assess
from bot.matrix.feature import Feature
from bot.matrix.issue import IssueKind, KnownIssue
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.release import Release
from bot.query.query import Outcome, Query, QueryPart

IN_FULL = 3
"""More releases than this at once are answered by a line each."""

_DATES = {
    "released": message("the day of its release"),
    "maintenance_ends": message("the end of its maintenance"),
    "eol": message("its end of life"),
    "lts_since": message("since when it is an LTS"),
}

_PAGES = {
    "/issues/": message("discussion"),
    "/pull/": message("change"),
    "/commit/": message("change"),
    "/blob/": message("code"),
}
"""What a page is by its address; any other has details."""

UUID_DASHES = 4
"""A host's uuid may have the digits of a release between its dashes."""

MOST_BUTTONS = 3
LINKS = 2
"""An issue in a line has its ticket and one more page; `issues ID` has all."""


def choices(ports: Ports, asked: Invocation) -> tuple[Choice, ...]:
    """The releases, newest first, each with what its dates say of the day."""
    matrix = ports.matrix
    found = (assess(matrix, release, asked.day) for release in matrix.releases)
    return tuple(Choice(a.release.base_name, stage_mark(matrix.published, a).text) for a in found)


def run(ports: Ports, asked: Invocation) -> Reply:
    """The verdict, or what is nearest to what was typed."""
    query, day = read(ports, asked)
    if not query.parts and not asked.words.strip():
        raise UsageError(say("Say which release, for example: check XenServer 7.2."))
    is_known = bool(query.parts) and all(part.releases for part in query.parts) and not query.unused
    if is_known and asked.words.count("-") < UUID_DASHES:
        return _verdicts(ports.matrix, asked, query, day)
    from bot.chat.commands import dead_end  # it takes as long to load as a plain look-up takes altogether

    likely = dead_end.likely_commands(ports, asked.words, query)
    if other := dead_end.answered_otherwise(ports, asked, query, day, likely):
        return other
    if query.releases:
        return _verdicts(ports.matrix, asked, query, day)._replace(depends_on_rights=bool(likely))
    more = context(ports.matrix, day, query)
    data = query_data(asked.words, day, query, ())
    if query.features and all(wants_version(part) for part in query.parts):
        feature = query.features[0]
        data |= {"outcome": Outcome.ASSESSED.value, "feature": feature_data(feature)}
        return one_feature(feature)._replace(data=data, context=more, depends_on_rights=True)
    reply = dead_end.dead_end(ports, query, day)
    return reply._replace(data=data, exit_status=3, context=more, assessed=(), depends_on_rights=True)


def _verdicts(matrix: Matrix, asked: Invocation, query: Query, day: date) -> Reply:
    """What is asked for and known, with what of it is not."""
    assessments = assessed(matrix, query, day)
    data = query_data(asked.words, day, query, assessments)
    exit_status = 0 if query.outcome is Outcome.ASSESSED and not query.misses_version else 3
    missing = tuple(Paragraph((unknown_sentence(matrix, part, day),)) for part in query.parts if not part.releases)
    if len(assessments) == 1:
        reply = _one(matrix, assessments[0], query, missing)
    else:
        reply = _several(matrix, query, assessments, asked.words, missing)
    if query.features:
        reply = _with_features(reply, query.features, assessments)
    return reply._replace(data=data, exit_status=exit_status, context=context(matrix, day, query), assessed=assessments)


def _with_features(reply: Reply, features: Sequence[Feature], assessments: Sequence[Assessment]) -> Reply:
    """A feature that was asked about comes first, the verdict beside it."""
    first, *others = (feature_sentence(feature, assessment) for feature in features for assessment in assessments)
    notes = [line(full_stop(note)) for f in features for a in assessments[:1] if (note := f.of(a.release.product).note)]
    more = (Paragraph((*others, *notes)),) if others or notes else ()
    about = Ask(say("About {feature}", feature=features[0].name), f"feature {features[0].id}")
    buttons = (about, *reply.buttons[: MOST_BUTTONS - 2], reply.buttons[-1])
    return reply._replace(headline=first, blocks=(*more, Heading(reply.headline), *reply.blocks), buttons=buttons)


def _one(matrix: Matrix, assessment: Assessment, query: Query, missing: Iterable[Block]) -> Reply:
    """The verdict in full; what else was asked for and is not known stands below it."""
    part = next(part for part in query.parts if part.releases)
    name = assessment.release.base_name
    asks: list[Button] = []
    if any(assessment.recommendation.routes):
        asks.append(Ask(say("Upgrade path"), f"upgrade {name}"))
    if assessment.known_issues:
        asks.append(Ask(say("Known issues"), f"issues {name}"))
    return Reply(
        kind="check",
        headline=verdict(matrix.published, assessment),
        blocks=(*_body(assessment, part), *missing),
        buttons=(*asks, Share(name)),
    )


def _body(assessment: Assessment, part: QueryPart) -> Iterator[Block]:
    yield Paragraph((*_level(assessment, part), why(assessment), *_last_fix(assessment)))
    if assessment.stage is LifecycleStage.UPCOMING:
        return
    yield from requirements(assessment)
    for title, kind in ((say("Known issues"), IssueKind.LIVE), (say("Good to know"), IssueKind.GOOD_TO_KNOW)):
        found = [issue for issue in assessment.known_issues if issue.kind is kind]
        if found:
            yield Bullets(tuple(issue_line(issue, assessment.release) for issue in found), title)
    notes = tuple(labelled(say("Note:"), full_stop(note)) for note in _notes(assessment.release))
    if notes and not assessment.prerelease:
        yield Paragraph(notes)
    yield Paragraph((_next_step(assessment),))


def _level(assessment: Assessment, part: QueryPart) -> Iterator[RichText]:
    """What of the dates is the update level's own, where one was named: "7.1 CU2"."""
    level = next((level for level in assessment.release.levels if level.name == part.level), None)
    if level is None:
        return
    eol = level.lifecycle.eol
    if eol and eol != assessment.release.lifecycle.eol:
        yield say_line(
            "{level} has dates of its own: its end of life is {day}.", level=Strong(level.name), day=day_in_words(eol)
        )
    else:
        yield say_line(
            "{level} is an update of {release} and shares its dates.",
            level=Strong(level.name),
            release=assessment.release.base_name,
        )


def _last_fix(assessment: Assessment) -> Iterator[RichText]:
    """The security cut-off, as far as it is known."""
    fix = assessment.release.last_fix
    if fix is None or assessment.stage is not LifecycleStage.EOL or (fix.day and fix.day.earliest > assessment.on):
        return
    match fix.level, fix.day:
        case str(), None:
            text = message("The last security fix that our sources show is {fix} for {level} (date not known).")
        case None, None:
            text = message("The last security fix that our sources show is {fix} (date not known).")
        case str(), _:
            text = message("The last security fix that our sources show is {fix} for {level}, {day}.")
        case _:
            text = message("The last security fix that our sources show is {fix}, {day}.")
    yield say_line(text, fix=fix.name, level=fix.level or "", day=day_in_words(fix.day) if fix.day else "")


def _notes(release: Release) -> Iterator[str]:
    if release.note:
        yield release.note
    if release.lifecycle.released is None and release.lifecycle.is_known:
        yield say("the day of its release is not known")
    if release.inferred:
        dates = joined([say(_DATES[name]) for name in sorted(release.inferred)])
        yield say("no source states {dates} outright; it is reasoned from several", dates=dates)


def _next_step(assessment: Assessment) -> RichText:
    step = next_step(assessment.recommendation, assessment.release, assessment.on)
    return labelled(say("Next step:"), step)


def issue_line(issue: KnownIssue, release: Release | None = None) -> RichText:
    """An issue in a line: what happens, then its links, each called by its ticket or by what it is."""
    summary = issue.summary_for(release) if release else issue.summary
    links = []
    for url in issue.urls[:LINKS]:
        kind = next((name for part, name in _PAGES.items() if part in url), message("details"))
        links.append(Link(issue.id if url.rstrip("/").endswith(issue.id) else say(kind), url))
    return (*with_code(summary), *(span for link in links for span in (Plain("  "), link)))


def _several(
    matrix: Matrix, query: Query, assessments: tuple[Assessment, ...], words: str, missing: Iterable[Block]
) -> Reply:
    """A line each, the worst first; with little to say, the next step of each, too."""
    is_one_number = query.outcome is Outcome.AMBIGUOUS and len(query.parts) == 1
    blocks: list[Block] = []
    # What has ended longest ago comes first, what ends on no known day last.
    worst_first = sorted(assessments, key=lambda each: (each.days_left is None, each.days_left or 0))
    for assessment in assessments if is_one_number else worst_first:
        blocks.append(Heading(verdict(matrix.published, assessment, since=True)))
        if len(assessments) <= IN_FULL:
            blocks.append(Paragraph((_next_step(assessment),)))
    if is_one_number:
        first = say_line("{words} can be two things:", words=Code(query.parts[0].text))
    else:
        first = _fate(assessments)
        for part in (part for part in query.parts if part.outcome is Outcome.AMBIGUOUS):
            twofold = say_line("{words} can be two things: say which product.", words=Code(part.text))
            blocks.append(Paragraph((twofold,)))
    blocks.extend(missing)
    asks = tuple(Ask(a.name, a.release.base_name) for a in assessments)[:2]
    return Reply(SEVERAL, first, tuple(blocks), (*asks, Share(words)))


def _fate(assessments: tuple[Assessment, ...]) -> RichText:
    """How many of some releases are past their end of life."""
    count = len(assessments)
    ended = sum(assessment.stage is LifecycleStage.EOL for assessment in assessments)
    if ended == count:
        fate = say("all past their end of life")
    elif ended:
        fate = say_counted(ended, "{count} past its end of life", "{count} past their end of life")
    else:
        fate = say("none past its end of life")
    return line(Strong(say_counted(count, "{count} release", "{count} releases")), f": {fate}")
