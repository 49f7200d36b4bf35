"""A call in a transport: which path and body it has, and what its reply means."""

from collections.abc import Sequence

from bot.xapi import errors, json_rpc, xml_rpc
from bot.xapi.bounds import Deadline, Secret
from bot.xapi.call import CallResult, NotSpoken, XapiRefused
from bot.xapi.connection import Connection
from bot.xapi.http import OK, HttpReply
from bot.xapi.observation import Transport

Param = str | Secret

_XML = frozenset({"text/xml", "application/xml"})
_PAGE = frozenset({"text/html", "application/xhtml+xml"})
_UNKNOWN_HERE = frozenset({404, 405, 500, 501})
"""Statuses of a host that lacks a path or stumbled over a version (500 with text/html)."""


def call(
    line: Connection, transport: Transport, method: str, params: Sequence[Param], deadline: Deadline
) -> CallResult:
    """What a method returns. Refused, NotSpoken, Trouble or TimeoutError if it does not.

    The code of a Refused is emptied if a secret that was sent comes back in it.
    """
    plain = [param.reveal() if isinstance(param, Secret) else param for param in params]
    try:
        if transport is Transport.XML_RPC:
            return _by_xml(line, method, plain, deadline)
        return _by_json(line, transport, method, plain, deadline)
    except XapiRefused as refused:
        if any(isinstance(param, Secret) and param.reveal() in refused.code for param in params):
            refused.code = ""
        raise


def _by_json(line: Connection, transport: Transport, method: str, params: list[str], deadline: Deadline) -> CallResult:
    number = line.number()
    body = json_rpc.request(transport, method, params, number)
    reply = line.post(json_rpc.PATH, json_rpc.KIND, body, deadline)
    _expect_answer(reply)
    if reply.kind in _XML:
        raise NotSpoken("with XML where JSON was asked for", no_json=True)
    if reply.kind != json_rpc.KIND and not reply.body.lstrip().startswith(b"{"):
        raise errors.not_xapi("with something else than JSON")
    return json_rpc.read(reply.body, number, line.bounds)


def _by_xml(line: Connection, method: str, params: list[str], deadline: Deadline) -> CallResult:
    reply = line.post(xml_rpc.PATH, xml_rpc.KIND, xml_rpc.request(method, params), deadline)
    _expect_answer(reply)
    if reply.kind not in _XML and not reply.body.lstrip().startswith(b"<"):
        raise errors.not_xapi("with something else than XML")
    return xml_rpc.read(reply.body, line.bounds)


def _expect_answer(reply: HttpReply) -> None:
    if reply.status in _UNKNOWN_HERE:
        raise NotSpoken(f"with HTTP status {reply.status}", no_json=reply.status != 500)
    if reply.status != OK:
        raise errors.not_xapi(f"with HTTP status {reply.status}")
    if reply.kind in _PAGE:
        raise errors.not_xapi("with a web page")
