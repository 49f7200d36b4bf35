"""Missing updates as a Xen Orchestra tells them: what is missing, what is not, and when neither is known."""

import json
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator import (
    Body,
    SimHost,
    SimPool,
    Simulator,
    SimUpdate,
    Truncate,
    html_page,
    http_error,
    http_redirect,
    release,
)
from bot.simulator.faults import Fault, Oversize, Reset, Silence
from bot.simulator.orchestra import TOKEN, Rights, ShownOrchestra, SimulatedOrchestra
from bot.simulator.records import uuid_of
from bot.xapi.bounds import ProbeBounds
from bot.xapi.errors import ProbeError
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, Secret, TlsMode, Trust
from bot.xo.doctor import check_dashboard, check_updates, check_version
from bot.xo.orchestra import Orchestra
from bot.xo.updates import (
    AT_ONCE,
    BATCH,
    UPDATES,
    MissingUpdate,
    MissingUpdates,
    WhyNotAsked,
    ask_dashboard,
    ask_updates,
    judged,
    update_of,
)
from tests.xapi.network import Clock, FakeNetwork
from tests.xapi.server import Request
from tests.xo.orchestras import NOW, assert_fit_to_be_told, http, lines, orchestra, simulated

XEN = SimUpdate("xen-hypervisor", "4.17.6", "9.5.1.xcpng8.3", "- Fix XSA-491")
KERNEL = SimUpdate("kernel", "4.19.19", "8.0.46.1.xcpng8.3", "- Support more network cards")
POOL = SimPool(
    (
        SimHost("xen-1", release("XCP-ng", "8.3"), misses=(XEN, KERNEL)),
        SimHost("xen-2", release("XCP-ng", "8.3")),
        SimHost("xen-3", release("XCP-ng", "8.3"), misses=(XEN, KERNEL)),
    ),
    name="lab",
)
AMPLE = ProbeBounds(login=20.0, whole=60.0)
QUICK = AMPLE._replace(login=1.5)
"""For what does not answer."""
FAR = Endpoint("192.0.2.9", 443, Trust(TlsMode.INSECURE))
SECRET = Secret(TOKEN)
MiB = 1 << 20


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Simulator, SimulatedOrchestra]]:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator) as xo:
        yield simulator, xo


@pytest.fixture
def simulator(running: tuple[Simulator, SimulatedOrchestra]) -> Simulator:
    for host in POOL.hosts:
        running[0][host.name].change(lambda _, host=host: host)  # type: ignore[misc]  # mypy cannot see the bound argument
    return running[0]


@pytest.fixture
def xo(running: tuple[Simulator, SimulatedOrchestra], simulator: Simulator) -> SimulatedOrchestra:
    assert simulator
    running[1].fail()
    running[1].show(ShownOrchestra())
    running[1].renew({TOKEN: Rights.ADMIN, "reader": Rights.READ, "nobody": Rights.NONE})
    return running[1]


class Told:
    """What came of a round: answers by host, by its name where it is simulated, and the failure that ended it."""

    def __init__(self, asked: Orchestra, bounds: ProbeBounds = AMPLE, **more: Any) -> None:
        self.answers: dict[str, MissingUpdates] = {}
        self.failure: Failure | None = None
        self.batches = 0
        for told in ask_updates(asked, lambda: NOW, bounds=bounds, **more):
            assert self.failure is None, "a failure is the last"
            assert TOKEN not in repr(told)
            if isinstance(told, Failure):
                assert_fit_to_be_told(told)
                self.failure = told
                continue
            self.batches += 1
            assert 0 < len(told) <= BATCH
            for answer in told:
                assert answer.host not in self.answers
                assert answer.asked == (answer.why is None)
                assert answer.asked or answer.missing == ()
                assert (answer.source, answer.asked_at) == ("xo", NOW)
                self.answers[answer.host] = answer

    def __getitem__(self, name: str) -> MissingUpdates:
        return self.answers[uuid_of("host", name)]

    @property
    def whys(self) -> dict[str, WhyNotAsked | None]:
        return {name: self[name].why for name in ("xen-1", "xen-2", "xen-3")}


def test_hosts_are_told_with_what_they_miss_and_security_updates_as_such(xo: SimulatedOrchestra) -> None:
    told = Told(simulated(xo))
    assert told["xen-1"].missing == (
        MissingUpdate("kernel", "4.19.19-8.0.46.1.xcpng8.3", None),
        MissingUpdate("xen-hypervisor", "4.17.6-9.5.1.xcpng8.3", True),
    )
    assert told["xen-1"].missing is told["xen-3"].missing, "equal lists are one"
    assert told["xen-2"] == (uuid_of("host", "xen-2"), "xo", NOW, True, (), None)
    assert told.failure is None


def test_an_empty_list_is_asked_about_at_the_dashboard_after_it(xo: SimulatedOrchestra) -> None:
    Told(simulated(xo))
    paths = [asked.path.rpartition("/")[2] for asked in xo.seen.requests]
    assert paths[-1] == "dashboard"
    assert paths[-4:-1] == ["missing_patches"] * 3


@pytest.mark.parametrize("how", [{"misses": None}, {"up": False}], ids=["no mirror", "halted"])
def test_an_empty_list_is_not_believed_while_any_host_failed(
    simulator: Simulator, xo: SimulatedOrchestra, how: dict[str, Any]
) -> None:
    simulator["xen-3"].change(lambda host: replace(host, **how))
    told = Told(simulated(xo))
    of_third = WhyNotAsked.OFF if "up" in how else WhyNotAsked.HOSTS_FAILED
    assert told.whys == {"xen-1": None, "xen-2": WhyNotAsked.HOSTS_FAILED, "xen-3": of_third}
    assert len(told["xen-1"].missing) == 2, "what is missing is missing"


def test_who_is_no_administrator_learns_what_is_missing_and_not_that_nothing_is(xo: SimulatedOrchestra) -> None:
    told = Told(simulated(xo, "reader"))
    assert told.whys == {"xen-1": None, "xen-2": WhyNotAsked.DASHBOARD_RIGHTS, "xen-3": None}


@pytest.mark.parametrize(
    "fault",
    [
        http_error(500, on="dashboard"),
        html_page(on="dashboard"),
        http_redirect("https://192.0.2.1/", on="dashboard"),
        Silence(on="dashboard"),
        Reset(on="dashboard"),
        Truncate(20, on="dashboard"),
        Body(b"{}", on="dashboard"),
        Body(b'{"missingPatches":{"hasAuthorization":true}}', on="dashboard"),
        Body(b'{"missingPatches":{"nHostsFailed":false}}', on="dashboard"),
        Body(b'{"missingPatches":{"nHostsFailed":"0"}}', on="dashboard"),
        Body(b'{"missingPatches":{"nHostsFailed":0.0}}', on="dashboard"),
    ],
    ids=lambda fault: repr(fault)[:60],
)
def test_an_empty_list_is_not_believed_without_the_dashboard(xo: SimulatedOrchestra, fault: Fault) -> None:
    xo.fail(fault)
    told = Told(simulated(xo), QUICK if isinstance(fault, Silence) else AMPLE)
    assert told.whys == {"xen-1": None, "xen-2": WhyNotAsked.DASHBOARD, "xen-3": None}


def test_a_plan_that_lacks_the_function_is_asked_for_no_more_than_a_few_hosts(xo: SimulatedOrchestra) -> None:
    xo.show(ShownOrchestra(lists_updates=False))
    told = Told(simulated(xo))
    assert set(told.whys.values()) == {WhyNotAsked.PLAN}
    assert told.failure is None


def test_rights_that_are_too_little_for_a_host_are_told_of_it(xo: SimulatedOrchestra) -> None:
    xo.fail(http_error(403, "Forbidden", on="missing_patches"))
    assert set(Told(simulated(xo)).whys.values()) == {WhyNotAsked.RIGHTS}


@pytest.mark.parametrize(
    ("token", "code"), [("wrong", FailureCode.LOGIN_REFUSED), ("nobody", FailureCode.NOT_AUTHORIZED)]
)
def test_a_token_that_opens_nothing_is_the_failure_of_the_round(
    xo: SimulatedOrchestra, token: str, code: FailureCode
) -> None:
    told = Told(simulated(xo, token))
    assert told.answers == {}
    assert told.failure
    assert told.failure.code is code
    assert "XO_TOKEN" in told.failure.message


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (http_error(500, on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (http_error(404, on="missing_patches"), WhyNotAsked.NOT_THERE),
        (http_redirect("https://192.0.2.1/", on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (html_page(on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Silence(on="missing_patches"), WhyNotAsked.TIMEOUT),
        (Reset(on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Truncate(1, on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Body(b"", on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Body(b"[{}]", on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Body(b'["xen"]', on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Body(b'[{"name":"' + b"x" * 200_000, on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Body(b'[{"name":' + b"[" * 60_000 + b"}", on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Body(b'{"name":"\xff"}', on="missing_patches"), WhyNotAsked.BAD_REPLY),
        (Oversize(9 * MiB, on="missing_patches"), WhyNotAsked.REPLY_TOO_LARGE),
        (
            Body(json.dumps([{"name": f"a{n}"} for n in range(UPDATES + 1)]).encode(), on="missing_patches"),
            WhyNotAsked.REPLY_TOO_LARGE,
        ),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_what_is_wrong_with_a_hosts_answer_is_told_of_that_host(
    xo: SimulatedOrchestra, fault: Fault, why: WhyNotAsked
) -> None:
    xo.fail(fault)
    told = Told(simulated(xo), QUICK if isinstance(fault, Silence) else AMPLE)
    assert set(told.whys.values()) == {why}
    assert told.failure is None


@pytest.mark.parametrize("status", [401, 502])
def test_what_is_wrong_with_the_xen_orchestra_ends_the_round(xo: SimulatedOrchestra, status: int) -> None:
    xo.fail(http_error(status, on="missing_patches"))
    told = Told(simulated(xo))
    assert told.answers == {}
    assert told.failure
    assert told.failure.code is (FailureCode.LOGIN_REFUSED if status == 401 else FailureCode.UNREACHABLE)


def test_hosts_are_asked_in_the_order_that_is_wanted_and_those_that_are_left_out_are_not(
    xo: SimulatedOrchestra,
) -> None:
    told = Told(simulated(xo), order=lambda uuids: [uuids[2]])
    assert list(told.answers) == [uuid_of("host", "xen-3")]


def test_nothing_is_sent_where_the_certificate_is_another(xo: SimulatedOrchestra) -> None:
    trust = Trust(TlsMode.PINNED, b"\0" * 32)
    before = xo.seen.bytes
    told = Told(orchestra(Endpoint(xo.address.host, xo.address.port, trust)))
    assert told.failure
    assert (told.failure.code, xo.seen.bytes) == (FailureCode.TLS_PIN_MISMATCH, before)


def test_hosts_of_xenserver_have_guidances_in_place_of_a_release() -> None:
    update = SimUpdate("XS82ECU1086", description="Public Availability: security fixes", guidances="restartHost")
    pool = SimPool((SimHost("xs-1", release("XenServer", "8"), misses=(update,)),))
    with Simulator([pool]) as simulator, SimulatedOrchestra(simulator) as xo:
        told = Told(simulated(xo))
    assert told["xs-1"].missing == (MissingUpdate("XS82ECU1086", "", True, ("restartHost",)),)


@pytest.mark.parametrize(
    ("record", "update"),
    [
        ({"name": "a", "version": "1", "release": "2"}, MissingUpdate("a", "1-2", None)),
        ({"name": "a", "version": "1"}, MissingUpdate("a", "1", None)),
        ({"id": "a"}, MissingUpdate("a", "", None)),
        ({"name": "a", "description": "Fixes CVE-2026-1"}, MissingUpdate("a", "", True)),
        ({"name": "a", "changelog": {"description": "- xsa-491: x"}}, MissingUpdate("a", "", True)),
        ({"name": "a", "changelog": {"description": "Security fix"}}, MissingUpdate("a", "", True)),
        ({"name": "a", "changelog": "XSA-491", "description": "insecurity"}, MissingUpdate("a", "", None)),
        ({"name": "a", "guidance": "restartHost"}, MissingUpdate("a", "", None, ("restartHost",))),
        (
            {"name": "a", "guidances": {"mandatory": ["RebootHost"], "full": ["RestartToolstack", 7, ""]}},
            MissingUpdate("a", "", None, ("RebootHost", "RestartToolstack")),
        ),
        ({"name": "a", "paid": True, "upgrade": True}, MissingUpdate("a", "", None, (), True, True)),
        ({"name": "a", "paid": "no", "upgrade": 1, "guidances": [[]]}, MissingUpdate("a", "", None)),
        ({"name": f"a {TOKEN}"}, MissingUpdate("a [hidden]", "", None)),
    ],
)
def test_an_update_is_read_however_it_is_described(record: Mapping[str, Any], update: MissingUpdate) -> None:
    assert update_of(record, SECRET) == update


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_KEYS = ("name", "id", "version", "release", "description", "changelog", "guidances", "guidance", "paid", "upgrade")


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON))
def test_any_record_is_an_update_or_a_bad_reply(record: Mapping[str, Any]) -> None:
    if not any(isinstance(record.get(key), str) and record[key] for key in ("name", "id")):
        with pytest.raises(ProbeError, match="bad_reply"):
            update_of(record, SECRET)
        return
    found = update_of(record, SECRET)
    assert found.name
    assert found.security in (True, None)


@given(st.dictionaries(st.sampled_from(["hasAuthorization", "nHostsFailed", "nHosts"]), _JSON) | st.none())
def test_only_a_zero_bears_an_empty_list_out(part: dict[str, Any] | None) -> None:
    if judged(part) is None:
        assert part
        assert type(part["nHostsFailed"]) is int
        assert part["nHostsFailed"] == 0
        assert part.get("hasAuthorization") is not False


def _many(hosts: int, answer: Callable[[Request], bytes | None] = lambda _: None) -> Callable[[Request], bytes]:
    """A server with so many hosts that miss nothing, and a dashboard that bears that out."""
    listed = http(lines([{"id": f"host-{number}", "power_state": "Running"} for number in range(hosts)]))

    def given_for(request: Request) -> bytes:
        if (other := answer(request)) is not None:
            return other
        if "/hosts?" in request.line:
            return listed
        if "/dashboard" in request.line:
            return http(b'{"missingPatches":{"hasAuthorization":true,"nHostsFailed":0}}', "application/json")
        return http(b"[]", "application/json")

    return given_for


def test_a_dashboard_that_answers_after_the_minute_bears_nothing_out() -> None:
    clock = Clock()

    def late(request: Request) -> bytes | None:
        clock.now += 61 if "/dashboard" in request.line else 0
        return None

    bounds = ProbeBounds(login=600, whole=2000)
    told = Told(orchestra(FAR), bounds, clock=clock, connect=FakeNetwork(_many(2, late)))
    assert {answer.why for answer in told.answers.values()} == {WhyNotAsked.DASHBOARD}
    told = Told(orchestra(FAR), bounds, clock=clock, connect=FakeNetwork(_many(2)))
    assert {answer.asked for answer in told.answers.values()} == {True}


def test_a_round_ends_with_its_time_and_says_nothing_of_hosts_that_it_did_not_ask() -> None:
    clock = Clock()

    def slow(request: Request) -> bytes | None:
        clock.now += 5 if "missing_patches" in request.line else 0
        return None

    told = Told(orchestra(FAR), ProbeBounds(login=600, whole=100), clock=clock, connect=FakeNetwork(_many(200, slow)))
    assert 15 <= len(told.answers) <= 25
    assert told.failure is None
    assert told.batches > 1, "the dashboard has to answer within the minute"


def test_a_round_ends_when_the_process_does() -> None:
    stop, asked = threading.Event(), count()

    def stopping(request: Request) -> bytes | None:
        if "missing_patches" in request.line and next(asked) == 9:
            stop.set()
        return None

    told = Told(orchestra(FAR), stop=stop, connect=FakeNetwork(_many(200, stopping)))
    assert 10 <= len(told.answers) <= 10 + AT_ONCE


@pytest.mark.parametrize("identity", ["../../users", "a b", "a\r\nx: y", "", "x" * 65, "é", None, 7])
def test_an_id_that_could_lead_elsewhere_is_never_a_part_of_an_address(identity: object) -> None:
    hosts = http(lines([{"id": identity, "power_state": "Running"}, {"id": "host-1"}]))
    network = FakeNetwork(_many(0, lambda request: hosts if "/hosts?" in request.line else None))
    told = Told(orchestra(FAR), connect=network)
    assert list(told.answers) == ["host-1"]
    asked = b"".join(bytes(wire.sent) for wire in network.wires)
    assert asked.count(b"missing_patches") == 1
    assert b"/hosts/host-1/missing_patches HTTP" in asked


def test_no_host_at_all_is_a_failure() -> None:
    told = Told(orchestra(FAR), connect=FakeNetwork(_many(0)))
    assert told.failure
    assert told.failure.code is FailureCode.NOT_AUTHORIZED


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_list_that_ends_at_any_byte_is_no_answer(framing: str) -> None:
    body = json.dumps([{"name": "xen"}, {"name": "kernel"}]).encode()
    whole = http(body, "application/json")
    if framing == "chunked":
        whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for cut in range(len(whole) + 1):
        half = whole[:cut]
        network = FakeNetwork(_many(1, lambda request, half=half: half if "missing" in request.line else None))  # type: ignore[misc]  # mypy cannot see the bound argument
        told = Told(orchestra(FAR), connect=network)
        assert [answer.asked for answer in told.answers.values()] == [cut == len(whole)]


def test_ten_thousand_hosts_are_never_in_memory_at_once() -> None:
    items = [
        {"name": f"package-{n}", "version": "1.0", "release": "1", "changelog": {"description": "x" * 300}}
        for n in range(30)
    ]
    missing = http(json.dumps(items).encode(), "application/json")
    network = FakeNetwork(_many(10_000, lambda request: missing if "missing_patches" in request.line else None))
    total = 0
    rounds = ask_updates(orchestra(FAR), lambda: NOW, lambda uuids: uuids[:1_500], connect=network)
    next(rounds)
    for wire in network.wires:
        wire.sent.clear()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for told in rounds:
            assert isinstance(told, tuple)
            total += len(told)
            for wire in network.wires:
                del wire.sent[:]
                wire._read = 0
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert total == 1_500 - BATCH
    assert peak < 4 * MiB


def test_doctor_says_what_can_be_asked(simulator: Simulator, xo: SimulatedOrchestra) -> None:
    def said(token: str = TOKEN) -> list[str]:
        asked = simulated(xo, token)
        version = check_version(asked, lambda: NOW)
        assert version
        checks = (version, check_updates(asked, lambda: NOW), check_dashboard(asked, lambda: NOW))
        assert all(check.ok for check in checks)
        return [f"{check.text} → {check.mend}" if check.mend else check.text for check in checks]

    assert said() == [
        "it tells without a login that it is xo-server 5.207.2",
        "it tells which updates hosts miss (2 of the one that was tried)",
        "every host could be asked for its updates",
    ]
    xo.show(ShownOrchestra(websockets=False, lists_updates=False))
    assert said() == [
        "it tells without a login that its REST API is 0.37.0 → let the proxy before it pass WebSockets on, and it "
        "tells xo-server's number",
        *["its plan does not tell which updates hosts miss → from Starter on, or from sources, it does"] * 2,
    ]
    xo.show(ShownOrchestra(api=None, server=None))
    simulator["xen-1"].change(lambda host: replace(host, misses=None))
    assert [line.partition(" → ")[0] for line in said()] == [
        "xo was asked for its version and answered with none",
        "it tells which updates hosts miss (an empty list of the one that was tried)",
        "some hosts could not be asked for their updates, so one that seems to miss nothing is not believed",
    ]
    assert "make that user an administrator" in said("reader")[2]
    xo.fail(http_error(500, on="dashboard"))
    assert isinstance(ask_dashboard(simulated(xo), lambda: NOW), Failure)


def test_a_fleet_that_is_off_is_told_as_such(simulator: Simulator, xo: SimulatedOrchestra) -> None:
    hosts: Sequence[Mapping[str, Any]] = [
        {"id": "a", "power_state": "Halted"},
        {"id": "b", "power_state": "Unknown"},
        {"id": "c", "power_state": "Odd"},
    ]
    assert simulator
    xo.fail(Body(lines(hosts), on="hosts"))
    told = Told(simulated(xo))
    assert {host: answer.why for host, answer in told.answers.items()} == {
        "a": WhyNotAsked.OFF,
        "b": WhyNotAsked.LOST,
        "c": WhyNotAsked.LOST,
    }
    assert check_updates(simulated(xo), lambda: NOW).text == "no host runs, so none could be asked"
