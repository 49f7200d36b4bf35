"""Words that choose hosts of a fleet: states, names and releases, of which all must hold."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from bot.catalogue import message, number, say
from bot.days import take_days
from bot.errors import UsageError
from bot.fleet.hosts import Source
from bot.fleet.policy import PolicyState
from bot.fleet.verdicts import HostVerdict
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.support import SupportLevel
from bot.query.query import QueryPart
from bot.query.reader import Reader
from bot.text import near, plain, shown

HostCondition = Callable[[HostVerdict], bool]

SOON = 90
"""Days: what ends within them is `ending`."""

NO_POLICY = message("There is no policy that a host could be held against: set `policy.approved` in the configuration.")

WORDS_MAX = 30
SPAN_MAX = 6
"""A name may have so many words."""

NAMES_MAX = 3_000
"""Among so many names near ones are looked for."""

_VERSION = re.compile(r"[<>=!~]*(?:xcp-?ng|xenserver|xs|ch|cu|sp|fp)?\d[\w.,<>=!~*]*", re.IGNORECASE)
_EXACT = re.compile(r"[^<>=!~]*?(\d+\.\d+\.\d+)")
"""Three numbers are what a host says of itself; two are a release, whatever its updates."""

_OF_NAMES = frozenset({"xcp-ng", "xcpng", "xcp", "xenserver", "citrix", "hypervisor", "lts", "ltsr", "and", "or"})


def ends_soon(verdict: HostVerdict) -> bool:
    """Whether a host's release ends within SOON days, and has not ended."""
    left = verdict.assessment.days_left if verdict.assessment else None
    return left is not None and left <= SOON and not verdict.is_eol


def _has_level(level: SupportLevel) -> HostCondition:
    return lambda verdict: verdict.assessment is not None and verdict.assessment.support.level is level


STATES: dict[str, HostCondition] = {
    "eol": lambda verdict: verdict.is_eol,
    "ending": ends_soon,
    "maintenance": lambda v: v.assessment is not None and v.assessment.stage is LifecycleStage.MAINTENANCE,
    "unreachable": lambda verdict: not verdict.host.is_reachable,
    "reachable": lambda verdict: verdict.host.is_reachable,
    "unlisted": _has_level(SupportLevel.UNLISTED),
    "partial": _has_level(SupportLevel.PARTIAL),
    "unknown": lambda verdict: verdict.assessment is None,
    "off": lambda verdict: verdict.host.is_off,
    "prerelease": lambda verdict: verdict.is_prerelease,
    "preview": lambda verdict: verdict.is_prerelease,
    "mixed": lambda verdict: verdict.host.mixed_since is not None,
    "vulnerable": lambda verdict: verdict.patch_state == "vulnerable",
    "restart": lambda verdict: bool(verdict.host.host.reboot_required),
    "reboot": lambda verdict: bool(verdict.host.host.reboot_required),
    "not-approved": lambda verdict: verdict.policy is PolicyState.NOT_APPROVED,
    "not approved": lambda verdict: verdict.policy is PolicyState.NOT_APPROVED,
}
OF_A_POLICY = frozenset({"not-approved", "not approved"})


class FleetFilter(NamedTuple):
    """Conditions of which all must hold, or the words that are none, with names that are near to them."""

    conditions: tuple[HostCondition, ...] = ()
    unknown: tuple[str, ...] = ()
    near: tuple[str, ...] = ()

    def holds(self, verdict: HostVerdict) -> bool:
        return all(condition(verdict) for condition in self.conditions)

    def without(self, state: str) -> "FleetFilter":
        """The same without one of STATES."""
        return self._replace(conditions=tuple(each for each in self.conditions if each is not STATES[state]))


def take_words(words: str, today: date) -> tuple[str, date | None]:
    """Words without chat's dress and their "on DATE", and that day. UsageError for what wants to be a day.

    `today` is what "in 2 years" counts from.
    """
    rest, day, bad, *_ = take_days(plain(words), today)
    if bad:
        raise UsageError(say('"{words}" is not a day: write it as 2028-12-01.', words=bad))
    return rest.strip(), day


def fleet_filter(reader: Reader, words: str, hosts: Sequence[HostVerdict], sources: Iterable[Source]) -> FleetFilter:
    """What words mean for a fleet. Names win over releases, states over names."""
    tokens = [token for token in (word.strip("\"'") for word in words.split()) if token.strip(",;")]
    if not tokens:
        return FleetFilter()
    if len(tokens) > WORDS_MAX:
        most = number(WORDS_MAX)
        raise UsageError(say("That are too many words: {most} at most narrow a fleet down.", most=most))
    configured = [name for source in sources for name in (*source.tags, source.name, source.site) if name]
    written = dict.fromkeys([*configured, *(name for host in hosts for name in _names_of(host))])
    names = {_key(name): name for name in written if name}  # as they are typed, and as they are written
    conditions: list[HostCondition] = []
    unknown: list[str] = []
    for piece in _pieces(tokens, names):
        if isinstance(piece, str):
            if piece in OF_A_POLICY and hosts and hosts[0].policy is None:
                raise UsageError(say(NO_POLICY))
            conditions.append(STATES.get(piece) or _is_named(piece))
        elif runs := _runs(reader, piece):
            conditions.append(runs)
        else:
            unknown += piece
    if not unknown:
        return FleetFilter(tuple(conditions))
    known = [*STATES, *list(names.values())[:NAMES_MAX]]
    close = dict.fromkeys(shown(name) for word in unknown[:3] for name in near(word, known))
    return FleetFilter((), tuple(map(shown, unknown)), tuple(close)[:5])


def _key(name: str) -> str:
    return plain(name).casefold()


def _names_of(verdict: HostVerdict) -> Iterator[str]:
    seen = verdict.host
    yield from (*verdict.tags, *seen.sources, seen.pool.name, seen.host.name, seen.pool.uuid, seen.host.uuid)
    yield from (verdict.name, verdict.pool_name, seen.site or "")


def _is_named(key: str) -> HostCondition:
    return lambda verdict: any(_key(name) == key for name in _names_of(verdict))


def _pieces(tokens: Sequence[str], names: Mapping[str, str]) -> Iterator[str | list[str]]:
    """States and names by their keys, the longest first; what stands between them as a list of words."""
    left: list[str] = []
    at = 0
    while at < len(tokens):
        spans = ((n, " ".join(tokens[at : at + n])) for n in range(min(SPAN_MAX, len(tokens) - at), 0, -1))
        keys = ((n, key) for n, span in spans for key in (span.casefold(), span.strip(",;").casefold()))
        found = next(((n, key) for n, key in keys if key in STATES or key in names), None)
        if found is None:
            left.append(tokens[at])
            at += 1
            continue
        if left:
            yield left
            left = []
        at += found[0]
        yield found[1]
    if left:
        yield left


def _runs(reader: Reader, words: list[str]) -> HostCondition | None:
    """Whether a host runs any of the releases or products that words name; None if they name something else, too."""
    if not all(word.strip(",;").casefold() in _OF_NAMES or _VERSION.fullmatch(word) for word in words):
        return None
    parts = reader.read(" ".join(words)).parts
    names_product = (part.product is not None and not any(map(str.isdecimal, part.text)) for part in parts)
    if not parts or not all(part.releases or named for part, named in zip(parts, names_product, strict=True)):
        return None
    return lambda verdict: any(_is_of(part, verdict) for part in parts)


def _is_of(part: QueryPart, verdict: HostVerdict) -> bool:
    assessment = verdict.assessment
    if not part.releases:
        return part.product is (assessment.release.product if assessment else verdict.part.product)
    if assessment is None or assessment.release not in part.releases:
        return False
    exact = _EXACT.fullmatch(part.text)
    return exact is None or verdict.host.host.product_version == exact[1]
