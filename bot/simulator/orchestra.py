"""A Xen Orchestra that knows a simulator's pools, as its REST API presents them, over real TLS on loopback.

    with Simulator(demo_fleet()) as simulator, SimulatedOrchestra(simulator) as orchestra:
        print(orchestra.address, orchestra.address.pin_text)   # the token is `TOKEN`
        simulator["xen-2"].upgrade(release("XCP-ng", "8.3"))   # its lists have that at once
        orchestra.forget("xen-2")                              # contact lost: not listed
        orchestra.fail(http_error(503))                        # any fault of the simulator's, `on` hosts or pools

Hosts and pools have the uuids that they have through XAPI. What is simulated: tokens as a cookie, the lists of hosts
and pools with `fields`, `limit` and `ndjson`, lists of addresses without fields. What is not: passwords, filters, any
other list, and whatever changes something.
"""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import Enum
from functools import partial
from http import HTTPStatus
from itertools import islice
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from urllib.parse import parse_qs

from bot.simulator.engine import Engine, Listener, bound_together
from bot.simulator.faults import ConnectionEnd, Delay, Fault, FaultMoment, FaultyDelivery, delivery
from bot.simulator.fleets import SimAddress
from bot.simulator.http import HttpRefused, RequestReader, SimRequest, SimResponse, Stream
from bot.simulator.records import certificate_records, host_record, uuid_of
from bot.simulator.releases import XCP_NG
from bot.simulator.server import deliver, stopped
from bot.simulator.simulator import Simulator
from bot.simulator.state import HostState, PoolState, Traffic
from bot.simulator.tls import SimCertificate, SimContexts, SimTls

_Object = dict[str, Any]

TOKEN: Final = "demo-token-of-the-stand-in"
"""Opens a simulated Xen Orchestra unless it is given others: it protects nothing."""

_BASE: Final = "/rest/v0/"
_COOKIE: Final = "authenticationToken"
_LINES: Final = "application/x-ndjson"
_CHUNK: Final = 16 * 1024
_MOST_REQUESTS: Final = 1000
_LAST_SECONDS: Final = 2.0
_FIRST_WITH_CERTIFICATES: Final = (2, 15)


class Rights(Enum):
    """What the user of a token may do."""

    READ = "read hosts and pools"
    NONE = "nothing"


class OrchestraRequest(NamedTuple):
    """A request that came, and the status of its response. Tokens are not stored."""

    path: str
    query: str
    status: int


class OrchestraLog(NamedTuple):
    """How many connections were made, TLS and all; how many bytes came inside TLS; the last thousand requests, oldest
    first."""

    handshakes: int
    bytes: int
    requests: tuple[OrchestraRequest, ...]


class SimulatedOrchestra:
    """Answers while it is entered, within its simulator's. Raises SimulatorError where its port is not free.

    Any thread may hold it; it answers in the loop of its simulator. What is changed is replaced as a whole; what is
    read is read in the loop, behind what has happened already.
    """

    def __init__(
        self,
        simulator: Simulator,
        tokens: Mapping[str, Rights] | None = None,
        certificate: SimCertificate | None = None,
        port: int = 0,
    ) -> None:
        self._simulator = simulator
        self._tokens = {TOKEN: Rights.READ} if tokens is None else dict(tokens)
        self._certificate = certificate or SimCertificate("xo")
        self._port = port
        self._faults: tuple[Fault, ...] = ()
        self._forgotten: frozenset[str] = frozenset()
        self._traffic = Traffic()
        self._requests: deque[OrchestraRequest] = deque(maxlen=_MOST_REQUESTS)

    def __enter__(self) -> Self:
        def listen(engine: Engine) -> Listener:
            (bound,) = bound_together(1, self._port)
            serve = partial(self._serve, engine)
            loop = asyncio.get_running_loop()
            listener = Listener(bound, loop, lambda connection: engine.answer(self, connection, serve))
            self._certificate = self._certificate.at(listener.address)
            listener.open()
            return listener

        self._contexts = SimContexts()
        self._listener = self._simulator.run(listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        def close(engine: Engine) -> None:
            self._listener.close()
            engine.drop(self)
            self._contexts.close()

        self._simulator.run(close)

    @property
    def address(self) -> SimAddress:
        """Where it listens, and its pin."""
        return SimAddress(self._listener.address, self._listener.port, self._certificate.pin)

    @property
    def seen(self) -> OrchestraLog:
        """What reached it since it was entered."""
        return self._simulator.run(
            lambda _: OrchestraLog(self._traffic.handshakes, self._traffic.bytes, tuple(self._requests))
        )

    def fail(self, *faults: Fault) -> None:
        """It fails in these ways from now on, and in no others. `on` is hosts, pools or, for all, empty."""
        self._faults = faults

    def forget(self, *names: str) -> None:
        """It has lost contact with these hosts, and no others: they are not listed."""
        self._forgotten = frozenset(names)

    def renew(self, tokens: Mapping[str, Rights]) -> None:
        """These tokens open it from now on, and no others, as when one has expired."""
        self._tokens = dict(tokens)

    async def _serve(self, engine: Engine, stream: Stream) -> None:
        """Answers a client until one of the two leaves. A connection that breaks ends it quietly."""
        self._traffic.connections += 1
        with suppress(OSError):
            if await stopped(self._faults, stream, FaultMoment.ACCEPT):
                return
            await stream.handshake(self._contexts.get(self._certificate, SimTls.MODERN))
            self._traffic.handshakes += 1
            stream.on_bytes = self._traffic.count_bytes
            if await stopped(self._faults, stream, FaultMoment.HANDSHAKE):
                return
            requests = RequestReader(stream, None)
            try:
                while (request := await requests.next()) is not None:
                    if await self._answer(engine, stream, request) is not ConnectionEnd.KEEP:
                        return
            except HttpRefused as refused:
                async with asyncio.timeout(_LAST_SECONDS):
                    await stream.write_last(refused.response.wire)

    async def _answer(self, engine: Engine, stream: Stream, request: SimRequest) -> ConnectionEnd:
        what = request.path.removeprefix(_BASE)
        faults = tuple(fault for fault in self._faults if fault.on in ("", what))
        if await stopped(faults, stream, FaultMoment.REQUEST, what):
            return ConnectionEnd.CUT
        for fault in faults:
            if isinstance(fault, Delay):
                await asyncio.sleep(fault.seconds)
        objects: Iterable[_Object] | None = None
        if what == "pools":
            objects = _pools(engine.pools)
        elif what == "hosts":
            listed = (host for pool in engine.pools if pool.coordinator.host.up for host in pool.hosts.values())
            objects = (_host(host) for host in listed if host.host.name not in self._forgotten)
        response = _refusal(request, self._tokens) or _listing(request, objects)
        response = response.with_header("date", format_datetime(engine.now().astimezone(UTC), usegmt=True))
        self._requests.append(OrchestraRequest(request.path, request.query, response.status))
        return await deliver(stream, delivery(faults, response) if faults else _in_chunks(response))


def _refusal(request: SimRequest, tokens: Mapping[str, Rights]) -> SimResponse | None:
    """Why the request is refused, if it is."""
    pairs = (cookie.strip().partition("=") for cookie in request.headers.get("cookie", "").split(";"))
    token = next((value for name, _, value in pairs if name == _COOKIE), None)
    if token is not None and "authorization" in request.headers:
        return _error(HTTPStatus.BAD_REQUEST)
    rights = tokens.get(token or "")
    if rights is None:
        return _error(HTTPStatus.UNAUTHORIZED)
    return _error(HTTPStatus.FORBIDDEN) if rights is Rights.NONE else None


def _listing(request: SimRequest, objects: Iterable[_Object] | None) -> SimResponse:
    """The list that is wanted; there is none for None. Without fields it has addresses."""
    if objects is None or request.method != "GET":
        return _error(HTTPStatus.NOT_FOUND)
    options = {key: values[-1] for key, values in parse_qs(request.query).items()}
    limit, fields = options.get("limit", ""), options.get("fields", "")
    listed: list[Any] = []
    for found in islice(objects, int(limit) if limit.isdecimal() else None):
        href = f"{request.path.rstrip('/')}/{found['id']}"
        if not fields:
            listed.append(href)
        elif fields == "*":
            listed.append({**found, "href": href})
        else:
            listed.append({**{name: found[name] for name in fields.split(",") if name in found}, "href": href})
    if options.get("ndjson") == "true":
        kind, text = _LINES, "".join(f"{_json(value)}\n" for value in listed)
    else:
        kind, text = "application/json; charset=utf-8", _json(listed)
    return SimResponse(200, "OK", (("content-type", kind),), text.encode())


def _error(status: HTTPStatus) -> SimResponse:
    body = _json({"error": status.phrase}).encode()
    return SimResponse(status, status.phrase, (("content-type", "application/json"),), body)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _in_chunks(response: SimResponse) -> FaultyDelivery:
    """How responses are sent: lists of lines in chunks, as they are made."""
    ending = ConnectionEnd.CLOSE if response.close else ConnectionEnd.KEEP
    if ("content-type", _LINES) not in response.headers:
        return FaultyDelivery(iter([response.wire]), 0, ending)

    def chunks() -> Iterator[bytes]:
        yield response.head.replace(b"content-length: %d" % len(response.body), b"transfer-encoding: chunked")
        for at in range(0, len(response.body), _CHUNK):
            piece = response.body[at : at + _CHUNK]
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
        yield b"0\r\n\r\n"

    return FaultyDelivery(chunks(), 0, ending)


def _pools(known: Iterable[PoolState]) -> Iterator[_Object]:
    """Each pool whose coordinator is up: it is asked through no other host.

    Pools and hosts are what packages/xo-server/src/xapi-object-to-xo.mjs makes of XAPI's records. What is undefined
    there is left out, as JSON leaves it out.
    """
    for pool in known:
        if pool.coordinator.host.up:
            yield {
                "id": _pool_id(pool),
                "uuid": _pool_id(pool),
                "type": "pool",
                "name_label": pool.name or pool.coordinator.host.shown_label,
                "name_description": "",
                "master": uuid_of("host", pool.coordinator.host.name),
                "HA_enabled": False,
                "auto_poweron": True,
                "tags": [],
            }


def _host(state: HostState) -> _Object:
    host, pool, runs = state.host, state.pool, state.host.release.software_version
    uuid, booted = uuid_of("host", host.name), int(host.booted.timestamp())
    reboot_required = host.restart_pending
    if host.release.product != XCP_NG:  # a host without the field is one that needs none
        reboot_required = bool(host_record(host, state.address, pool.api).get("updates_requiring_reboot"))
    certificates = None
    if pool.api >= _FIRST_WITH_CERTIFICATES:
        records = certificate_records(host, state.certificate, pool.api).values()
        certificates = [
            {"fingerprint": each["fingerprint"], "notAfter": int(each["not_after"].timestamp())}
            for each in records
            if isinstance(each["not_after"], datetime)
        ]
    presented = {
        "id": uuid,
        "uuid": uuid,
        "type": "host",
        "name_label": host.shown_label,
        "name_description": "Default install",
        "hostname": host.name,
        "address": state.address,
        "version": runs.get("product_version"),
        "productBrand": runs.get("product_brand"),
        "build": runs.get("build_number"),
        "enabled": host.enabled,
        "power_state": "Running" if host.up else "Halted",
        "rebootRequired": reboot_required,
        "startTime": booted,
        "agentStartTime": booted,
        "license_expiry": int(host.licence_expires.timestamp()),
        "tags": [],
        "certificates": certificates,
        "$pool": _pool_id(pool),
        "$poolId": _pool_id(pool),
    }
    return {key: value for key, value in presented.items() if value is not None}


def _pool_id(pool: PoolState) -> str:
    return uuid_of("pool", pool.pool.hosts[0].name)
