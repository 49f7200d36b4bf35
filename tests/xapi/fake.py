"""A small XAPI in memory: requests in, reply bytes out, for each era. Its XML is the standard library's own."""

import json
import xmlrpc.client
from enum import Enum, auto
from typing import Any

from tests.xapi.server import Request, Script, Talk

REFERENCE = "OpaqueRef:3c7a4c52-7b1f-4d55-9a8b-5e0f6a0c1d2e"
PASSWORD = 'correct horse & <battery> "staple" ü'
COORDINATOR, SUPPORTER = "OpaqueRef:host-1", "OpaqueRef:host-2"
LOGIN, POOLS, HOSTS, METRICS, LOGOUT = (
    "session.login_with_password",
    "pool.get_all_records",
    "host.get_all_records",
    "host_metrics.get_all_records",
    "session.logout",
)
CERTIFICATES, UPDATES = "Certificate.get_all_records", "pool_update.get_all_records"
JSON, XML = "application/json", "text/xml"


class Era(Enum):
    """Which JSON a host speaks (facts on the wire protocol)."""

    XML_ONLY = auto()
    JSON_1_ONLY = auto()
    JSON_2 = auto()


def host(
    name: str = "xen-1", brand: str | None = "XCP-ng", version: str | None = "8.2.1", **fields: Any
) -> dict[str, Any]:
    """A host's record, as small as can be; fields are added or replaced."""
    software = {"build_number": "release/yangtze/master/58", "platform_version": "3.2.1", "hostname": "build-host"}
    software |= {key: value for key, value in (("product_brand", brand), ("product_version", version)) if value}
    return {
        "uuid": f"uuid-of-{name}",
        "name_label": name,
        "address": "192.0.2.1",
        "hostname": name,
        "enabled": True,
        "software_version": software,
        "license_params": {"expiry": "20370101T00:00:00Z"},
        "edition": "xcp-ng",
        "other_config": {"boot_time": "1700000000."},
        "updates_requiring_reboot": [],
        **fields,
    }


class FakeXapi:
    """Answers the calls of a probe. `calls` are the methods with their parameters and transport, in order.

    `errors` are answered instead, by method; `wrap` makes the HTTP reply of a body and its content type.
    """

    def __init__(
        self,
        era: Era = Era.JSON_2,
        hosts: dict[str, Any] | None = None,
        errors: dict[str, list[str]] | None = None,
        password: str = PASSWORD,
        takes_originator: bool = True,
    ) -> None:
        self.era = era
        self.hosts: Any = hosts if hosts is not None else {COORDINATOR: host()}
        self.pools: Any = {"OpaqueRef:pool": {"uuid": "uuid-of-pool", "name_label": "lab", "master": COORDINATOR}}
        self.metrics: Any = {}
        self.certificates: Any = {}
        self.updates: Any = {}
        self.errors = errors or {}
        self.calls: list[tuple[str, list[str], str]] = []
        self.sessions = 0
        self._password = password
        self._takes_originator = takes_originator

    @property
    def methods(self) -> list[str]:
        """The methods that were called, in order."""
        return [method for method, _, _ in self.calls]

    def answer(self, request: Request) -> bytes:
        """The HTTP reply to a request."""
        if request.line == "POST /jsonrpc HTTP/1.1" and self.era is not Era.XML_ONLY:
            return self._json(json.loads(request.body))
        if request.line == "POST /jsonrpc HTTP/1.1":
            fault = xmlrpc.client.Fault(1, "Unexpected exception: Xml_light_errors.Xml_error")
            return http(xmlrpc.client.dumps(fault, methodresponse=True).encode(), XML)
        params, method = xmlrpc.client.loads(request.body)
        return self._xml(str(method), [str(param) for param in params])

    def _json(self, asked: dict[str, Any]) -> bytes:
        version = "2" if asked.get("jsonrpc") == "2.0" else "1"
        error, result = self._do(asked["method"], asked["params"], f"json-rpc-{version}")
        number = asked["id"] if self.era is Era.JSON_2 else 0
        if version == "1" or self.era is Era.JSON_1_ONLY:
            return http(json.dumps({"result": result, "error": error, "id": number}).encode())
        if error:
            described = {"code": 1, "message": error[0], "data": error[1:]}
            return http(json.dumps({"jsonrpc": "2.0", "error": described, "id": number}).encode())
        return http(json.dumps({"jsonrpc": "2.0", "result": result, "id": number}).encode())

    def _xml(self, method: str, params: list[str]) -> bytes:
        error, result = self._do(method, params, "xml-rpc")
        reply = {"Status": "Failure", "ErrorDescription": error} if error else {"Status": "Success", "Value": result}
        return http(xmlrpc.client.dumps((reply,), methodresponse=True).encode(), XML)

    def _do(self, method: str, params: list[str], transport: str) -> tuple[list[str] | None, Any]:
        self.calls.append((method, params, transport))
        if method in self.errors:
            return self.errors[method], None
        if method == LOGIN:
            return self._log_in(params)
        if params != [REFERENCE] or not self.sessions:
            return ["SESSION_INVALID", params[0]], None
        if method == LOGOUT:
            self.sessions -= 1
        more = {METRICS: self.metrics, CERTIFICATES: self.certificates, UPDATES: self.updates}
        return None, {POOLS: self.pools, HOSTS: self.hosts, LOGOUT: "", **more}[method]

    def _log_in(self, params: list[str]) -> tuple[list[str] | None, Any]:
        if len(params) > 3 and not self._takes_originator:
            return ["MESSAGE_PARAMETER_COUNT_MISMATCH", LOGIN, "3", str(len(params))], None
        if params[:2] != ["xocompat", self._password]:
            return ["SESSION_AUTHENTICATION_FAILED", params[0], "Authentication failure"], None
        self.sessions += 1
        return None, REFERENCE


def http(body: bytes, kind: str = JSON, status: str = "200 OK", *headers: str) -> bytes:
    """A reply as XAPI sends it: lower-case names, a length, kept alive."""
    head = (f"HTTP/1.1 {status}", f"content-length: {len(body)}", f"content-type: {kind}", *headers)
    return "\r\n".join((*head, "", "")).encode() + body


def serving(xapi: FakeXapi, requests: list[Request] | None = None) -> Script:
    """A script that answers as the XAPI does, for as long as it is asked, and notes the requests."""

    def script(talk: Talk) -> None:
        while request := talk.request():
            if requests is not None:
                requests.append(request)
            talk.send(xapi.answer(request))

    return script


def saying(*replies: bytes) -> Script:
    """A script that answers one request after the other with these bytes, then waits."""

    def script(talk: Talk) -> None:
        for reply in replies:
            if talk.request() is None:
                return
            talk.send(reply)
        talk.wait_until_closed()

    return script
