"""What of one's own has the holes of some advisories: the hosts of a fleet, and the Xen Orchestras."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory
from bot.advisories.judge import Judgement, PatchState, Why, judge
from bot.advisories.orchestra import judge_orchestra
from bot.catalogue import message, message_counted, number, say, say_counted
from bot.chat.command import Ports, Watched
from bot.chat.data import Data
from bot.chat.hosts import hosts_with_verdicts
from bot.chat.patch_wording import WHY, why_in_words
from bot.chat.reply import Block, Bullets, Mark, RichText, Typed, line, say_line
from bot.chat.wording import with_more
from bot.fleet.hosts import SourceKind
from bot.fleet.verdicts import HostVerdict
from bot.text import shown

NAMES_MAX = 5
"""Hosts of one state that are named."""

PACKAGES_MAX = 2
"""Packages to look for that are named."""

JudgedHost = tuple[HostVerdict, Judgement | None]
"""A host with the judgement on it that matters most; None where nobody knows its release."""

_WORST_FIRST = (PatchState.VULNERABLE, PatchState.CANNOT_TELL, PatchState.FIXED, PatchState.NOT_AFFECTED)
_STATES = {
    PatchState.VULNERABLE: message_counted("{count} vulnerable", "{count} vulnerable"),
    PatchState.CANNOT_TELL: message_counted("{count} cannot be told", "{count} cannot be told"),
    PatchState.FIXED: message_counted("{count} fixed", "{count} fixed"),
    PatchState.NOT_AFFECTED: message_counted("{count} not affected", "{count} not affected"),
}
_STATES_OF = {
    PatchState.VULNERABLE: message("{them} vulnerable"),
    PatchState.CANNOT_TELL: message("cannot be told of {them}"),
    PatchState.FIXED: message("fixed on {them}"),
    PatchState.NOT_AFFECTED: message("{them} not affected"),
}
"""The same of `1 of 2 hosts`."""

_SIGNS = {
    PatchState.VULNERABLE: "🚨",
    PatchState.CANNOT_TELL: "❔",
    PatchState.FIXED: "🟢",
    PatchState.NOT_AFFECTED: "🟢",
}
_HOSTS = (
    message_counted("{count} host", "{count} hosts"),
    message_counted("{some} of {count} host", "{some} of {count} hosts"),
)
_ORCHESTRAS = (
    message_counted("{count} Xen Orchestra", "{count} Xen Orchestras"),
    message_counted("{some} of {count} Xen Orchestra", "{some} of {count} Xen Orchestras"),
)
"""All of them, and some of them."""


class Exposure(NamedTuple):
    """The hosts, and the names of the Xen Orchestras, each with the worst of what the advisories mean for it."""

    hosts: tuple[JudgedHost, ...] = ()
    orchestras: tuple[tuple[str, PatchState], ...] = ()

    @property
    def is_vulnerable(self) -> bool:
        """Whether something certainly has one of the holes."""
        states = [*(state for _, state in self.orchestras), *(each.state for _, each in self.hosts if each)]
        return PatchState.VULNERABLE in states

    def verdict(self) -> Iterator[Mark]:
        """The worst of what one's own Xen Orchestras and hosts are, for who reads no more than the first line."""
        if found := [state for _, state in self.orchestras]:
            yield _worst_of(found, *_ORCHESTRAS)
        if self._are_of_hosts:
            states = [judgement.state if judgement else PatchState.CANNOT_TELL for _, judgement in self.hosts]
            yield _worst_of(states, *_HOSTS)

    def blocks(self, watched: Watched) -> Iterator[Block]:
        """All of it: the Xen Orchestras, and the hosts unless the advisories are not of hosts."""
        if self.orchestras:
            groups = {state: [name for name, found in self.orchestras if found is state] for state in _WORST_FIRST}
            items = [
                line(Mark(_SIGNS[state], say_counted(len(names), *_STATES[state])), f": {_names(names)}")
                for state, names in groups.items()
                if names
            ]
            more = say_line("{command} has more", command=Typed("xo"))
            yield Bullets((*items, more), say("Your Xen Orchestra"))
        if self._are_of_hosts:
            yield Bullets(tuple(_fleet(self.hosts, watched)), say("Your fleet"))

    def data(self) -> Data:
        """The same, as CONTRACT.md section 5 has it."""
        return {
            "hosts": [_host_data(host, judgement) for host, judgement in self.hosts],
            "orchestras": [{"name": name, "state": state.value} for name, state in self.orchestras],
        }

    @property
    def _are_of_hosts(self) -> bool:
        return any(judgement is None or judgement.why is not Why.NOT_THE_HOST for _, judgement in self.hosts)


def exposure_of(ports: Ports, watched: Watched, found: Sequence[Advisory], known: Advisories, day: date) -> Exposure:
    """What the advisories that were `found` among the known ones mean for a fleet, as its hosts are judged on a day."""
    hosts = ((each, _worst(found, each)) for each in hosts_with_verdicts(ports, watched, day))
    return Exposure(tuple(hosts), tuple(_of_orchestras(found, known, watched)))


def _worst(advisories: Iterable[Advisory], host: HostVerdict) -> Judgement | None:
    """The judgement on a host that matters most; None where nobody knows its release."""
    if host.assessment is None or host.is_prerelease:
        return None
    seen, release = host.host.host, host.assessment.release
    judged = [judge(each, release, seen.software, seen.reboot_required) for each in advisories]
    return min(judged, key=lambda each: (_WORST_FIRST.index(each.state), not each.restart_required))


def _of_orchestras(
    advisories: Iterable[Advisory], known: Advisories, watched: Watched
) -> Iterator[tuple[str, PatchState]]:
    """The configured Xen Orchestras with the worst answer of each, where any of the advisories is of them."""
    states = {state.version.name: state for state in watched.orchestras.states()} if watched.orchestras else {}
    of_them = [each for each in advisories if each.of_orchestra]
    for source in watched.sources if of_them else ():
        if source.kind is SourceKind.XEN_ORCHESTRA:
            server = states[source.name].version.xo_server if source.name in states else None
            judged = [
                judge_orchestra(each, server, known.orchestras, watched.orchestra_fixed_from).state for each in of_them
            ]
            yield source.name, min(judged, key=_WORST_FIRST.index)


def _host_data(host: HostVerdict, judgement: Judgement | None) -> Data:
    """A host with its answer, as CONTRACT.md section 5 has it."""
    seen = host.host.host
    if judgement is None:
        state, field, value = PatchState.CANNOT_TELL, None, None
        why, restart = say("its release is not known to the data"), bool(seen.reboot_required)
    else:
        state, field, value = judgement.state, judgement.field, judgement.value
        why, restart = why_in_words(judgement), judgement.restart_required
    return {
        "name": host.name,
        "uuid": seen.uuid,
        "state": state.value,
        "field": field,
        "value": shown(value) if value else None,
        "why": why if host.host.is_reachable else say("as it was last seen: {why}", why=why),
        "restart_required": restart,
    }


def _worst_of(states: Sequence[PatchState], every: tuple[str, str], part: tuple[str, str]) -> Mark:
    worst = min(states, key=_WORST_FIRST.index)
    count, some = len(states), states.count(worst)
    them = say_counted(count, *every) if some == count else say_counted(count, *part, some=number(some))
    return Mark(_SIGNS[worst], say(_STATES_OF[worst], them=them))


def _fleet(hosts: Sequence[JudgedHost], watched: Watched) -> Iterator[RichText]:
    """Which hosts have which answer: first those that a restart may help, then the worst; and what would tell more."""
    kinds = {source.name: source.kind for source in watched.sources}
    groups: dict[tuple[bool, int, str], list[JudgedHost]] = {}
    for host, judgement in hosts:
        state = judgement.state if judgement else PatchState.CANNOT_TELL
        restart = judgement is not None and judgement.restart_required
        why = _why_not_told(host, judgement, kinds) if state is PatchState.CANNOT_TELL else ""
        groups.setdefault((not restart, _WORST_FIRST.index(state), why), []).append((host, judgement))
    for (settled, rank, why), of_it in sorted(groups.items(), key=lambda each: (*each[0][:2], -len(each[1]))):
        state, names = _WORST_FIRST[rank], _names([host.name for host, _ in of_it])
        count = say_counted(len(of_it), *_STATES[state])
        if state is PatchState.CANNOT_TELL:
            clauses = [why]
            if packages := dict.fromkeys(
                name
                for _, judgement in of_it
                if judgement
                for name in judgement.look_for
                if name != judgement.advisory.component.package  # without a version it tells nothing
            ):
                clauses.append(say("look for {names}", names=with_more([*packages], PACKAGES_MAX)))
            yield line(Mark(_SIGNS[state], count), f" ({'; '.join(clauses)}): {names}")
        elif settled:
            yield line(Mark(_SIGNS[state], count), f": {names}")
        else:
            yield line(Mark("🔁", say("{state}, and a restart may bring the fix", state=count)), f": {names}")


def _why_not_told(host: HostVerdict, judgement: Judgement | None, kinds: Mapping[str, SourceKind]) -> str:
    if judgement is None:
        return say("a release that is not known")
    if judgement.why is Why.NOT_SAID and all(kinds.get(name) is SourceKind.XEN_ORCHESTRA for name in host.host.sources):
        return say("known from Xen Orchestra alone, which does not say which build runs")
    return say(WHY[judgement.why])


def _names(names: Sequence[str]) -> str:
    most = NAMES_MAX + (len(names) == NAMES_MAX + 1)  # "and 1 more" is no shorter than a name
    return with_more([shown(name) for name in names], most)
