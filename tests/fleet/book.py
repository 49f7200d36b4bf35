"""What a store has of sweeps, in memory; and whatever sweeps there may be."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from bot.fleet.hosts import Change, ChangeKind, PollResult, Source, SourceKind
from bot.fleet.reconcile import CurrentHost, FleetSnapshot, FleetUpdate, current_hosts, forget, reconcile
from bot.xapi.observation import Host, Observation, Power
from tests.fleet.fleets import LAB, PROD, START, XO, answered, failed, host, pool

NOTHING = FleetSnapshot({}, {}, {})


def after(stored: FleetSnapshot, update: FleetUpdate) -> FleetSnapshot:
    """What a store holds once it has written."""
    return FleetSnapshot(
        _without({**stored.sources, **{s.name: s for s in update.sources}}, update.sources_gone),
        _without({**stored.sightings, **{(s.source, s.host.uuid): s for s in update.sightings}}, update.sightings_gone),
        _without({**stored.mixed, **dict(update.mixed)}, update.mixed_gone),
    )


def _without(rows: Mapping[Any, Any], keys: tuple[Any, ...]) -> dict[Any, Any]:
    return {key: row for key, row in rows.items() if key not in keys}


def stamped(result: PollResult, when: datetime) -> PollResult:
    """The same result, of another moment."""
    answers = (a._replace(observed_at=when) if isinstance(a, Observation) else a for a in result.answers)
    return PollResult(result.source, tuple(answers), when)


class Book:
    """Keeps what is recorded, with the changes of the last time."""

    def __init__(self) -> None:
        self.stored = NOTHING
        self.changes: tuple[Change, ...] = ()

    def record(self, *results: PollResult, when: datetime = START) -> None:
        """Results of a moment, recorded at that moment."""
        self.record_late(*(stamped(result, when) for result in results), now=when)

    def record_late(self, *results: PollResult, now: datetime) -> None:
        """Results of whatever moments they have."""
        update = reconcile(self.stored, results, now)
        self.stored, self.changes = after(self.stored, update), update.changes

    def forget(self, names: set[str], when: datetime = START) -> None:
        sources = {name: state for name, state in self.stored.sources.items() if name in names}
        update = forget(self.stored._replace(sources=sources), when)
        self.stored, self.changes = after(self.stored, update), update.changes

    @property
    def hosts(self) -> dict[str, CurrentHost]:
        return {current.host.uuid: current for current in current_hosts(self.stored.sightings.values())}

    def host(self, name: str) -> Host:
        return self.hosts[f"uuid-{name}"].host

    @property
    def names(self) -> list[str]:
        return sorted(current.host.name for current in self.hosts.values())

    @property
    def reported(self) -> list[tuple[ChangeKind, str | None]]:
        return [(change.kind, change.host) for change in self.changes]


NAMES = st.sampled_from("abcdef")
VERSIONS = st.sampled_from(["8.2.1", "8.3.0", None])
POWERS = st.sampled_from([*Power, None])
RESTARTS = st.sampled_from([True, False, None])
SOURCES = st.sampled_from([LAB, PROD, XO, Source("xo2", SourceKind.XEN_ORCHESTRA)])


@st.composite
def answers(draw: st.DrawFn) -> PollResult:
    """Whatever a source may answer: pools that overlap, hosts that move, nothing, a failure."""
    source = draw(SOURCES)
    if draw(st.integers(0, 4)) == 0:
        return failed(source)
    count = draw(st.integers(0, 2)) if source.kind is SourceKind.XEN_ORCHESTRA else 1
    pools = draw(st.lists(st.sampled_from("pqr"), min_size=count, max_size=count, unique=True))
    members = [draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)) for _ in pools]
    return answered(
        source,
        *(
            pool(p, *(host(n, draw(VERSIONS), power=draw(POWERS), reboot_required=draw(RESTARTS)) for n in ns))
            for p, ns in zip(pools, members, strict=True)
        ),
    )


def sweeps() -> st.SearchStrategy[list[PollResult]]:
    """Answers of a few sources, each at most once."""
    return st.lists(answers(), min_size=1, max_size=3, unique_by=lambda one: one.source.name)
