"""Words that narrow a fleet down: states, names and releases, of which all must hold."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bot.chat.hosts import Listed
from bot.chat.nearest import near
from bot.errors import UsageError
from bot.fleet.hosts import Source
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.support import SupportLevel
from bot.query.days import take_day
from bot.query.query import QueryPart
from bot.query.reader import Reader
from bot.query.text import plain, shown

HostCondition = Callable[[Listed], bool]

SOON = 90
"""Days: what ends within them is `ending`."""

WORDS_MAX = 30
SPAN_MAX = 6
"""A name may have so many words."""

NAMES_MAX = 3_000
"""Among so many names it is looked for near ones."""

_VERSION = re.compile(r"[<>=!~]*(?:xcp-?ng|xenserver|xs|ch|cu|sp|fp)?\d[\w.,<>=!~*]*", re.IGNORECASE)
_EXACT = re.compile(r"[^<>=!~]*?(\d+\.\d+\.\d+)")
"""Three numbers are what a host says of itself; two are a release, whatever its updates."""

_OF_NAMES = frozenset({"xcp-ng", "xcpng", "xcp", "xenserver", "citrix", "hypervisor", "lts", "ltsr", "and", "or"})


def _level(level: SupportLevel) -> HostCondition:
    return lambda listed: listed.judged.assessment is not None and listed.judged.assessment.support.level is level


def ends_soon(listed: Listed) -> bool:
    """Whether a host's release ends within SOON days, and has not ended."""
    assessment = listed.judged.assessment
    left = assessment.days_left if assessment else None
    return left is not None and left <= SOON and not listed.judged.is_eol


def _is_maintained(listed: Listed) -> bool:
    assessment = listed.judged.assessment
    return assessment is not None and assessment.stage is LifecycleStage.MAINTENANCE


STATES: dict[str, HostCondition] = {
    "eol": lambda listed: listed.judged.is_eol,
    "ending": ends_soon,
    "maintenance": _is_maintained,
    "unreachable": lambda listed: not listed.watched.is_reachable,
    "reachable": lambda listed: listed.watched.is_reachable,
    "unlisted": _level(SupportLevel.UNLISTED),
    "partial": _level(SupportLevel.PARTIAL),
    "unknown": lambda listed: listed.judged.assessment is None,
    "mixed": lambda listed: listed.watched.mixed_since is not None,
    "restart": lambda listed: bool(listed.watched.host.reboot_required),
    "reboot": lambda listed: bool(listed.watched.host.reboot_required),
}


class FleetFilter(NamedTuple):
    """Conditions of which all must hold, or the words that are none, with names that are near to them."""

    conditions: tuple[HostCondition, ...] = ()
    unknown: tuple[str, ...] = ()
    near: tuple[str, ...] = ()

    def holds(self, listed: Listed) -> bool:
        return all(condition(listed) for condition in self.conditions)


def take_words(words: str) -> tuple[str, date | None]:
    """Words without chat's dress and their "on DATE", and that day. UsageError for what wants to be a day."""
    rest, day, bad = take_day(plain(words))
    if bad:
        raise UsageError(f'"{bad}" is not a day: write it as 2028-12-01.')
    return rest.strip(), day


def fleet_filter(reader: Reader, words: str, roster: Sequence[Listed], sources: Iterable[Source]) -> FleetFilter:
    """What words mean for a fleet. Names win over releases, states over names."""
    tokens = [token for token in (word.strip("\"'") for word in words.split()) if token.strip(",;")]
    if not tokens:
        return FleetFilter()
    if len(tokens) > WORDS_MAX:
        raise UsageError(f"That are too many words: {WORDS_MAX} at most narrow a fleet down.")
    names = _names(roster, sources)
    conditions: list[HostCondition] = []
    unknown: list[str] = []
    for piece in _pieces(tokens, names):
        if isinstance(piece, str):
            conditions.append(STATES.get(piece) or _named(piece))
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


def _own_names(listed: Listed) -> Iterator[str]:
    seen = listed.watched
    yield from (*listed.tags, *seen.sources, seen.pool.name, seen.host.name, seen.pool.uuid, seen.host.uuid)


def _names(roster: Sequence[Listed], sources: Iterable[Source]) -> dict[str, str]:
    """All names as they are typed and as they are written; those of the configuration first."""
    configured = [name for source in sources for name in (*source.tags, source.name)]
    written = dict.fromkeys([*configured, *(name for listed in roster for name in _own_names(listed))])
    return {_key(name): name for name in written if name}


def _named(key: str) -> HostCondition:
    return lambda listed: any(_key(name) == key for name in _own_names(listed))


def _pieces(tokens: Sequence[str], names: dict[str, str]) -> Iterator[str | list[str]]:
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
    """Whether a host runs any of the releases or products that words name; None if they name nothing else, too."""
    if not all(word.strip(",;").casefold() in _OF_NAMES or _VERSION.fullmatch(word) for word in words):
        return None
    parts = reader.read(" ".join(words)).parts
    if not parts or not all(part.releases or _is_product(part) for part in parts):
        return None
    return lambda listed: any(_is_of(part, listed) for part in parts)


def _is_product(part: QueryPart) -> bool:
    return part.product is not None and not any(map(str.isdecimal, part.text))


def _is_of(part: QueryPart, listed: Listed) -> bool:
    judged = listed.judged
    if not part.releases:
        release = judged.assessment.release if judged.assessment else None
        return part.product is (release.product if release else judged.part.product)
    if judged.assessment is None or judged.assessment.release not in part.releases:
        return False
    exact = _EXACT.fullmatch(part.text)
    return exact is None or listed.watched.host.product_version == exact[1]
