"""The patch levels of 10,000 hosts by all advisories: as fleets are, and with no two hosts alike."""

import tracemalloc
from time import perf_counter

from bot.advisories.load import load_advisories
from bot.advisories.patch_level import PatchLevels
from bot.matrix.load import load_matrix
from bot.matrix.release import Product, Release
from bot.xapi.observation import Software

HOSTS = 10_000
ALIKE = 60
"""How many different hosts a large fleet has: some versions of three releases, with and without a restart pending."""


def measure() -> dict[str, object]:
    """Milliseconds to load the advisories and to judge all hosts; memory that the judgements of different ones take."""
    load_advisories()  # compiles them where that is due
    started = perf_counter()
    advisories = load_advisories()
    loaded = (perf_counter() - started) * 1000
    matrix = load_matrix()
    keys = ((Product.XCP_NG, "8.3"), (Product.XCP_NG, "8.2"), (Product.XENSERVER, "8"))
    releases = [release for key in keys if (release := matrix.release(*key))]
    tracemalloc.start()
    kept = PatchLevels(advisories)
    _judge(kept, releases, ALIKE)
    memory, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "ms_load": round(loaded, 1),
        "ms_as_fleets_are": round(_judge(PatchLevels(advisories), releases, ALIKE), 1),
        "ms_none_alike": round(_judge(PatchLevels(advisories), releases, HOSTS), 1),
        "kept_kib": memory // 1024,
        "hosts": HOSTS,
        "advisories": len(advisories.every),
    }


def _judge(levels: PatchLevels, releases: list[Release], different: int) -> float:
    """Milliseconds to judge all hosts, of which so many are different."""
    hosts = []
    for at in range(HOSTS):
        kind = at % different
        software = Software(xen=f"4.17.{kind % 100}-{kind // 100}", xapi="26.1.3", xapi_built="20260430")
        hosts.append((releases[kind % len(releases)], software, kind % 2 == 0))
    started = perf_counter()
    for release, software, waiting in hosts:
        assert levels.of(release, software, waiting).counts
    return (perf_counter() - started) * 1000
