"""Advisories and patch levels in words: what a hole gives, what a judgement rests upon, and their JSON."""

from collections import Counter
from collections.abc import Iterable

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory, AdvisoryKind, AffectedProduct, AffectedRelease, Severity, ShownBy
from bot.advisories.judge import Judgement, PatchState, Why
from bot.advisories.patch_level import PatchLevel
from bot.catalogue import message, message_counted, number, say, say_counted
from bot.chat.command import Invocation
from bot.chat.data import Data, source_data
from bot.chat.reply import GAP, Mark, RichText, said, say_line
from bot.chat.wording import day_in_words
from bot.text import shown

KINDS = {
    AdvisoryKind.LOGIN_BYPASS: message("anybody can log in"),
    AdvisoryKind.HOST_TAKEOVER: message("hosts can be taken over by way of their management"),
    AdvisoryKind.GUEST_TO_HOST: message("a guest can take over its host"),
    AdvisoryKind.MANAGEMENT_PRIVILEGE: message("a user can get more rights in the management"),
    AdvisoryKind.GUEST_TO_GUEST_LEAK: message("a guest can read data of another one"),
    AdvisoryKind.HOST_LEAK: message("a guest can read data from outside itself"),
    AdvisoryKind.GUEST_TO_DEVICE_MODEL: message("a guest can take over the process that emulates its devices"),
    AdvisoryKind.HOST_DOS: message("a guest can stop its host"),
    AdvisoryKind.DOM0_PRIVILEGE: message("a local user of dom0 can become root"),
    AdvisoryKind.MANAGEMENT_DOS: message("the management can be stopped"),
    AdvisoryKind.MANAGEMENT_PLANE: message("a hole in the management"),
    AdvisoryKind.SECRET_LEAK: message("a secret shows where it does not belong"),
    AdvisoryKind.CPU: message("a flaw of processors"),
    AdvisoryKind.OTHER: message("what it gives is not known"),
    AdvisoryKind.DEPENDENCY: message("a hole in a library"),
    AdvisoryKind.GUEST_DOS: message("a guest can be stopped"),
    AdvisoryKind.GUEST_ONLY: message("it stays inside one guest"),
    AdvisoryKind.CLIENT: message("a hole in programs that talk with hosts"),
    AdvisoryKind.SUPPORT_STATEMENT: message("something gets no security support any more"),
}
"""What somebody gains by each kind of hole, as a clause."""

SEVERITIES = {
    Severity.CRITICAL: message("critical"),
    Severity.HIGH: message("high"),
    Severity.MEDIUM: message("medium"),
    Severity.LOW: message("low"),
}

WHY = {
    Why.FIXED_LEVEL: message("what runs has the fix"),
    Why.HYPERVISORS_PART: message("the hypervisor's part is fixed; microcode, which is needed too, is shown nowhere"),
    Why.LIVE_PATCHED: message("a live patch has the fix"),
    Why.HOTFIX_APPLIED: message("the hotfix is applied"),
    Why.OLDER: message("what runs is older than every build with the fix"),
    Why.NEVER_FIXED: message("support ended before there was a fix"),
    Why.SHARED_VALUE: message("builds with and without the fix show the same"),
    Why.BETWEEN: message("what runs is between the builds without and those with the fix"),
    Why.NEWER_THAN_DATA: message("what runs may be newer than the data"),
    Why.OTHER_BRANCH: message("what runs is of a later branch of Xen than the known fix"),
    Why.LIKELY_FIXED: message("very likely fixed, by the day of its build, which is no proof"),
    Why.RESTART_PENDING: message("a hotfix with the fix is applied; whether it runs is not known before a restart"),
    Why.HOTFIX_NOT_SEEN: message("no hotfix with the fix is listed, which is no proof"),
    Why.NO_FIELD: message("nothing that a host shows tells it"),
    Why.FIX_NOT_KNOWN: message("no build with the fix is known"),
    Why.NOT_SAID: message("which build runs there is not said"),
    Why.ODD_VALUE: message("what is said there cannot be read"),
    Why.AFFECTED_NOT_KNOWN: message("whether this release is affected is not known"),
    Why.RELEASE_NOT_COVERED: message("the data say nothing of this release"),
    Why.RELEASE_NOT_AFFECTED: message("this release is not affected"),
    Why.OTHER_CPU: message("it is of other processors"),
    Why.NOT_THE_HOST: message("it is not of hosts"),
    Why.BUILT_FROM_SOURCES: message("built from sources, it may have the fix all the same"),
}
"""What a judgement rests upon, as a clause about a host or a Xen Orchestra."""

EXPLOITED = Mark("🚨", message("used by attackers"))


def release_name(affected: AffectedRelease) -> str:
    """A product with its release, as people call it."""
    if affected.product is AffectedProduct.XENSERVER and affected.release == "8.2":
        return "Citrix Hypervisor 8.2"
    return f"{affected.product} {affected.release}" if affected.release else str(affected.product)


def fixed_from(affected: AffectedRelease) -> str | None:
    """The first value, package, hotfix or release with the fix, whichever is known."""
    known = [f"{each.name}-{each.version}" for each in affected.packages if each.version]
    known.extend(affected.hotfixes[:1])
    level = affected.levels.fixed_from if affected.levels else None
    return level or next(iter(known), None) or affected.fixed_in


_SHOWN_BY = {
    ShownBy.XEN: message("xen {level}"),
    ShownBy.XAPI: message("xapi {level}"),
    ShownBy.XAPI_BUILT: message("xapi built on {level}"),
}
"""The fields of a host that show fixes, as people know them: those of `fleet --json`."""


def fix_in_words(affected: AffectedRelease) -> str:
    """What has the fix, by the name of the field that shows it: `xen 4.17.6-8`; a package, a hotfix or a release by its
    own. Empty where the data know nothing that has it."""
    if affected.never_fixed:
        return ""
    levels, start = affected.levels, fixed_from(affected)
    if levels and levels.fixed_from and levels.field in _SHOWN_BY:
        # Xen's own release, below all of its builds: no build is meant
        return say(_SHOWN_BY[levels.field], level=levels.fixed_from.removesuffix("-0"))
    if levels and levels.fixed_from and affected.fixed_in:
        return say("{release} (xo-server {server})", release=affected.fixed_in, server=levels.fixed_from)
    return start or ""


def why_in_words(judgement: Judgement) -> str:
    """What a judgement rests upon, with what would tell more."""
    clauses = [say(WHY[judgement.why])]
    if judgement.restart_required:
        clauses.append(say("a restart may bring the fix"))
    if judgement.condition and judgement.state is not PatchState.NOT_AFFECTED:
        clauses.append(judgement.condition)
    if judgement.state is PatchState.CANNOT_TELL and judgement.look_for:
        clauses.append(say("look for {names}", names=", ".join(judgement.look_for)))
    return "; ".join(clauses)


def advisory_data(advisory: Advisory) -> Data:
    """An advisory as CONTRACT.md section 5 has it, with its severity."""
    return {
        "id": advisory.known_as,
        "ids": list(advisory.ids),
        "title": advisory.title,
        "kind": advisory.kinds[0].value,
        "severity": advisory.severity.value,
        "published_on": advisory.published.isoformat(),
        "exploited": advisory.exploited,
        "affected": [
            {
                "product": each.product.value,
                "release": each.release,
                "fixed_from": fixed_from(each),
                "condition": each.condition,
            }
            for each in advisory.affects
            if each.affected is not False
        ],
        "mitigation": advisory.mitigation,
        "sources": [source_data(each) for each in advisory.sources],
    }


def advisories_data(
    asked: Invocation, known: Advisories, outcome: str, found: Iterable[Advisory], unused: Iterable[str]
) -> Data:
    """What a reply about advisories says, as CONTRACT.md section 5 has it."""
    return {
        "query": asked.words,
        "as_of": asked.day.isoformat(),
        "data_of": known.day.isoformat(),
        "outcome": outcome,
        "advisories": [advisory_data(each) for each in found],
        "unused": list(unused),
    }


def exploited(advisory: Advisory) -> RichText:
    """That attackers use the hole, if they are known to."""
    return (GAP, said(EXPLOITED)) if advisory.exploited else ()


def advisories_context(known: Advisories, judgements: Iterable[Judgement | None] = ()) -> RichText:
    """Of which day the advisories are, and what some of the judgements on hosts, if there are any, were told from."""
    day = day_in_words(known.day)
    for each in judgements:
        if each and each.value:
            told = f"{each.field} {shown(each.value)}"
            return say_line("Told from what hosts say, such as {told} · advisories of {day}", told=told, day=day)
    return say_line("Advisories of {day}", day=day)


def patch_line(level: PatchLevel, explains: bool = True) -> str:
    """What of a patch level matters, in a line: what is open, what the host's fields leave open, what none shows.

    Without `explains` the last are counted as "not shown" alone, for where several lines have one NOT_SHOWN below.
    """
    known = level.having(PatchState.VULNERABLE)
    if not known:
        clauses = [say("no known hole is seen to be open here")]
    else:
        gravest = known[0].advisory.kinds[0]
        not_fixed = say_counted(
            len(known),
            "{count} known hole is not fixed here ({what})",
            "{count} known holes are not fixed here ({gravest} of them: {what})",
            gravest=number(sum(each.advisory.kinds[0] is gravest for each in known)),
            what=say(KINDS[gravest]),
        )
        clauses = [not_fixed]
    if not_told := level.not_told:
        reasons = Counter(each.why for each in not_told if each.state is PatchState.CANNOT_TELL)
        if reasons:
            why = say(WHY[reasons.most_common(1)[0][0]])
            clauses.append(say_counted(len(not_told), *_NOT_TOLD_AS, why=why))
        else:
            clauses.append(say_counted(len(not_told), "{count} cannot be told", "{count} cannot be told"))
    if not_shown := len(level.not_shown):
        told = _NOT_SHOWN_EITHER if known or not_told else _NOT_SHOWN
        clauses.append(say_counted(not_shown, *told[explains]))
    if level.restart_required:
        clauses.append(say("a restart may bring fixes"))
    return "; ".join(clauses)


_NOT_TOLD_AS = message_counted("{count} cannot be told ({why})", "{count} cannot be told ({why})")
_NOT_SHOWN = (
    message_counted("{count} not shown", "{count} not shown"),
    message_counted(
        "{count} is told by nothing that a host shows, such as the kernel's",
        "{count} are told by nothing that a host shows, such as the kernel's",
    ),
)
_NOT_SHOWN_EITHER = (
    message_counted("{count} more not shown", "{count} more not shown"),
    message_counted(
        "{count} more is told by nothing that a host shows, such as the kernel's",
        "{count} more are told by nothing that a host shows, such as the kernel's",
    ),
)
"""In short, and with what that is."""

NOT_SHOWN = message("Not shown: what no field of a host tells, such as holes of the kernel.")


def patch_data(level: PatchLevel | None, restart_required: bool | None) -> Data:
    """A host's patch level for scripts (docs/patches.md); `restart_required` is the host's own word.

    None: it says nothing of its software, or runs no known release.
    """
    return {
        "state": level.state.value if level else PatchState.CANNOT_TELL.value,
        "vulnerable": [each.known_as for each in level.vulnerable] if level else [],
        "cannot_tell": len(level.not_told) if level else None,
        "not_shown": len(level.not_shown) if level else None,
        "restart_required": restart_required,
    }
