"""Calls and their results, and how xapi reads and writes them in JSON-RPC and XML-RPC.

As jsonrpc.ml and xmlrpc.ml of `ocaml-rpc` do.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple, TypeAlias
from xml.etree import ElementTree

from bot.simulator.releases import JsonRpc, SimRelease

Value: TypeAlias = "str | int | float | bool | datetime | Sequence[Value] | Mapping[str, Value] | None"
Record: TypeAlias = "dict[str, Value]"

VOID: Final = ""
NULL_REF: Final = "OpaqueRef:NULL"


class Int32(int):
    """A number that XML-RPC writes with its type. All others are the data model's, and go as untyped text."""


class SimDialect(Enum):
    """The protocol that a call came in."""

    XML_RPC = "xml-rpc"
    JSON_RPC_1 = "json-rpc-1"
    JSON_RPC_2 = "json-rpc-2"


class Call(NamedTuple):
    """A call as it came in. `id` is what a reply gives back."""

    dialect: SimDialect
    method: str
    params: tuple[Value, ...]
    id: str | int = 0


class Unreadable(Exception):
    """A body that makes no call."""


class XapiError(Exception):
    """A call that failed: a code of the API, and its parameters. `outside_dispatch`: before the call was looked at."""

    def __init__(self, code: str, *params: str, outside_dispatch: bool = False) -> None:
        super().__init__(code, *params)
        self.code = code
        self.params = params
        self.outside_dispatch = outside_dispatch

    @property
    def description(self) -> list[str]:
        return [self.code, *self.params]


def wire_time(moment: datetime) -> str:
    """`20240229T15:07:05Z`."""
    return moment.strftime("%Y%m%dT%H:%M:%SZ")


def read_json(body: bytes, era: JsonRpc) -> Call:
    """The JSON-RPC call in a body; Unreadable if it is none, such as a batch, or one without an id."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("Not JSON.") from None
    if not isinstance(read, dict):
        raise Unreadable("Invalid request body")
    if era is not JsonRpc.ALWAYS_V1 and read.get("jsonrpc", "2.0") != "2.0":
        raise Unreadable("Invalid field 'jsonrpc' in request body")
    is_2 = era is not JsonRpc.ALWAYS_V1 and "jsonrpc" in read
    sent = read.get("id")
    if isinstance(sent, bool) or not isinstance(sent, (str, int)):
        raise Unreadable("Invalid field 'id' in request body")
    method = read.get("method")
    if not isinstance(method, str):
        raise Unreadable("Invalid field 'method' in request body")
    match read.get("params"):
        case list(several):
            params = tuple(several)
        case dict(one) if is_2:
            params = (one,)
        case None if is_2:
            params = ()
        case _:
            raise Unreadable("Invalid field 'params' in request body")
    dialect = SimDialect.JSON_RPC_2 if is_2 else SimDialect.JSON_RPC_1
    return Call(dialect, method, params, sent if era is JsonRpc.MATCHING else 0)


def _json(value: Value) -> str:
    def plain(other: object) -> str:
        if isinstance(other, datetime):
            return wire_time(other)
        raise TypeError(f"no value of the API: {other!r}")

    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain)


_PROLOGUE: Final = '<?xml version="1.0"?>'
_ESCAPES: Final = {ord(">"): "&gt;", ord("<"): "&lt;", ord("&"): "&amp;", ord('"'): "&quot;"} | {
    code: "" for code in range(0x20) if chr(code) not in "\t\n\r"
}
_PLAIN: Final = re.compile(r"[^<>&\"\x00-\x1f]*").fullmatch


def read_xml(body: bytes) -> Call:
    """The XML-RPC call in a body; Unreadable if it is none."""
    try:
        root = ElementTree.fromstring(body)
        method = root.findtext("methodName")
        if root.tag != "methodCall" or method is None:
            raise Unreadable("Not a methodCall.")
        params = tuple(_value_of(value) for value in root.iterfind("params/param/value"))
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise Unreadable("Failed to parse supplied XML") from None
    return Call(SimDialect.XML_RPC, method, params)


def _value_of(element: ElementTree.Element | None) -> Value:
    """The value of a `<value>`; without a type it is text."""
    if element is None:
        return ""
    if len(element) == 0:
        return element.text or ""
    typed = element[0]
    text = typed.text or ""
    match typed.tag:
        case "int" | "i4" | "i8":
            return int(text)
        case "boolean":
            return text.strip() == "1"
        case "double":
            return float(text)
        case "array":
            return [_value_of(item) for item in typed.iterfind("data/value")]
        case "struct":
            members = typed.iterfind("member")
            return {member.findtext("name") or "": _value_of(member.find("value")) for member in members}
        case "nil":
            return None
    return text


def result_text(call: Call, result: Value) -> str:
    """A result in the call's dialect. In XML `system.listMethods` alone answers with the bare value."""
    match call.dialect:
        case SimDialect.JSON_RPC_2:
            return _json({"jsonrpc": "2.0", "result": result, "id": call.id})
        case SimDialect.JSON_RPC_1:
            return _json({"result": result, "error": None, "id": call.id})
    return _xml_response(result if call.method == "system.listMethods" else {"Status": "Success", "Value": result})


def error_text(call: Call, error: XapiError, release: SimRelease) -> str:
    """An error in the call's dialect.

    One raised outside dispatch has id 0, and in JSON the version of the release, whatever the request was.
    """
    if call.dialect is SimDialect.XML_RPC:
        return _xml_response({"Status": "Failure", "ErrorDescription": error.description})
    if error.outside_dispatch and release.emergency_in_version_2:
        return _json({"jsonrpc": "2.0", "error": error.description, "id": 0})
    if call.dialect is SimDialect.JSON_RPC_1 or error.outside_dispatch:
        return _json({"result": None, "error": error.description, "id": 0 if error.outside_dispatch else call.id})
    described: Value = {"code": release.error_code, "message": error.code, "data": list(error.params)}
    return _json({"jsonrpc": "2.0", "error": described, "id": call.id})


def xml_fault_text(code: int, text: str) -> str:
    """A fault of XML-RPC itself: what hosts up to 6.2 answer where they can't parse the XML."""
    fault = _xml({"faultCode": Int32(code), "faultString": text})
    return f"{_PROLOGUE}<methodResponse><fault>{fault}</fault></methodResponse>"


def _xml_response(value: Value) -> str:
    return f"{_PROLOGUE}<methodResponse><params><param>{_xml(value)}</param></params></methodResponse>"


def _xml(value: Value) -> str:
    """A value as xapi writes it: no white space between tags, numbers are plain text."""
    match value:
        case str():
            return f"<value>{_escaped(value)}</value>"
        case bool():
            return f"<value><boolean>{int(value)}</boolean></value>"
        case Int32():
            return f"<value><i4>{value}</i4></value>"
        case int():
            return f"<value>{value}</value>"
        case float():
            return f"<value><double>{value:.16g}</double></value>"
        case datetime():
            return f"<value><dateTime.iso8601>{wire_time(value)}</dateTime.iso8601></value>"
        case Mapping():
            members = (
                f"<member><name>{_escaped(name)}</name>{_xml(member)}</member>" for name, member in value.items()
            )
            return f"<value><struct>{''.join(members)}</struct></value>"
        case Sequence():
            return f"<value><array><data>{''.join(map(_xml, value))}</data></array></value>"
    return "<value><nil/></value>"


def _escaped(text: str) -> str:
    return text if _PLAIN(text) else text.translate(_ESCAPES)
