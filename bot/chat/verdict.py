"""A verdict in words: its signs, each an emoji with its word, and the next step. Support and lifecycle stay apart."""

from collections.abc import Iterator
from datetime import date

from bot.catalogue import message, say, say_about
from bot.chat.reply import (
    Block,
    Bullets,
    Link,
    Mark,
    Plain,
    RichText,
    Strong,
    headline,
    line,
    said,
    say_line,
    with_code,
)
from bot.chat.wording import capitalized, day_in_words, distance, either
from bot.matrix.assess import Assessment
from bot.matrix.feature import Availability, Feature, FeatureAnswer
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.recommend import Action, Recommendation, UpgradeRoute
from bot.matrix.release import Release
from bot.matrix.requirement import Requirement
from bot.matrix.support import Badge, PublishedList, Support, SupportLevel

_STAGES = {
    LifecycleStage.PRERELEASE: Mark("❔", message("pre-release")),
    LifecycleStage.UPCOMING: Mark("🕓", message("not released yet")),
    LifecycleStage.SUPPORTED: Mark("🟢", message("gets security updates")),
    LifecycleStage.MAINTENANCE: Mark("🔶", message("critical security updates only")),
}
_UPDATES = {
    LifecycleStage.PRERELEASE: Mark("❔", message("pre-release")),
    LifecycleStage.UPCOMING: Mark("🕓", message("not released yet")),
    LifecycleStage.SUPPORTED: Mark("🟢", message("all")),
    LifecycleStage.MAINTENANCE: Mark("🔶", message("critical only")),
    LifecycleStage.EOL: Mark("☠️", message("none")),
}
_LEVELS = {SupportLevel.FULL: message("full"), SupportLevel.PARTIAL: message("partial")}
_END_NOT_KNOWN = Mark("❔", message("end of life not known"))
_NOT_LISTED = Mark("❔", message("not on the Host Compatibility List"))


def badge_mark(published: PublishedList, badge: Badge) -> Mark:
    """A badge as the legend words it, whose words are messages as long as they are those of data/list.yaml."""
    sign = next(sign for sign in published.legend if sign.badge is badge)
    return Mark(sign.emoji, say(sign.words))


def support_marks(published: PublishedList, assessment: Assessment) -> tuple[Mark, ...]:
    """What Xen Orchestra's list says of the release; of a prerelease, which no list has, its stage says enough."""
    if assessment.stage is LifecycleStage.PRERELEASE:
        return ()
    if assessment.support.level is SupportLevel.UNLISTED:
        return (said(_NOT_LISTED),)
    return tuple(badge_mark(published, b) for b in assessment.badges if b is not Badge.NO_SECURITY_UPDATES)


def stage_mark(published: PublishedList, assessment: Assessment, since: bool = False) -> Mark:
    """What the vendor's dates say; `since` adds the day a release lost its security updates."""
    if assessment.stage is LifecycleStage.SUPPORTED and assessment.lifecycle.eol is None:
        return said(_END_NOT_KNOWN)
    if assessment.stage is not LifecycleStage.EOL:
        return said(_STAGES[assessment.stage])
    skull = badge_mark(published, Badge.NO_SECURITY_UPDATES)
    eol = assessment.lifecycle.eol
    if not (since and eol):
        return skull
    return Mark(skull.emoji, say("{mark} since {day}", mark=skull.text, day=day_in_words(eol)))


def updates_mark(stage: LifecycleStage, has_end: bool) -> Mark:
    """The same in a column *Security updates*. `has_end`: the end of life is known."""
    if stage is LifecycleStage.SUPPORTED and not has_end:
        return Mark("❔", say_about("security updates", "not known"))
    return said(_UPDATES[stage])


def support_cell(published: PublishedList, support: Support) -> RichText:
    """What the list says of a release in a column *Xen Orchestra*."""
    signs = {sign.badge: sign.emoji for sign in published.legend}
    if support.level is SupportLevel.UNLISTED:
        return line(Mark("❔", say("not on the list")))
    cell = line(Mark(signs[Badge(support.level.value)], say(_LEVELS[support.level])))
    extras = Mark(signs[Badge.EXTRA_FEATURES], say("extras"))
    return (*cell, Plain(", "), extras) if support.extra_features else cell


def verdict(published: PublishedList, assessment: Assessment, since: bool = False) -> RichText:
    """The first line about a release: name, support, lifecycle (REPLIES.md rule 1)."""
    marks = support_marks(published, assessment)
    return headline(Strong(assessment.name), *marks, stage_mark(published, assessment, since))


def why(assessment: Assessment) -> RichText:
    """Why the verdict matters, support and lifecycle apart."""
    if assessment.stage is LifecycleStage.PRERELEASE:
        return say_line("It is a pre-release: for tests, without support or timely security fixes.")
    sentences = [_lifecycle_sentence(assessment)]
    support = assessment.support
    if support.level is SupportLevel.UNLISTED:
        sentences.append(
            say(
                "It is a real release, but the list does not have it: whether Xen Orchestra works with it is not known."
            )
        )
    elif support.level is SupportLevel.PARTIAL:
        sentences.append(say("Not all Xen Orchestra features work."))
        if not support.official:
            sentences.append(say("There is no official support."))
    elif assessment.stage is LifecycleStage.EOL:
        sentences.append(say("Xen Orchestra works with it, but the platform gets no security updates."))
    if until := assessment.extra_features_until:
        shown = say(
            "The list showed all extra features for it until {day}; the host still has them.", day=day_in_words(until)
        )
        sentences.append(shown)
    return line(" ".join(sentences))


def _lifecycle_sentence(assessment: Assessment) -> str:
    life, on = assessment.lifecycle, assessment.on
    if assessment.stage is LifecycleStage.UPCOMING:
        return f"{say('On {day} it was not out yet.', day=day_in_words(on))} {recommendation(assessment)}"
    if life.eol is None:
        return say("Its end of life is not known.")
    eol, how_far = day_in_words(life.eol), distance(life.eol, on)
    if assessment.stage is LifecycleStage.EOL:
        return say("End of life since {eol} ({distance}).", eol=eol, distance=how_far)
    if assessment.stage is LifecycleStage.MAINTENANCE and life.maintenance_ends:
        ended = day_in_words(life.maintenance_ends)
        return say(
            "Maintenance ended on {ended}; end of life on {eol} ({distance}).", ended=ended, eol=eol, distance=how_far
        )
    return say("Supported until {eol} ({distance}).", eol=eol, distance=how_far)


def feature_answer(feature: Feature, assessment: Assessment) -> FeatureAnswer:
    """Whether what was assessed has a feature. What a prerelease has of it nobody says."""
    return FeatureAnswer.UNKNOWN if assessment.prerelease else feature.answer(assessment.release)


def feature_sentence(feature: Feature, assessment: Assessment) -> RichText:
    """The same in words: "vTPM on XCP-ng 8.2 LTS: no, it came with XCP-ng 8.3."."""
    product = assessment.release.product
    support, answer = feature.of(product), feature_answer(feature, assessment)
    since = f"{product} {support.release.number}" if support.release else ""
    match answer:
        case FeatureAnswer.UNKNOWN:
            text = message("{feature} on {release}: not known, our sources do not say.")
        case FeatureAnswer.YES if since and support.inferred:
            text = message("{feature} on {release}: likely yes, since {since}.")
        case FeatureAnswer.YES if since:
            text = message("{feature} on {release}: yes, since {since}.")
        case FeatureAnswer.YES if support.inferred:
            text = message("{feature} on {release}: likely yes, every release has it.")
        case FeatureAnswer.YES:
            text = message("{feature} on {release}: yes, every release has it.")
        case FeatureAnswer.NO if support.availability is Availability.PREVIEW:
            text = message("{feature} on {release}: not yet, it is a tech preview.")
        case FeatureAnswer.NO if support.availability is Availability.PLANNED:
            text = message("{feature} on {release}: not yet, it is planned.")
        case FeatureAnswer.NO if since and support.inferred:
            text = message("{feature} on {release}: likely no, it came with {since}.")
        case FeatureAnswer.NO if since:
            text = message("{feature} on {release}: no, it came with {since}.")
        case FeatureAnswer.NO if support.inferred:
            text = message("{feature} on {release}: likely no, no {product} has it.")
        case FeatureAnswer.NO:
            text = message("{feature} on {release}: no, no {product} has it.")
    named = {"feature": Strong(feature.name), "release": Strong(assessment.name)}
    return say_line(text, **named, since=since, product=product)


def requirements(assessment: Assessment) -> Iterator[Block]:
    """Under what the release counts as supported on that day, where that is not without conditions."""
    if assessment.requirements:
        items = ((*with_code(each.text), *_details(each)) for each in assessment.requirements)
        yield Bullets(tuple(items), say("Supported only as long as"))


def _details(requirement: Requirement) -> RichText:
    return line("  ", Link(say("details"), requirement.url)) if requirement.url else ()


def recommendation(assessment: Assessment) -> str:
    """What to do next, as a sentence: "Upgrade to XCP-ng 8.3 LTS."."""
    return capitalized(next_step(assessment.recommendation, assessment.release, assessment.on))


def next_step(advice: Recommendation, release: Release, on: date, hosts: str = "") -> str:
    """What to do next about a release on a day, as a clause with its full stop: "upgrade to XCP-ng 8.3 LTS.".

    Of `hosts` that run it, by their names: "upgrade xen-2 and xen-3 to XCP-ng 8.3 LTS.".
    """
    if message_to := _LEAVE.get(advice.action):
        goals = _goals(advice, release, on)
        return say(message_to[1], hosts=hosts, goals=goals) if hosts else say(message_to[0], goals=goals)
    clause = _clause(advice, release, on)
    return f"{hosts}: {clause}." if hosts else f"{clause}."


_MOVE = message("move to {goals}."), message("move {hosts} to {goals}.")
_LEAVE = {
    Action.UPGRADE: (message("upgrade to {goals}."), message("upgrade {hosts} to {goals}.")),
    Action.MOVE: _MOVE,
    Action.INSTALL_ANEW: _MOVE,
    Action.TAKE_FINAL: _MOVE,
}
"""What leads away from a release: without the names of hosts, and with them."""


def _goals(advice: Recommendation, release: Release, on: date) -> str:
    goal, other = _route(advice.route, on), advice.alternative.goal.name(on) if advice.alternative else ""
    match advice.action:
        case Action.TAKE_FINAL:
            final = say("the final {release} by ISO", release=goal)
            if in_place := either(release.updates_in_place):
                final = say(
                    "the final {release} by ISO (only {releases} can be updated in place)",
                    release=goal,
                    releases=in_place,
                )
            return (
                say("{goal}, once it is out ({day})", goal=final, day=day_in_words(advice.by)) if advice.by else final
            )
        case Action.INSTALL_ANEW:
            goals = either([goal, other]) if other else goal
            if any(route and route.path for route in (advice.route, advice.alternative)):
                return say("{goals}: no vendor documents an upgrade, so install it anew", goals=goals)
            return say("{goals}: our sources show no upgrade path, so ask the vendor or install it anew", goals=goals)
        case Action.MOVE if other:
            return say("{goal}, or install {other} anew", goal=goal, other=other)
    return say("{goal}, or move to {other}", goal=goal, other=other) if other else goal


def _clause(advice: Recommendation, release: Release, on: date) -> str:
    by, goal = day_in_words(advice.by) if advice.by else "", _route(advice.route, on)
    is_advisable = advice.route is not None and advice.route.is_advisable
    match advice.action:
        case Action.PLAN_UPGRADE | Action.PLAN_MOVE:
            plan, plan_before = _PLANS[advice.action]
            clause = say(plan_before, goal=goal, day=by) if by else say(plan, goal=goal)
            if not is_advisable:
                clause = say("{clause}: our sources show no upgrade path to it yet", clause=clause)
            if advice.alternative:
                clause = say("{clause}, or move to {other}", clause=clause, other=advice.alternative.goal.name(on))
            return clause
        case Action.PLAN_SUCCESSOR if by:
            return say(
                "plan what follows it before {day}: no successor with a longer support is known for that day", day=by
            )
        case Action.PLAN_SUCCESSOR:
            return say("plan what follows it: no successor with a longer support is known for that day")
        case Action.GAIN_FULL_SUPPORT if is_advisable:
            return say("for full support in Xen Orchestra upgrade to {goal}", goal=goal)
        case Action.GAIN_FULL_SUPPORT:
            return say("for full support in Xen Orchestra use {goal}", goal=goal)
        case Action.ACCEPT_PARTIAL_SUPPORT:
            return say("keep it updated, and expect features of Xen Orchestra to be missing")
        case Action.ASK_FOR_SUCCESSOR:
            return say(
                "no later {product} with security updates is known for that day: ask the vendor for its successor",
                product=release.product,
            )
        case Action.ASK_FOR_END_OF_LIFE:
            return say("keep it updated, and ask the vendor for how long: our data has no end of life for it yet")
        case Action.WAIT if not by:
            return say("it came out on a day that is not known: ask about a day from then on")
        case Action.WAIT if advice.by and advice.by.day:
            return say("it came out on {day}: ask about a day from then on", day=by)
        case Action.WAIT:
            return say("it came out in {month}: ask about a day from then on", month=by)
    return say("nothing now but to keep it updated")


_PLANS = {
    Action.PLAN_UPGRADE: (
        message("plan the upgrade to {goal}"),
        message("plan the upgrade to {goal} before {day}"),
    ),
    Action.PLAN_MOVE: (message("plan the move to {goal}"), message("plan the move to {goal} before {day}")),
}
"""A plan without a day, and one with the day before which it is to be done."""


def _route(route: UpgradeRoute | None, on: date) -> str:
    """The goal's name with the steps before it: "XenServer 8 (by way of Citrix Hypervisor 8.2 CU1)"; without them where
    they are not advised."""
    if route is None:
        return ""
    between = [hop.arrival(on) for hop in (route.path or ())[:-1]] if route.is_advisable else []
    goal = route.goal.name(on)
    return say("{goal} (by way of {releases})", goal=goal, releases=", ".join(between)) if between else goal
