"""Sources of either kind, asked for what they know."""

from datetime import UTC, datetime

from bot.fleet.hosts import Source, SourceKind
from bot.fleet.sources import SourceClient
from bot.simulator import SimHost, SimPool, Simulator, release
from bot.simulator.orchestra import SimulatedOrchestra
from bot.xapi.observation import Observation, Probed
from bot.xapi.probe import Prober
from bot.xo.client import ask
from tests.xapi.probing import target_of
from tests.xo.orchestras import simulated

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
POOL = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2"))), name="lab")


def test_a_target_and_a_xen_orchestra_tell_the_same_hosts() -> None:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        lab, xo = target_of(simulator.targets[0]), simulated(stand_in)
        asking = SourceClient(
            {lab.name: lab}, {xo.name: xo}, Prober(lambda: NOW).probe, lambda orchestra: ask(orchestra, lambda: NOW)
        )
        assert asking.sources == (Source("xen-1", SourceKind.TARGET), Source("xo", SourceKind.XEN_ORCHESTRA))
        told = [asking.tell(source) for source in asking.sources]
    assert [one.source for one in told] == list(asking.sources)
    assert all(one.failure is None for one in told)
    first, second = (_uuids(one.answers) for one in told)
    assert first == second
    assert len(first) == 2


def _uuids(answers: tuple[Probed, ...]) -> list[tuple[str, str]]:
    return [
        (answer.pool.uuid, host.uuid) for answer in answers if isinstance(answer, Observation) for host in answer.hosts
    ]


def test_a_source_that_fails_says_why() -> None:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as stand_in:
        xo = simulated(stand_in, "wrong")
        asking = SourceClient(
            {}, {xo.name: xo}, Prober(lambda: NOW).probe, lambda orchestra: ask(orchestra, lambda: NOW)
        )
        told = asking.tell(asking.sources[0])
    assert told.failure is not None
    assert told.failure.code == "login_refused"
