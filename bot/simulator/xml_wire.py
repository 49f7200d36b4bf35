"""XML-RPC as xapi reads and writes it (`ocaml-rpc`, xmlrpc.ml): no white space between tags, numbers are plain text."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from xml.etree import ElementTree

from bot.simulator.protocol import Call, Int32, SimDialect, Unreadable, Value, XapiError, wire_time

_PROLOGUE: Final = '<?xml version="1.0"?>'
_ESCAPES: Final = {ord(">"): "&gt;", ord("<"): "&lt;", ord("&"): "&amp;", ord('"'): "&quot;"} | {
    code: "" for code in range(0x20) if chr(code) not in "\t\n\r"
}
_PLAIN: Final = re.compile(r"[^<>&\"\x00-\x1f]*").fullmatch


def read_call(body: bytes) -> Call:
    """The call in a body; Unreadable if it is none."""
    try:
        root = ElementTree.fromstring(body)
        method = root.findtext("methodName")
        if root.tag != "methodCall" or method is None:
            raise Unreadable("Not a methodCall.")
        params = tuple(_read(value) for value in root.iterfind("params/param/value"))
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise Unreadable("Failed to parse supplied XML") from None
    return Call(SimDialect.XML_RPC, method, params)


def written_result(call: Call, result: Value) -> str:
    """`system.listMethods` alone answers with the bare value."""
    bare = call.method == "system.listMethods"
    return _response(_written(result if bare else {"Status": "Success", "Value": result}))


def written_error(error: XapiError) -> str:
    return _response(_written({"Status": "Failure", "ErrorDescription": error.description}))


def written_fault(code: int, text: str) -> str:
    """A fault of XML-RPC itself: what hosts up to 6.2 answer where they can't parse the XML."""
    fault = _written({"faultCode": Int32(code), "faultString": text})
    return f"{_PROLOGUE}<methodResponse><fault>{fault}</fault></methodResponse>"


def _response(value: str) -> str:
    return f"{_PROLOGUE}<methodResponse><params><param>{value}</param></params></methodResponse>"


def _written(value: Value) -> str:
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
            return f"<value><struct>{''.join(map(_member, value.items()))}</struct></value>"
        case Sequence():
            return f"<value><array><data>{''.join(map(_written, value))}</data></array></value>"
    return "<value><nil/></value>"


def _member(pair: tuple[str, Value]) -> str:
    return f"<member><name>{_escaped(pair[0])}</name>{_written(pair[1])}</member>"


def _escaped(text: str) -> str:
    return text if _PLAIN(text) else text.translate(_ESCAPES)


def _read(value: ElementTree.Element) -> Value:
    """A value; without a type it is text."""
    if len(value) == 0:
        return value.text or ""
    typed = value[0]
    text = typed.text or ""
    match typed.tag:
        case "int" | "i4" | "i8":
            return int(text)
        case "boolean":
            return text.strip() == "1"
        case "double":
            return float(text)
        case "array":
            return [_read(item) for item in typed.iterfind("data/value")]
        case "struct":
            return dict(_read_member(member) for member in typed.iterfind("member"))
        case "nil":
            return None
    return text


def _read_member(member: ElementTree.Element) -> tuple[str, Value]:
    value = member.find("value")
    return member.findtext("name") or "", "" if value is None else _read(value)
