"""Advisories and patch levels in English: what a hole gives, what a judgement rests upon, and their JSON."""

from collections import Counter

from bot.advisories.advisory import Advisory, AdvisoryKind, AffectedProduct, AffectedRelease, ShownBy
from bot.advisories.judge import Judgement, PatchState, Why
from bot.advisories.patch_level import PatchLevel
from bot.chat.data import Data, source_data
from bot.chat.reply import Mark
from bot.chat.wording import counted, plural

KINDS = {
    AdvisoryKind.LOGIN_BYPASS: "anybody can log in",
    AdvisoryKind.HOST_TAKEOVER: "hosts can be taken over by way of their management",
    AdvisoryKind.GUEST_TO_HOST: "a guest can take over its host",
    AdvisoryKind.MANAGEMENT_PRIVILEGE: "a user can get more rights in the management",
    AdvisoryKind.GUEST_TO_GUEST_LEAK: "a guest can read data of another one",
    AdvisoryKind.HOST_LEAK: "a guest can read data from outside itself",
    AdvisoryKind.GUEST_TO_DEVICE_MODEL: "a guest can take over the process that emulates its devices",
    AdvisoryKind.HOST_DOS: "a guest can stop its host",
    AdvisoryKind.DOM0_PRIVILEGE: "a local user of dom0 can become root",
    AdvisoryKind.MANAGEMENT_DOS: "the management can be stopped",
    AdvisoryKind.MANAGEMENT_PLANE: "a hole in the management",
    AdvisoryKind.SECRET_LEAK: "a secret shows where it does not belong",
    AdvisoryKind.CPU: "a flaw of processors",
    AdvisoryKind.OTHER: "what it gives is not known",
    AdvisoryKind.DEPENDENCY: "a hole in a library",
    AdvisoryKind.GUEST_DOS: "a guest can be stopped",
    AdvisoryKind.GUEST_ONLY: "it stays inside one guest",
    AdvisoryKind.CLIENT: "a hole in programs that talk with hosts",
    AdvisoryKind.SUPPORT_STATEMENT: "something gets no security support any more",
}
"""What somebody gains by each kind of hole, as a clause."""

STATES = {
    PatchState.VULNERABLE: "vulnerable",
    PatchState.FIXED: "fixed",
    PatchState.CANNOT_TELL: "cannot tell",
    PatchState.NOT_AFFECTED: "not affected",
}

WHY = {
    Why.FIXED_LEVEL: "what runs has the fix",
    Why.HYPERVISORS_PART: "the hypervisor's part is fixed; microcode, which is needed too, is shown nowhere",
    Why.LIVE_PATCHED: "a live patch has the fix",
    Why.HOTFIX_APPLIED: "the hotfix is applied",
    Why.OLDER: "what runs is older than every build with the fix",
    Why.NEVER_FIXED: "support ended before there was a fix",
    Why.SHARED_VALUE: "builds with and without the fix show the same",
    Why.BETWEEN: "what runs is between the builds without and those with the fix",
    Why.NEWER_THAN_DATA: "what runs may be newer than the data",
    Why.OTHER_BRANCH: "what runs is of a later branch of Xen than the known fix",
    Why.LIKELY_FIXED: "very likely fixed, by the day of its build, which is no proof",
    Why.RESTART_PENDING: "a hotfix with the fix is applied; whether it runs is not known before a restart",
    Why.HOTFIX_NOT_SEEN: "no hotfix with the fix is listed, which is no proof",
    Why.NO_FIELD: "nothing that a host shows tells it",
    Why.FIX_NOT_KNOWN: "no build with the fix is known",
    Why.NOT_SAID: "which build runs there is not said",
    Why.ODD_VALUE: "what is said there cannot be read",
    Why.AFFECTED_NOT_KNOWN: "whether this release is affected is not known",
    Why.RELEASE_NOT_COVERED: "the data say nothing of this release",
    Why.RELEASE_NOT_AFFECTED: "this release is not affected",
    Why.OTHER_CPU: "it is of other processors",
    Why.NOT_THE_HOST: "it is not of hosts",
    Why.BUILT_FROM_SOURCES: "built from sources, it may have the fix all the same",
}
"""What a judgement rests upon, as a clause about a host or a Xen Orchestra."""

EXPLOITED = Mark("🚨", "used by attackers")


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


_FIELDS = {ShownBy.XEN: "xen", ShownBy.XAPI: "xapi", ShownBy.XAPI_BUILT: "xapi built on"}
"""The fields of a host that show fixes, as people know them: those of `fleet --json`."""


def fix_in_words(affected: AffectedRelease) -> str:
    """What has the fix, by the name of the field that shows it: `xen 4.17.6-8`; a package, a hotfix or a release by its
    own. Empty where the data know nothing that has it."""
    if affected.never_fixed:
        return ""
    levels, start = affected.levels, fixed_from(affected)
    if levels and levels.fixed_from and levels.field in _FIELDS:
        # Xen's own release, below all of its builds: no build is meant
        return f"{_FIELDS[levels.field]} {levels.fixed_from.removesuffix('-0')}"
    if levels and levels.fixed_from and affected.fixed_in:
        return f"{affected.fixed_in} (xo-server {start})"
    return start or ""


def why_in_words(judgement: Judgement) -> str:
    """What a judgement rests upon, with what would tell more."""
    said = WHY[judgement.why]
    if judgement.restart_required:
        said = f"{said}; a restart may bring the fix"
    if judgement.condition and judgement.state is not PatchState.NOT_AFFECTED:
        said = f"{said}; {judgement.condition}"
    if judgement.state is PatchState.CANNOT_TELL and judgement.look_for:
        said = f"{said}; look for {', '.join(judgement.look_for)}"
    return said


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


def patch_line(level: PatchLevel) -> str:
    """What of a patch level matters, in a line: what is open, what the host's fields leave open, what none shows."""
    known = level.having(PatchState.VULNERABLE)
    if not known:
        said = ["no known hole is seen to be open here"]
    else:
        gravest = known[0].advisory.kinds[0]
        count = sum(each.advisory.kinds[0] is gravest for each in known)
        of_them = f"{count} of them: " if len(known) > 1 else ""
        verb = plural(len(known), "is", "are")
        said = [f"{counted(len(known), 'known hole')} {verb} not fixed here ({of_them}{KINDS[gravest]})"]
    if not_told := level.not_told:
        reasons = Counter(each.why for each in not_told if each.state is PatchState.CANNOT_TELL)
        why = f" ({WHY[reasons.most_common(1)[0][0]]})" if reasons else ""
        said.append(f"{len(not_told)} cannot be told{why}")
    if count := len(level.not_shown):
        more = " more" if len(said) > 1 or known else ""
        said.append(
            f"{count}{more} {plural(count, 'is', 'are')} told by nothing that a host shows, such as the kernel's"
        )
    if level.restart_required:
        said.append("a restart may bring fixes")
    return "; ".join(said)


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
