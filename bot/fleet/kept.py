"""What is kept of a part of the fleet, and what is to be written after a sweep told about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from bot.fleet.watched import Change, SourceKind, SourceState
from bot.xapi.observation import Host, Pool


class KeptHost(NamedTuple):
    """A host as it was last seen. `pool` is its pool's uuid."""

    host: Host
    pool: str
    first_seen_at: datetime
    observed_at: datetime


class KeptPool(NamedTuple):
    """A pool; `mixed_since` is since when its hosts differ in brand or version."""

    pool: Pool
    mixed_since: datetime | None = None


class Sighting(NamedTuple):
    """That a source has a host; `missing_since` is since when it does not see it, or does not answer."""

    source: str
    kind: SourceKind
    host: str
    seen_at: datetime
    missing_since: datetime | None = None


class Kept(NamedTuple):
    """A part of the fleet: whole pools, each host with all its sightings. By name, uuid, and (source, host)."""

    sources: Mapping[str, SourceState]
    pools: Mapping[str, KeptPool]
    hosts: Mapping[str, KeptHost]
    sightings: Mapping[tuple[str, str], Sighting]


class Recorded(NamedTuple):
    """What to write: rows that are new or differ, keys of rows that go, and what a person wants to know of it."""

    sources: tuple[SourceState, ...]
    pools: tuple[KeptPool, ...]
    hosts: tuple[KeptHost, ...]
    sightings: tuple[Sighting, ...]
    sources_gone: tuple[str, ...]
    pools_gone: tuple[str, ...]
    hosts_gone: tuple[str, ...]
    sightings_gone: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]
