"""A Xen Orchestra that knows a simulator's pools, as its REST API presents them, over real TLS on loopback.

    with Simulator(demo_fleet()) as simulator, SimulatedOrchestra(simulator) as orchestra:
        print(orchestra.address, orchestra.address.pin_text)   # the token is `TOKEN`
        simulator["xen-2"].upgrade(release("XCP-ng", "8.3"))   # its lists have that at once
        orchestra.forget("xen-2")                              # contact lost: not listed
        orchestra.fail(http_error(503))                        # any fault of the simulator's, `on` what was asked
        orchestra.show(ShownOrchestra(server="5.200.0"))       # another version; none; no WebSockets; a smaller plan

Hosts and pools have the uuids that they have through XAPI. What is simulated: tokens as a cookie, the lists of hosts
and pools with `fields`, `limit` and `ndjson`, lists of addresses without fields, the updates that a host misses, the
dashboard's part on those, the description of the API, and JSON-RPC over a WebSocket as far as it needs no login. What
is not: passwords, filters, any other list, and whatever changes something.

`on` of a fault is `hosts`, `pools`, `missing_patches`, `dashboard`, `swagger.json`, `api` (the WebSocket), or, for all,
empty. Of those, `Body` replaces the answer on a WebSocket, and whatever else spoils answers that to its handshake.
"""

import asyncio
import json
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import Enum
from functools import partial
from hashlib import sha1
from http import HTTPStatus
from itertools import islice
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from urllib.parse import parse_qs

from bot.simulator.engine import Engine, Listener, bound_together
from bot.simulator.faults import Body, ConnectionEnd, Delay, Fault, FaultMoment, FaultyDelivery, delivery
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
_SOCKET: Final = "/api/"
_GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_LONGEST_FRAME: Final = 64 * 1024


class Rights(Enum):
    """What the user of a token may do."""

    ADMIN = "everything"
    READ = "read hosts and pools"
    NONE = "nothing"


@dataclass(frozen=True, slots=True)
class ShownOrchestra:
    """What it is. `server` and `api` are the versions of xo-server and of its REST API; None: it does not tell.

    `websockets` is False behind a proxy that lets none through, `lists_updates` where the plan lacks the function.
    """

    server: str | None = "5.207.2"
    api: str | None = "0.37.0"
    websockets: bool = True
    lists_updates: bool = True


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
        shown: ShownOrchestra = ShownOrchestra(),
    ) -> None:
        self._simulator = simulator
        self._shown = shown
        self._tokens = {TOKEN: Rights.ADMIN} if tokens is None else dict(tokens)
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
        """It fails in these ways from now on, and in no others."""
        self._faults = faults

    def show(self, shown: ShownOrchestra) -> None:
        """It is another one from now on."""
        self._shown = shown

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
        what = _asked(request)
        faults = tuple(fault for fault in self._faults if fault.on in ("", what))
        if await stopped(faults, stream, FaultMoment.REQUEST, what):
            return ConnectionEnd.CUT
        for fault in faults:
            if isinstance(fault, Delay):
                await asyncio.sleep(fault.seconds)
        if what == "api" and self._shown.websockets and request.headers.get("upgrade", "").lower() == "websocket":
            return await self._talk(stream, request, faults)
        response = self._response(engine, request, what)
        response = response.with_header("date", format_datetime(engine.now().astimezone(UTC), usegmt=True))
        self._requests.append(OrchestraRequest(request.path, request.query, response.status))
        return await deliver(stream, delivery(faults, response) if faults else _in_chunks(response))

    def _response(self, engine: Engine, request: SimRequest, what: str) -> SimResponse:
        token = _token(request)
        if what == "swagger.json" and token is None:
            return _description(self._shown.api)
        if token is not None and "authorization" in request.headers:
            return _error(HTTPStatus.BAD_REQUEST)
        if not request.path.startswith(_BASE):
            return _error(HTTPStatus.NOT_FOUND)
        rights = self._tokens.get(token or "")
        if rights is None:
            return _error(HTTPStatus.UNAUTHORIZED)
        if rights is Rights.NONE or (what == "dashboard" and rights is not Rights.ADMIN):
            return _error(HTTPStatus.FORBIDDEN)
        if request.method != "GET":
            return _error(HTTPStatus.NOT_FOUND)
        match what:
            case "pools":
                return _listing(request, _pools(engine.pools))
            case "hosts":
                return _listing(request, map(_host, self._listed(engine)))
            case "swagger.json":
                return _description(self._shown.api)
            case "missing_patches":
                uuid = request.path.split("/")[-2]
                found = next((host for host in self._listed(engine) if uuid_of("host", host.host.name) == uuid), None)
                if found is None:
                    return _error(HTTPStatus.NOT_FOUND)
                return _as_json(_missing(found)) if self._shown.lists_updates else _no_plan()
            case "dashboard":
                return _as_json(_dashboard([*self._listed(engine)], self._shown.lists_updates))
        return _error(HTTPStatus.NOT_FOUND)

    def _listed(self, engine: Engine) -> Iterator[HostState]:
        """Hosts whose pool's coordinator is up, but for those that it has lost."""
        listed = (host for pool in engine.pools if pool.coordinator.host.up for host in pool.hosts.values())
        return (host for host in listed if host.host.name not in self._forgotten)

    async def _talk(self, stream: Stream, request: SimRequest, faults: tuple[Fault, ...]) -> ConnectionEnd:
        """A WebSocket (RFC 6455): answers what may be asked without a login, until the client closes."""
        spoils = tuple(fault for fault in faults if not isinstance(fault, Body | Delay))
        digest = sha1((request.headers.get("sec-websocket-key", "") + _GUID).encode(), usedforsecurity=False).digest()
        self._requests.append(OrchestraRequest(request.path, request.query, HTTPStatus.SWITCHING_PROTOCOLS))
        if spoils:
            return await deliver(stream, delivery(spoils, _error(HTTPStatus.NOT_FOUND)))
        head = f"upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {b64encode(digest).decode()}\r\n"
        await stream.write(f"HTTP/1.1 101 Switching Protocols\r\n{head}\r\n".encode())
        received = bytearray()
        while (frame := await _frame(stream, received)) is not None:
            kind, payload = frame
            if kind == _TEXT:
                body = next((fault.data for fault in faults if isinstance(fault, Body)), None)
                await stream.write(_framed(_TEXT, _rpc(payload, self._shown) if body is None else body))
            elif kind == _PING:
                await stream.write(_framed(_PONG, payload))
            elif kind == _CLOSE:
                await stream.write(_framed(_CLOSE, payload))
                break
        return ConnectionEnd.CLOSE


def _asked(request: SimRequest) -> str:
    """What a path is about, as faults name it."""
    if request.path == _SOCKET:
        return "api"
    if not request.path.startswith(_BASE):
        return ""
    return request.path.removeprefix(_BASE).rpartition("/")[2]


def _token(request: SimRequest) -> str | None:
    """The token of the cookie, if there is one."""
    pairs = (cookie.strip().partition("=") for cookie in request.headers.get("cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == _COOKIE), None)


async def _frame(stream: Stream, received: bytearray) -> tuple[int, bytes] | None:
    """The next frame of a client, with what it says; None once the client has left, or breaks the rules."""

    async def have(size: int) -> bool:
        while len(received) < size:
            if not (data := await stream.read()):
                return False
            received.extend(data)
        return True

    if not await have(2):
        return None
    size, at = received[1] & 0x7F, 2
    if size == 126:
        if not await have(4):
            return None
        size, at = int.from_bytes(received[2:4]), 4
    if not received[1] & 0x80 or size > _LONGEST_FRAME or not await have(at + 4 + size):
        return None
    mask, masked, kind = received[at : at + 4], received[at + 4 : at + 4 + size], received[0] & 0xF
    del received[: at + 4 + size]
    return kind, bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked))


def _framed(kind: int, payload: bytes) -> bytes:
    """A whole frame of a server."""
    size = len(payload)
    length = (
        bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2) if size < 1 << 16 else b"\x7f" + size.to_bytes(8)
    )
    return bytes([0x80 | kind]) + length + payload


def _rpc(payload: bytes, shown: ShownOrchestra) -> bytes:
    """The answer to a call of JSON-RPC 2.0 without a login (packages/xo-server/src/api/system.mjs)."""
    call = json.loads(payload)
    answer = {"jsonrpc": "2.0", "id": call.get("id")}
    match call.get("method"):
        case "system.getServerVersion" if shown.server is not None:
            answer["result"] = shown.server
        case "system.getVersion":
            answer["result"] = "0.1"
        case method:
            answer["error"] = {"code": -32601, "message": f"method not found: {method}", "data": method}
    return _json(answer).encode()


def _description(version: str | None) -> SimResponse:
    """The OpenAPI text, its parts in the order of their names; no right is needed for it."""
    if version is None:
        return _error(HTTPStatus.NOT_FOUND)
    schemas = {"XoHost": {"type": "object", "properties": {"info": {"type": "string", "example": '{"version": "0"}'}}}}
    return _as_json(
        {
            "components": {"schemas": schemas},
            "info": {"title": "@xen-orchestra/rest-api", "version": version, "license": {"name": "AGPL-3.0-or-later"}},
            "openapi": "3.0.0",
            "paths": {"/hosts/{id}/missing_patches": {"get": {"operationId": "GetMissingPatches"}}},
        }
    )


def _missing(state: HostState) -> list[_Object]:
    """The updates that a host misses; none where that could not be found out, as the failure is caught there."""
    updates = state.host.misses if state.host.up else None
    is_package = state.host.release.product == XCP_NG
    return [update.package() if is_package else update.update() for update in updates or ()]


def _dashboard(hosts: list[HostState], lists_updates: bool) -> _Object:
    """What the dashboard says of hosts and of their updates; each host that does not run is one that failed."""
    behind = [host for host in hosts if _missing(host)]
    failed = [host for host in hosts if host.host.misses is None or not host.host.up]
    missing: _Object = {"hasAuthorization": False}
    if lists_updates:
        missing = {
            "hasAuthorization": True,
            "nHosts": len(hosts),
            "nHostsEol": {"isEmpty": True},
            "nHostsFailed": len(failed),
            "nHostsWithMissingPatches": len(behind),
            "nPools": len({_pool_id(host.pool) for host in hosts}),
            "nPoolsWithMissingPatches": len({_pool_id(host.pool) for host in behind}),
        }
    running = sum(host.host.up for host in hosts)
    return {
        "nPools": len({_pool_id(host.pool) for host in hosts}),
        "nHosts": len(hosts),
        "hostsStatus": {"running": running, "halted": len(hosts) - running, "unknown": 0, "total": len(hosts)},
        "missingPatches": missing,
    }


def _no_plan() -> SimResponse:
    body = {
        "error": "feature Unauthorized",
        "data": {"featureCode": "LIST_MISSING_PATCHES", "currentPlan": "Free", "minPlan": "Starter"},
    }
    return _as_json(body, HTTPStatus.FORBIDDEN)


def _listing(request: SimRequest, objects: Iterable[_Object]) -> SimResponse:
    """The list that is wanted. Without fields it has addresses."""
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
    return _as_json({"error": status.phrase}, status)


def _as_json(value: object, status: HTTPStatus = HTTPStatus.OK) -> SimResponse:
    return SimResponse(status, status.phrase, (("content-type", "application/json"),), _json(value).encode())


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
