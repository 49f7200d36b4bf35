"""What a store keeps of sweeps, kept in memory; and whatever sweeps there may be."""

from datetime import datetime

from hypothesis import strategies as st

from bot.fleet.hosts import Change, ChangeKind, PollResult, Source, SourceKind
from bot.fleet.reconcile import FleetSnapshot, FleetUpdate, forget, reconcile
from bot.xapi.observation import Host
from tests.fleet.fleets import LAB, PROD, START, XO, failed, host, pool, told

NOTHING = FleetSnapshot({}, {}, {}, {})


def after(kept: FleetSnapshot, found: FleetUpdate) -> FleetSnapshot:
    """What a store holds once it has written."""
    sightings = {**kept.sightings, **{(s.source, s.host): s for s in found.sightings}}
    return FleetSnapshot(
        sources=_without({**kept.sources, **{s.name: s for s in found.sources}}, found.sources_gone),
        pools=_without({**kept.pools, **{p.pool.uuid: p for p in found.pools}}, found.pools_gone),
        hosts=_without({**kept.hosts, **{h.host.uuid: h for h in found.hosts}}, found.hosts_gone),
        sightings=_without(sightings, found.sightings_gone),
    )


def _without(rows: dict, keys: tuple) -> dict:  # type: ignore[type-arg]  # whatever their kinds are
    return {key: row for key, row in rows.items() if key not in keys}


class Book:
    """Keeps what is recorded, with the changes of the last time."""

    def __init__(self) -> None:
        self.kept = NOTHING
        self.changes: tuple[Change, ...] = ()

    def record(self, *answers: PollResult, when: datetime = START) -> None:
        found = reconcile(self.kept, answers, when)
        self.kept, self.changes = after(self.kept, found), found.changes

    def forget(self, names: set[str], when: datetime = START) -> None:
        sources = {name: state for name, state in self.kept.sources.items() if name in names}
        found = forget(self.kept._replace(sources=sources), when)
        self.kept, self.changes = after(self.kept, found), found.changes

    def host(self, name: str) -> Host:
        return self.kept.hosts[f"uuid-{name}"].host

    @property
    def names(self) -> list[str]:
        return sorted(kept.host.name for kept in self.kept.hosts.values())

    @property
    def told(self) -> list[tuple[ChangeKind, str | None]]:
        return [(change.kind, change.host) for change in self.changes]


NAMES = st.sampled_from("abcdef")
VERSIONS = st.sampled_from(["8.2.1", "8.3.0", None])
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
    return told(
        source, *(pool(p, *(host(n, draw(VERSIONS)) for n in ns)) for p, ns in zip(pools, members, strict=True))
    )


def sweeps() -> st.SearchStrategy[list[PollResult]]:
    """Answers of a few sources, each at most once."""
    return st.lists(answers(), min_size=1, max_size=3, unique_by=lambda one: one.source.name)
