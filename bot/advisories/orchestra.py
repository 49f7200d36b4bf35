"""Which release of Xen Orchestra an xo-server is of, and which holes it has: by its number alone."""

import re
from datetime import date
from functools import cmp_to_key
from typing import NamedTuple

from bot.advisories.advisory import Advisory, ShownBy
from bot.advisories.judge import Judgement, PatchState, Why
from bot.advisories.rpm_version import compare_versions

_SERVER = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,5}")


class OrchestraRelease(NamedTuple):
    """A release of Xen Orchestra. `server` is None where it brought no new xo-server and shows the one before;
    `rest_api` where its change log names no new one."""

    number: str
    released: date
    server: str | None
    rest_api: str | None


class ServerPlace(NamedTuple):
    """Where an xo-server stands among the releases: those that show its number, else the ones beside it.

    `exact` holds several where a release brought no new xo-server. `after` is the release below (None: older than all),
    `before` the one above (None: newer than all that are known, which is never "fine").
    """

    exact: tuple[OrchestraRelease, ...] = ()
    after: OrchestraRelease | None = None
    before: OrchestraRelease | None = None


class OrchestraReleases:
    """Xen Orchestra's releases, as its change log has them; `every` is newest first."""

    def __init__(self, every: tuple[OrchestraRelease, ...]) -> None:
        self.every = every
        by_number = cmp_to_key(compare_versions)
        oldest_first = sorted(every, key=lambda release: by_number(release.number))
        self._by_server: dict[str, tuple[OrchestraRelease, ...]] = {}
        shown: str | None = None
        for release in oldest_first:
            shown = release.server or shown
            if shown:
                self._by_server[shown] = (*self._by_server.get(shown, ()), release)
        self._servers = sorted(self._by_server, key=by_number)

    @property
    def newest_server(self) -> str:
        """The highest xo-server that is known."""
        return self._servers[-1]

    def place(self, server: str) -> ServerPlace:
        """Where an xo-server of that number stands. ValueError for what is no such number."""
        if not _SERVER.fullmatch(server):
            raise ValueError("a number such as 5.207.2 is allowed")
        if server in self._by_server:
            return ServerPlace(exact=self._by_server[server])
        below = [each for each in self._servers if compare_versions(each, server) < 0]
        above = self._servers[len(below) :]
        return ServerPlace(
            after=self._by_server[below[-1]][0] if below else None,
            before=self._by_server[above[0]][0] if above else None,
        )

    def of_rest_api(self, version: str) -> tuple[OrchestraRelease, ...]:
        """The releases that brought this version of `@xen-orchestra/rest-api`; later ones may have kept it."""
        return tuple(release for release in self.every if release.rest_api == version)

    def last_before(self, server: str) -> str | None:
        """The highest known xo-server below one."""
        return next((each for each in reversed(self._servers) if compare_versions(each, server) < 0), None)


def judge_orchestra(
    advisory: Advisory,
    server: str | None,
    releases: OrchestraReleases,
    fixed_from: str | None = None,
    from_sources: bool = False,
) -> Judgement:
    """What can be said of an advisory on a Xen Orchestra whose xo-server has that number.

    `fixed_from` is the operator's word for the advisories that have `operator_fills`; it makes nothing better that the
    data call vulnerable. Built from sources, a number may be that of the release before a fix which is there already.
    """
    affected = advisory.of_orchestra
    levels = affected.levels if affected else None
    if affected is None or levels is None:
        return _judgement(advisory, PatchState.NOT_AFFECTED, Why.RELEASE_NOT_AFFECTED, server)
    if not server:
        return _judgement(advisory, PatchState.CANNOT_TELL, Why.NOT_SAID, None)
    if not _SERVER.fullmatch(server):
        return _judgement(advisory, PatchState.CANNOT_TELL, Why.ODD_VALUE, server)
    if levels.vulnerable_up_to and compare_versions(server, levels.vulnerable_up_to) <= 0:
        return _judgement(advisory, PatchState.VULNERABLE, Why.OLDER, server)
    fix = levels.fixed_from or (fixed_from if affected.operator_fills else None)
    if fix is None:
        newer = compare_versions(server, releases.newest_server) > 0
        why = Why.NEWER_THAN_DATA if newer else Why.FIX_NOT_KNOWN
        return _judgement(advisory, PatchState.CANNOT_TELL, why, server)
    if compare_versions(server, fix) >= 0:
        return _judgement(advisory, PatchState.FIXED, Why.FIXED_LEVEL, server)
    last = releases.last_before(fix)
    if from_sources and last and compare_versions(server, last) >= 0:
        return _judgement(advisory, PatchState.CANNOT_TELL, Why.BUILT_FROM_SOURCES, server)
    return _judgement(advisory, PatchState.VULNERABLE, Why.OLDER, server)


def _judgement(advisory: Advisory, state: PatchState, why: Why, server: str | None) -> Judgement:
    affected = advisory.of_orchestra
    open_ = state in (PatchState.VULNERABLE, PatchState.CANNOT_TELL)
    return Judgement(
        advisory=advisory,
        state=state,
        field=ShownBy.XO_SERVER if affected else None,
        value=server if affected else None,
        why=why,
        condition=affected.condition if affected else None,
        restart_required=False,
        look_for=(affected.fixed_in,) if open_ and affected and affected.fixed_in else (),
        shown=state if affected else None,
    )
