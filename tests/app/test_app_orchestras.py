"""From a configured Xen Orchestra to the database: in a shell's sweep, by the schedule, by two processes, in a demo."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, cast

import pytest
from structlog.typing import FilteringBoundLogger

from bot.alerts.clock_check import ClockCheck
from bot.alerts.cycle import SendResult
from bot.alerts.delivery.worker import OutboxWorker
from bot.alerts.routing import AlertPlan
from bot.app.fleet import WatchedFleet, WatchTerms, hosts_from, watch_fleet
from bot.app.schedule import ScheduledJobs
from bot.app.sending import Senders
from bot.chat.runner import CommandRunner
from bot.cli import main
from bot.fleet.inventory import Inventory
from bot.fleet.skew import patch_skew
from bot.fleet.sweep import SweepPace
from bot.simulator import PASSWORD_VARIABLE, SimHost, Simulator, as_yaml, branch_fleet, demo_fleet, lone, release
from bot.simulator.orchestra import TOKEN, ShownOrchestra, SimulatedOrchestra
from bot.store.database import Database
from bot.store.orchestras import SqlOrchestras
from bot.store.store import Store, open_store
from bot.xapi.observation import FailureCode
from bot.xo.updates import WhyNotAsked
from tests.acceptance.waiting import until
from tests.app.conftest import EVERY, OPS, START, Clock
from tests.cli.running import Ran
from tests.demo.staged import answer_to, staged
from tests.xo.orchestras import simulated

BRANCH = branch_fleet()[0]


class Site(NamedTuple):
    """A pool that a Xen Orchestra lists, and that Xen Orchestra."""

    hosts: Simulator
    orchestra: SimulatedOrchestra

    @property
    def asked(self) -> int:
        """How many hosts were asked which updates they miss."""
        return sum(each.path.endswith("/missing_patches") for each in self.orchestra.seen.requests)


@pytest.fixture
def site() -> Iterator[Site]:
    with Simulator([BRANCH]) as hosts, SimulatedOrchestra(hosts) as orchestra:
        yield Site(hosts, orchestra)


Shell = Callable[..., Ran]


@pytest.fixture
def shell(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    """A shell with that Xen Orchestra and a target in its configuration; its token is the environment's."""
    monkeypatch.setenv("XO_TOKEN", TOKEN)
    monkeypatch.setenv(PASSWORD_VARIABLE, "demo")
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    xo = site.orchestra.address
    with Simulator([lone(SimHost("xen-1", release("XCP-ng", "8.3")))]) as target:
        (tmp_path / "xocompat.yaml").write_text(
            f"{as_yaml(target.targets)}database: sqlite:///{tmp_path / 'fleet.db'}\n"
            f'xen_orchestra: [{{name: xo, url: "https://{xo}", token_env: XO_TOKEN, tls: {{pin: "{xo.pin_text}"}}}}]\n'
        )

        def run(*words: str) -> Ran:
            capsys.readouterr()
            status = main([*words, "--config", str(tmp_path / "xocompat.yaml")])
            return Ran(status, *capsys.readouterr())

        yield run


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[], SqlOrchestras]:
    return lambda: SqlOrchestras(Database(f"sqlite:///{tmp_path / 'fleet.db'}"))


def test_a_sweep_in_a_shell_asks_for_the_version_and_for_what_is_missing(
    site: Site, shell: Shell, kept: Callable[[], SqlOrchestras]
) -> None:
    assert shell("sweep").status == 0
    (state,) = kept().states()
    assert (state.version.xo_server, state.version.failure, state.updates_failure) == ("5.207.2", None, None)
    assert state.version.url == f"https://{site.orchestra.address}"
    answers = list(kept().missing())
    assert {len(each.missing) for each in answers if each.asked} == {1, 3}
    assert [each.why for each in answers if not each.asked] == [WhyNotAsked.HOSTS_FAILED]
    skew = patch_skew(answers)
    assert skew
    assert [update.name for (behind,) in [skew.behind] for update in behind.missing] == ["xen-hypervisor", "xen-tools"]
    assert shell("sweep").status == 0
    assert site.asked == 3, "it is asked once an hour"


def test_a_xen_orchestra_that_refuses_the_token_tells_its_version_and_ends_no_sweep(
    site: Site, shell: Shell, kept: Callable[[], SqlOrchestras], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XO_TOKEN", "a-wrong-one")
    ran = shell("sweep")
    assert (ran.status, "a-wrong-one" in ran.out + ran.err) == (0, False)
    (state,) = kept().states()
    assert (state.version.xo_server, state.version.failure) == ("5.207.2", None)
    assert state.updates_failure
    assert state.updates_failure.code is FailureCode.LOGIN_REFUSED
    assert "XO_TOKEN" in state.updates_failure.message
    assert (list(kept().missing()), site.asked) == ([], 0)


def test_a_xen_orchestra_that_is_away_is_a_failure_that_is_kept(
    site: Site, shell: Shell, kept: Callable[[], SqlOrchestras]
) -> None:
    site.orchestra.__exit__(None, None, None)
    try:
        assert shell("sweep").status == 0
    finally:
        site.orchestra.__enter__()
    (state,) = kept().states()
    assert state.version.failure
    assert state.updates_failure
    assert {state.version.failure.code, state.updates_failure.code} == {FailureCode.UNREACHABLE}


def test_a_rehearsal_asks_and_stores_none_of_it(site: Site, shell: Shell, kept: Callable[[], SqlOrchestras]) -> None:
    assert shell("sweep", "on", "2028-12-01").status == 0
    assert (site.asked, kept().states()) == (0, ())


class _Quiet:
    """A sender with nothing to send to."""

    def run(self, stop: threading.Event) -> None:
        stop.wait()

    def wake(self) -> None:
        pass


Watch = Callable[[], WatchedFleet]


@pytest.fixture
def watch(site: Site, database: Database, clock: Clock, log: FilteringBoundLogger) -> Iterator[Watch]:
    """Another process that watches that Xen Orchestra's hosts, with the same database."""
    stores: list[Store] = []
    url = database.url.set(drivername=database.url.get_backend_name()).render_as_string(hide_password=False)

    def begin() -> WatchedFleet:
        stores.append(open_store(url, log, clock))
        check = ClockCheck(clock, clock.monotonic)
        terms = WatchTerms(AlertPlan(OPS), EVERY, SweepPace(), clock, SendResult, clock_check=check)
        hosts = hosts_from(Inventory(()), (simulated(site.orchestra),), clock=clock)
        return watch_fleet(stores[-1], hosts, terms, log, threading.Event())

    yield begin
    for store in stores:
        store.close()


def test_the_schedule_asks_after_the_first_sweep_at_its_start(
    site: Site, watch: Watch, log: FilteringBoundLogger
) -> None:
    watched, stop = watch(), threading.Event()
    jobs = ScheduledJobs(log, watched, Senders(cast(OutboxWorker, _Quiet())))
    assert not jobs.poll_orchestras(START), "no sweep has asked it yet"
    watched.cycle.ask(lambda _, __: None, stop)
    assert site.asked == 0, "here it is a job of its own"
    jobs.start(stop)
    try:
        until(lambda: [s for s in watched.store.orchestras.states() if s.updates_asked_at] or None, 20, "asked")
    finally:
        stop.set()
        watched.stop.set()
        assert jobs.join(10)
    assert site.asked == 3


def test_two_processes_ask_it_once_an_hour_together(site: Site, watch: Watch, clock: Clock) -> None:
    one, two = watch(), watch()
    one.cycle.ask(lambda _, __: None, threading.Event())
    both = [threading.Thread(target=each.polling.go, args=(threading.Event(),)) for each in (one, two)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(20)
    assert site.asked == 3
    clock.pass_by(1 / 24)
    site.orchestra.show(ShownOrchestra(server="5.210.0"))
    site.hosts["branch-3"].change(lambda host: replace(host, misses=()))
    assert two.polling.go(threading.Event())
    assert site.asked == 6
    assert [state.version.xo_server for state in one.store.orchestras.states()] == ["5.210.0"]
    assert sorted((each.asked, len(each.missing)) for each in one.store.orchestras.missing()) == [
        (True, 0),
        (True, 1),
        (True, 3),
    ]


def test_nobody_is_asked_while_the_clock_is_in_doubt(
    site: Site, watch: Watch, clock: Clock, log: FilteringBoundLogger
) -> None:
    watched = watch()
    watched.cycle.ask(lambda _, __: None, threading.Event())
    clock.set(START.replace(year=2029))
    assert not ScheduledJobs(log, watched, Senders(cast(OutboxWorker, _Quiet()))).poll_orchestras(START)
    assert site.asked == 0


def test_in_the_demo_there_is_something_of_everything(desk: CommandRunner) -> None:
    with staged(desk, demo_fleet(), branch_fleet()) as (channel, session):
        answer_to(channel, "fleet")
        ports = session.ports()
        assert ports
        assert ports.watched
        store = SqlOrchestras(ports.watched.store._database)  # type: ignore[attr-defined]  # that of the demo
        (state,) = store.states()
        answers = list(store.missing())
    assert state.version.xo_server == "5.207.2"
    assert [
        len([u for u in each.missing if u.security]) for each in answers if each.asked and len(each.missing) > 1
    ] == [2]
    assert [each.why for each in answers if not each.asked] == [WhyNotAsked.HOSTS_FAILED]
