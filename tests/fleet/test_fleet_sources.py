"""Sources of either kind, asked for what they know."""

from datetime import UTC, datetime

from bot.fleet.hosts import Source, SourceKind
from bot.fleet.sources import CombinedSources, ConfiguredSources
from bot.simulator import SimHost, SimPool, Simulator, release
from bot.simulator.orchestra import SimulatedOrchestra
from bot.xapi.observation import Observation, Probed
from bot.xapi.probe import Prober
from bot.xo.client import ask
from bot.xo.orchestra import Orchestra
from tests.xapi.probing import target_of
from tests.xo.orchestras import simulated

BEFORE, NOW = datetime(2026, 11, 23, 7, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)
POOL = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2"))), name="lab")


def test_a_target_and_a_xen_orchestra_list_the_same_hosts() -> None:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        lab, xo = target_of(simulator.targets[0]), simulated(stand_in)
        probe = Prober(lambda: NOW).probe
        sources = CombinedSources(
            ConfiguredSources(SourceKind.TARGET, [lab], lambda target: (probe(target),), lambda: BEFORE),
            _orchestras(xo),
        )
        assert sources.sources == (Source("xen-1", SourceKind.TARGET), Source("xo", SourceKind.XEN_ORCHESTRA))
        results = [sources.poll(source) for source in sources.sources]
    assert [(result.source, result.at) for result in results] == [(source, NOW) for source in sources.sources]
    assert all(result.failure is None for result in results)
    first, second = (_uuids(result.answers) for result in results)
    assert first == second
    assert len(first) == 2


def _orchestras(xo: Orchestra) -> ConfiguredSources[Orchestra]:
    kind = SourceKind.XEN_ORCHESTRA
    return ConfiguredSources(kind, [xo], lambda orchestra: ask(orchestra, lambda: NOW), lambda: BEFORE)


def _uuids(answers: tuple[Probed, ...]) -> list[tuple[str, str]]:
    return [
        (answer.pool.uuid, host.uuid) for answer in answers if isinstance(answer, Observation) for host in answer.hosts
    ]


def test_a_source_that_fails_says_why_and_that_is_of_the_moment_it_was_asked() -> None:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        xo = simulated(stand_in, "wrong")
        sources = _orchestras(xo)
        result = sources.poll(sources.sources[0])
    assert result.failure is not None
    assert (result.failure.code, result.at) == ("login_refused", BEFORE)
