"""All advisories that are known, and how to find them."""

from collections.abc import Mapping
from datetime import date

from bot.advisories.advisory import Advisory, AffectedProduct, Hotfix
from bot.advisories.orchestra import OrchestraReleases
from bot.matrix.release import Release


class Advisories:
    """Every advisory, newest first, the named hotfixes, and Xen Orchestra's releases, as of `day`.

    Never changed once built, and known by its identity.
    """

    def __init__(
        self, day: date, every: tuple[Advisory, ...], hotfixes: tuple[Hotfix, ...], orchestras: OrchestraReleases
    ) -> None:
        self.day = day
        self.every = every
        self.hotfixes: Mapping[str, Hotfix] = {_key(hotfix.name): hotfix for hotfix in hotfixes}
        self.orchestras = orchestras
        self._by_release: dict[tuple[str, str | None], list[Advisory]] = {}
        self._by_id: dict[str, list[Advisory]] = {}
        for advisory in sorted(every, key=lambda advisory: advisory.gravity, reverse=True):
            names = dict.fromkeys(map(_key, advisory.ids))
            for affected in advisory.affects:
                self._by_release.setdefault((affected.product.value, affected.release), []).append(advisory)
                names.update(dict.fromkeys(map(_key, affected.hotfixes[:1])))
            for name in names:
                self._by_id.setdefault(name, []).append(advisory)

    def find(self, name: str) -> tuple[Advisory, ...]:
        """The advisories of that name, gravest first: an id of any kind, or the first hotfix with the fix.

        Some names are of several advisories, a bulletin's for one. Upper and lower case, hyphens and blanks make no
        difference.
        """
        return tuple(self._by_id.get(_key(name), ()))

    def hotfix(self, name: str) -> Hotfix | None:
        """A named hotfix, whether or not it is known to fix one of the advisories."""
        return self.hotfixes.get(_key(name))

    def of(self, release: Release) -> tuple[Advisory, ...]:
        """Those that say something of a release, gravest first. None at all: the data do not cover it."""
        return tuple(self._by_release.get((release.product.value, release.number), ()))

    def of_orchestra(self) -> tuple[Advisory, ...]:
        """Those of Xen Orchestra itself, gravest first."""
        return tuple(self._by_release.get((AffectedProduct.XEN_ORCHESTRA.value, None), ()))


def _key(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()
