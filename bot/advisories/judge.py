"""Whether a host has the fix of an advisory, by what its XAPI says: vulnerable, fixed, or not to be told.

The rules are those of docs/decisions/0025. No value that is odd, missing or too long ever counts as fixed.
"""

import re
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.advisories.advisory import Advisory, AdvisoryKind, AffectedRelease, CpuVendor, Levels, ShownBy
from bot.advisories.rpm_version import compare_builds, compare_versions
from bot.matrix.release import Release
from bot.xapi.observation import Software


class PatchState(StrEnum):
    """What can be said of one advisory on one host."""

    VULNERABLE = "vulnerable"
    FIXED = "fixed"
    CANNOT_TELL = "cannot_tell"
    NOT_AFFECTED = "not_affected"


class Why(StrEnum):
    """What a judgement rests upon."""

    FIXED_LEVEL = "fixed_level"
    """The value is at, or above, the first one that proves the fix."""
    HYPERVISORS_PART = "hypervisors_part"
    """The same, of an advisory that needs microcode too, which no field shows: the hypervisor's part is fixed."""
    LIVE_PATCHED = "live_patched"
    """A live patch brings what runs to that level."""
    HOTFIX_APPLIED = "hotfix_applied"
    OLDER = "older"
    """The value is older than every build with the fix."""
    NEVER_FIXED = "never_fixed"
    """The release went out of support without a fix."""
    SHARED_VALUE = "shared_value"
    """Fixed and unfixed builds show this value."""
    BETWEEN = "between"
    """Between the builds without and those with the fix, and none of them."""
    NEWER_THAN_DATA = "newer_than_data"
    """What the builds that show this value, or a later one, hold is not known to the data."""
    OTHER_BRANCH = "other_branch"
    """Of a later branch of Xen than the fix: its numbers cannot be compared with the fix's."""
    LIKELY_FIXED = "likely_fixed"
    """Built on or after the day of the fixed package: very likely fixed, which is no proof."""
    RESTART_PENDING = "restart_pending"
    """A hotfix with the fix is applied; that it runs is not known, as a restart is due, or may be."""
    HOTFIX_NOT_SEEN = "hotfix_not_seen"
    """None of the hotfixes that are known to hold the fix is listed, which is no proof."""
    NO_FIELD = "no_field"
    """Nothing that a host says through XAPI shows it."""
    FIX_NOT_KNOWN = "fix_not_known"
    """The data know no build of this release that has the fix, nor the last one that lacks it."""
    NOT_SAID = "not_said"
    """The host does not say what would show it."""
    ODD_VALUE = "odd_value"
    """The value has no form that such values have."""
    AFFECTED_NOT_KNOWN = "affected_not_known"
    """Whether this release is affected is not known."""
    RELEASE_NOT_COVERED = "release_not_covered"
    """The advisory says nothing of this release."""
    RELEASE_NOT_AFFECTED = "release_not_affected"
    OTHER_CPU = "other_cpu"
    """It is of another vendor's processors."""
    NOT_THE_HOST = "not_the_host"
    """It is of guests, of programs that talk with hosts, or of Xen Orchestra."""
    BUILT_FROM_SOURCES = "built_from_sources"
    """The number of the release before the fix: a Xen Orchestra built from sources may have the fix all the same."""


class Judgement(NamedTuple):
    """What can be said of one advisory, and by what.

    `field` and `value` are what was looked at, as the host gave it, if anything was. `condition` is what must hold too
    and cannot be checked. `restart_required`: updates wait for a restart, which may bring the fix. `look_for` names
    what has the fix, packages with their versions where known, and hotfixes. `shown` is what the field alone says,
    whether or not the release is affected; None where no field shows it.
    """

    advisory: Advisory
    state: PatchState
    field: str | None
    value: str | None
    why: Why
    condition: str | None
    restart_required: bool
    look_for: tuple[str, ...]
    shown: PatchState | None = None


def judge(advisory: Advisory, release: Release, software: Software | None, reboot_required: bool | None) -> Judgement:
    """What can be said of an advisory on a host of that release, which says this of its software."""
    affected = advisory.of(release)
    said = software or Software()
    condition = affected.condition if affected else None
    if not advisory.component.of_a_host:
        return _plain(advisory, PatchState.NOT_AFFECTED, Why.NOT_THE_HOST, condition)
    if affected is None:
        return _plain(advisory, PatchState.CANNOT_TELL, Why.RELEASE_NOT_COVERED, None)
    found = _found(affected, said, reboot_required)
    shown = found.state if found and (affected.levels or affected.hotfixes) else None
    if affected.affected is False:
        return _plain(advisory, PatchState.NOT_AFFECTED, Why.RELEASE_NOT_AFFECTED, condition, shown)
    if affected.cpu and said.cpu_vendor in tuple(CpuVendor):
        if said.cpu_vendor != affected.cpu:
            other = _plain(advisory, PatchState.NOT_AFFECTED, Why.OTHER_CPU, condition, shown)
            return other._replace(field="cpu_info.vendor", value=said.cpu_vendor)
        condition = affected.needs
    if found is None:
        is_shown = advisory.component.is_shown and AdvisoryKind.SUPPORT_STATEMENT not in advisory.kinds
        found = _Found(PatchState.CANNOT_TELL, Why.FIX_NOT_KNOWN if is_shown else Why.NO_FIELD)
    if found.state is PatchState.FIXED and advisory.needs_microcode:
        found = found._replace(why=Why.HYPERVISORS_PART)
    if affected.affected is None and found.state is not PatchState.FIXED:
        found = found._replace(state=PatchState.CANNOT_TELL, why=Why.AFFECTED_NOT_KNOWN)
    restart = found.why is Why.RESTART_PENDING and reboot_required is True
    if found.state is PatchState.VULNERABLE and found.why is not Why.NEVER_FIXED:
        applied = any(name in affected.hotfixes for name in said.hotfixes)
        restart = applied or (reboot_required is True and affected.has_known_fix)
    return Judgement(
        advisory=advisory,
        state=found.state,
        field=found.field,
        value=found.value,
        why=found.why,
        condition=condition,
        restart_required=restart,
        look_for=_look_for(advisory, affected, found),
        shown=shown,
    )


class _Found(NamedTuple):
    """What a field says by itself."""

    state: PatchState
    why: Why
    field: str | None = None
    value: str | None = None


def _plain(
    advisory: Advisory, state: PatchState, why: Why, condition: str | None, shown: PatchState | None = None
) -> Judgement:
    """A judgement for which nothing that the host says matters."""
    return Judgement(advisory, state, None, None, why, condition, False, (), shown)


def _look_for(advisory: Advisory, affected: AffectedRelease, found: _Found) -> tuple[str, ...]:
    """What has the fix; the package's name alone where no version is known."""
    if found.state is PatchState.FIXED or affected.never_fixed:
        return ()
    known = [f"{package.name}-{package.version}" if package.version else package.name for package in affected.packages]
    known.extend(affected.hotfixes[:1])
    return tuple(known) or ((advisory.component.package,) if advisory.component.package else ())


def _found(affected: AffectedRelease, software: Software, reboot_required: bool | None) -> _Found | None:
    """What the host's fields say of the fix; None where none of them shows it."""
    if affected.never_fixed:
        return _Found(PatchState.VULNERABLE, Why.NEVER_FIXED)
    levels = affected.levels
    found: _Found | None = None
    if levels and levels.field is ShownBy.XEN:
        found = _by_xen(levels, software)
    elif levels:
        found = _by_xapi(levels, software)
    if affected.hotfixes and (found is None or found.why in (Why.NOT_SAID, Why.ODD_VALUE)):
        applied = next((name for name in reversed(affected.hotfixes) if name in software.hotfixes), None)
        if applied and reboot_required is False:
            return _Found(PatchState.FIXED, Why.HOTFIX_APPLIED, ShownBy.HOTFIXES, applied)
        if applied:
            return _Found(PatchState.CANNOT_TELL, Why.RESTART_PENDING, ShownBy.HOTFIXES, applied)
        return found or _Found(PatchState.CANNOT_TELL, Why.HOTFIX_NOT_SEEN, ShownBy.HOTFIXES)
    return found


_BUILD = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}-[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}"
_LIVE_PATCH = re.compile(rf"lp_({_BUILD})-({_BUILD})")
_XEN = re.compile(rf"({_BUILD})(?:-d)?")
"""A hypervisor that was booted from its debug build says so at its end."""
_XAPI = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}(?:\.[0-9]{1,4})?")
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:T[0-9:]{1,15}Z?)?")


def _by_xen(levels: Levels, software: Software) -> _Found:
    """By the hypervisor that runs, and the live patches that are applied to it."""
    field, value = ShownBy.XEN, software.xen
    if not value:
        return _Found(PatchState.CANNOT_TELL, Why.NOT_SAID, field)
    read = _XEN.fullmatch(value)
    if not read:
        return _Found(PatchState.CANNOT_TELL, Why.ODD_VALUE, field, value)
    found = _by_level(levels, read[1], value)
    if found.state is PatchState.FIXED or not software.livepatches:
        return found
    for name in map(str.strip, software.livepatches.split(",")):
        patch = _LIVE_PATCH.fullmatch(name)
        if not patch or _by_level(levels, patch[2], name).state is not PatchState.FIXED:
            continue
        if patch[1] == read[1]:
            return _Found(PatchState.FIXED, Why.LIVE_PATCHED, ShownBy.LIVEPATCHES, name)
        found = _Found(PatchState.CANNOT_TELL, Why.ODD_VALUE, ShownBy.LIVEPATCHES, name)
    return found


def _by_level(levels: Levels, build: str, value: str) -> _Found:
    """By a build of the hypervisor; `value` is what the host said. What is below every known value lacks the fix."""
    if levels.fixed_from and compare_builds(build, levels.fixed_from) >= 0:
        if _branch(build) == _branch(levels.fixed_from):
            return _Found(PatchState.FIXED, Why.FIXED_LEVEL, levels.field, value)
        return _Found(PatchState.CANNOT_TELL, Why.OTHER_BRANCH, levels.field, value)
    marks = [*levels.cannot_tell, *filter(None, (levels.fixed_from, levels.unknown_from))]
    if all(compare_builds(build, mark) < 0 for mark in marks):
        return _Found(PatchState.VULNERABLE, Why.OLDER, levels.field, value)
    if build in levels.cannot_tell:
        return _Found(PatchState.CANNOT_TELL, Why.SHARED_VALUE, levels.field, value)
    if not levels.fixed_from or (levels.unknown_from and compare_builds(build, levels.unknown_from) >= 0):
        return _Found(PatchState.CANNOT_TELL, Why.NEWER_THAN_DATA, levels.field, value)
    return _Found(PatchState.CANNOT_TELL, Why.BETWEEN, levels.field, value)


def _branch(build: str) -> list[str]:
    """Xen 4.17 of 4.17.6-9. A later branch may have been cut before a fix that an earlier one has."""
    return build.split(".")[:2]


def _by_xapi(levels: Levels, software: Software) -> _Found:
    """By the version of xapi, and the day on which it was built."""
    field, value = ShownBy.XAPI, software.xapi
    if levels.field is ShownBy.XAPI_BUILT:
        return _by_day(levels, software.xapi_built)
    if not value:
        return _Found(PatchState.CANNOT_TELL, Why.NOT_SAID, field)
    if not _XAPI.fullmatch(value):
        return _Found(PatchState.CANNOT_TELL, Why.ODD_VALUE, field, value)
    if levels.fixed_from:
        compared = _compare_xapi(value, levels.fixed_from)
        if compared > 0 or (compared == 0 and value.count(".") == 2):
            return _Found(PatchState.FIXED, Why.FIXED_LEVEL, field, value)
    marks = [*levels.cannot_tell, *filter(None, (levels.fixed_from,))]
    if all(_compare_xapi(value, mark) < 0 for mark in marks):
        return _Found(PatchState.VULNERABLE, Why.OLDER, field, value)
    if value in levels.cannot_tell:
        return _by_day(levels, software.xapi_built)
    return _Found(PatchState.CANNOT_TELL, Why.BETWEEN, field, value)


def _compare_xapi(value: str, mark: str) -> int:
    """As compare_versions; of a host that shows major and minor only, no more than these is compared."""
    return compare_versions(value, ".".join(mark.split(".")[: value.count(".") + 1]))


def _by_day(levels: Levels, value: str | None) -> _Found:
    """By the day on which the running xapi was built. It never proves a fix."""
    field = ShownBy.XAPI_BUILT
    if not value:
        return _Found(PatchState.CANNOT_TELL, Why.NOT_SAID, field)
    try:
        read = _DAY.fullmatch(value)
        day = date(*map(int, read.groups())) if read else None
    except ValueError:
        day = None
    if day is None:
        return _Found(PatchState.CANNOT_TELL, Why.ODD_VALUE, field, value)
    if levels.built_before and day < levels.built_before:
        return _Found(PatchState.VULNERABLE, Why.OLDER, field, value)
    if levels.likely_built_from and day >= levels.likely_built_from:
        return _Found(PatchState.CANNOT_TELL, Why.LIKELY_FIXED, field, value)
    return _Found(PatchState.CANNOT_TELL, Why.SHARED_VALUE, field, value)
