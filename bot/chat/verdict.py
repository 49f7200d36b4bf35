"""A verdict in words: its signs, each an emoji with its word, and the next step. Support and lifecycle stay apart."""

from collections.abc import Iterator
from datetime import date

from bot.chat.reply import Block, Bullets, Link, Mark, Plain, RichText, Strong, headline, line, with_code
from bot.chat.wording import capitalized, day_in_words, distance, joined
from bot.matrix.assess import Assessment
from bot.matrix.feature import Availability, Feature, FeatureAnswer
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.recommend import Action, Recommendation, UpgradeRoute
from bot.matrix.release import Release
from bot.matrix.requirement import Requirement
from bot.matrix.support import Badge, PublishedList, Support, SupportLevel

_STAGES = {
    LifecycleStage.PRERELEASE: Mark("❔", "pre-release"),
    LifecycleStage.UPCOMING: Mark("🕓", "not released yet"),
    LifecycleStage.SUPPORTED: Mark("🟢", "gets security updates"),
    LifecycleStage.MAINTENANCE: Mark("🔶", "critical security updates only"),
}
_UPDATES = {
    LifecycleStage.PRERELEASE: Mark("❔", "pre-release"),
    LifecycleStage.UPCOMING: Mark("🕓", "not released yet"),
    LifecycleStage.SUPPORTED: Mark("🟢", "all"),
    LifecycleStage.MAINTENANCE: Mark("🔶", "critical only"),
    LifecycleStage.EOL: Mark("☠️", "none"),
}
_LEVELS = {SupportLevel.FULL: "full", SupportLevel.PARTIAL: "partial"}
NOT_KNOWN = Mark("❔", "end of life not known")
NOT_LISTED = Mark("❔", "not on the Host Compatibility List")


def badge_mark(published: PublishedList, badge: Badge) -> Mark:
    """A badge as the legend words it."""
    sign = next(sign for sign in published.legend if sign.badge is badge)
    return Mark(sign.emoji, sign.words)


def support_marks(published: PublishedList, assessment: Assessment) -> tuple[Mark, ...]:
    """What Xen Orchestra's list says of the release; of a prerelease, which no list has, its stage says enough."""
    if assessment.stage is LifecycleStage.PRERELEASE:
        return ()
    if assessment.support.level is SupportLevel.UNLISTED:
        return (NOT_LISTED,)
    return tuple(badge_mark(published, b) for b in assessment.badges if b is not Badge.NO_SECURITY_UPDATES)


def stage_mark(published: PublishedList, assessment: Assessment, since: bool = False) -> Mark:
    """What the vendor's dates say; `since` adds the day a release lost its security updates."""
    if assessment.stage is LifecycleStage.SUPPORTED and assessment.lifecycle.eol is None:
        return NOT_KNOWN
    if assessment.stage is not LifecycleStage.EOL:
        return _STAGES[assessment.stage]
    skull = badge_mark(published, Badge.NO_SECURITY_UPDATES)
    eol = assessment.lifecycle.eol
    return Mark(skull.emoji, f"{skull.text} since {day_in_words(eol)}") if since and eol else skull


def updates_mark(stage: LifecycleStage, has_end: bool) -> Mark:
    """The same in a column *Security updates*. `has_end`: the end of life is known."""
    return Mark("❔", "not known") if stage is LifecycleStage.SUPPORTED and not has_end else _UPDATES[stage]


def support_cell(published: PublishedList, support: Support) -> RichText:
    """What the list says of a release in a column *Xen Orchestra*."""
    signs = {sign.badge: sign.emoji for sign in published.legend}
    if support.level is SupportLevel.UNLISTED:
        return line(Mark("❔", "not on the list"))
    cell = line(Mark(signs[Badge(support.level.value)], _LEVELS[support.level]))
    return (*cell, Plain(", "), Mark(signs[Badge.EXTRA_FEATURES], "extras")) if support.extra_features else cell


def verdict(published: PublishedList, assessment: Assessment, since: bool = False) -> RichText:
    """The first line about a release: name, support, lifecycle (REPLIES.md rule 1)."""
    marks = support_marks(published, assessment)
    return headline(Strong(assessment.name), *marks, stage_mark(published, assessment, since))


def why(assessment: Assessment) -> RichText:
    """Why the verdict matters, support and lifecycle apart."""
    if assessment.stage is LifecycleStage.PRERELEASE:
        return line("It is a pre-release: for tests, without support or timely security fixes.")
    said = [_lifecycle_sentence(assessment)]
    support = assessment.support
    if support.level is SupportLevel.UNLISTED:
        is_known = "whether Xen Orchestra works with it is not known"
        said.append(f"It is a real release, but the list does not have it: {is_known}.")
    elif support.level is SupportLevel.PARTIAL:
        said.append("Not all Xen Orchestra features work.")
        if not support.official:
            said.append("There is no official support.")
    elif assessment.stage is LifecycleStage.EOL:
        said.append("Xen Orchestra works with it, but the platform gets no security updates.")
    if until := assessment.extra_features_until:
        said.append(f"The list showed all extra features for it until {day_in_words(until)}; the host still has them.")
    return line(" ".join(said))


def _lifecycle_sentence(assessment: Assessment) -> str:
    life, on = assessment.lifecycle, assessment.on
    if assessment.stage is LifecycleStage.UPCOMING:
        return f"On {day_in_words(on)} it was not out yet. {recommendation(assessment)}"
    if life.eol is None:
        return "Its end of life is not known."
    when = f"{day_in_words(life.eol)} ({distance(life.eol, on)})"
    if assessment.stage is LifecycleStage.EOL:
        return f"End of life since {when}."
    if assessment.stage is LifecycleStage.MAINTENANCE and life.maintenance_ends:
        return f"Maintenance ended on {day_in_words(life.maintenance_ends)}; end of life on {when}."
    return f"Supported until {when}."


_NOT_YET = {Availability.PREVIEW: "a tech preview", Availability.PLANNED: "planned"}


def feature_answer(feature: Feature, assessment: Assessment) -> FeatureAnswer:
    """Whether what was assessed has a feature. What a prerelease has of it nobody says."""
    return FeatureAnswer.UNKNOWN if assessment.prerelease else feature.answer(assessment.release)


def feature_sentence(feature: Feature, assessment: Assessment) -> RichText:
    """The same in words: "vTPM on XCP-ng 8.2 LTS: no, it came with XCP-ng 8.3."."""
    support, answer = feature.of(assessment.release.product), feature_answer(feature, assessment)
    likely = "likely " if support.inferred else ""
    since = f"{assessment.release.product} {support.release.number}" if support.release else ""
    match answer:
        case FeatureAnswer.UNKNOWN:
            said = "not known, our sources do not say"
        case FeatureAnswer.YES:
            said = f"{likely}yes, {f'since {since}' if since else 'every release has it'}"
        case FeatureAnswer.NO if support.availability in _NOT_YET:
            said = f"not yet, it is {_NOT_YET[support.availability]}"
        case FeatureAnswer.NO:
            said = f"{likely}no, {f'it came with {since}' if since else f'no {assessment.release.product} has it'}"
    return line(Strong(feature.name), " on ", Strong(assessment.name), f": {said}.")


def requirements(assessment: Assessment) -> Iterator[Block]:
    """Under what the release counts as supported on that day, where that is not without conditions."""
    if assessment.requirements:
        items = ((*with_code(each.text), *_details(each)) for each in assessment.requirements)
        yield Bullets(tuple(items), "Supported only as long as")


def _details(requirement: Requirement) -> RichText:
    return line("  ", Link("details", requirement.url)) if requirement.url else ()


def recommendation(assessment: Assessment) -> str:
    """What to do next, as a sentence: "Upgrade to XCP-ng 8.3 LTS."."""
    return capitalized(next_step(assessment.recommendation, assessment.release, assessment.on))


def next_step(advice: Recommendation, release: Release, on: date, hosts: str = "") -> str:
    """What to do next about a release on a day, as a clause with its full stop: "upgrade to XCP-ng 8.3 LTS.".

    Of `hosts` that run it, by their names: "upgrade xen-2 and xen-3 to XCP-ng 8.3 LTS.".
    """
    if verb := _VERBS.get(advice.action):
        return f"{verb}{f' {hosts}' if hosts else ''} to {_goals(advice, release, on)}."
    clause = _clause(advice, release, on)
    return f"{hosts}: {clause}." if hosts else f"{clause}."


_VERBS = {Action.UPGRADE: "upgrade", Action.MOVE: "move", Action.INSTALL_ANEW: "move", Action.TAKE_FINAL: "move"}


def _goals(advice: Recommendation, release: Release, on: date) -> str:
    goal, other = _route(advice.route, on), advice.alternative.goal.name(on) if advice.alternative else ""
    match advice.action:
        case Action.TAKE_FINAL:
            in_place = joined(release.updates_in_place, "or")
            how = f"by ISO{f' (only {in_place} can be updated in place)' if in_place else ''}"
            return f"the final {goal} {how}{f', once it is out ({day_in_words(advice.by)})' if advice.by else ''}"
        case Action.INSTALL_ANEW:
            goals = f"{goal} or {other}" if other else goal
            if any(route and route.path for route in (advice.route, advice.alternative)):
                return f"{goals}: no vendor documents an upgrade, so install it anew"
            return f"{goals}: our sources show no upgrade path, so ask the vendor or install it anew"
        case Action.MOVE if other:
            return f"{goal}, or install {other} anew"
    return f"{goal}, or move to {other}" if other else goal


def _clause(advice: Recommendation, release: Release, on: date) -> str:
    before = f" before {day_in_words(advice.by)}" if advice.by else ""
    match advice.action:
        case Action.PLAN_UPGRADE | Action.PLAN_MOVE:
            what = "upgrade" if advice.action is Action.PLAN_UPGRADE else "move"
            no_path = (
                "" if advice.route and advice.route.is_advisable else ": our sources show no upgrade path to it yet"
            )
            other = f", or move to {advice.alternative.goal.name(on)}" if advice.alternative else ""
            return f"plan the {what} to {_route(advice.route, on)}{before}{no_path}{other}"
        case Action.PLAN_SUCCESSOR:
            return f"plan what follows it{before}: no successor with a longer support is known for that day"
        case Action.GAIN_FULL_SUPPORT:
            how = "upgrade to" if advice.route and advice.route.is_advisable else "use"
            return f"for full support in Xen Orchestra {how} {_route(advice.route, on)}"
        case Action.ACCEPT_PARTIAL_SUPPORT:
            return "keep it updated, and expect features of Xen Orchestra to be missing"
        case Action.ASK_FOR_SUCCESSOR:
            product = release.product
            return f"no later {product} with security updates is known for that day: ask the vendor for its successor"
        case Action.ASK_FOR_END_OF_LIFE:
            return "keep it updated, and ask the vendor for how long: our data has no end of life for it yet"
        case Action.WAIT:
            at = "on" if advice.by and advice.by.day else "in"
            when = day_in_words(advice.by) if advice.by else "a day that is not known"
            return f"it came out {at} {when}: ask about a day from then on"
    return "nothing now but to keep it updated"


def _route(route: UpgradeRoute | None, on: date) -> str:
    """The goal's name with the steps before it: "XenServer 8 (by way of Citrix Hypervisor 8.2 CU1)"; without them where
    they are not advised."""
    if route is None:
        return ""
    between = [hop.arrival(on) for hop in (route.path or ())[:-1]] if route.is_advisable else []
    return f"{route.goal.name(on)} (by way of {', '.join(between)})" if between else route.goal.name(on)
