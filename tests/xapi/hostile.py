"""Replies that are made to take memory, of many kinds, and a process that probes a host which gives each of them.

`python -m tests.xapi.hostile SEED` prints a line of JSON for each: kind, the failure's code, and the most memory that
its process took (`ru_maxrss`, in kB), with this stand-in of a host in it.
"""

import json
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator

from bot.xapi.observation import Failure
from bot.xapi.probe import BOUNDS
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.fake import HOSTS, Era, FakeXapi, http
from tests.xapi.network import FakeNetwork
from tests.xapi.probing import prober, target
from tests.xapi.server import Request

ROOM = BOUNDS.reply - 400
LAB = Endpoint("192.0.2.1", 443, Trust(TlsMode.INSECURE))

Maker = Callable[[random.Random], bytes]


def _xml(piece: str | bytes, wanted: int = ROOM) -> bytes:
    """An array of pieces; `%d` in one is a number that differs."""
    one = piece if isinstance(piece, bytes) else _numbered(piece)
    body = b"<methodResponse><params><param><value><array><data>" + one * (wanted // len(one))
    return body + b"</data></array></value></param></params></methodResponse>"


def _json(piece: str, wanted: int = ROOM) -> bytes:
    one = _numbered(piece)
    return b'{"jsonrpc":"2.0","id":0,"result":[' + one * (wanted // len(one)) + b"0]}"


def _numbered(piece: str) -> bytes:
    return ("".join(piece % number for number in range(50_000)) if "%d" in piece else piece * 1_000).encode()


def _different(before: bytes, piece: str, after: bytes) -> bytes:
    """A text that is filled between two ends with pieces of which none is like another."""
    size = len(piece % 10**6)
    return (
        before
        + "".join(piece % (10**6 + number) for number in range((ROOM - len(before) - len(after)) // size)).encode()
        + after
    )


def _inside(before: bytes, inner: bytes, after: bytes) -> bytes:
    """A text that is filled between two ends."""
    return before + inner * ((ROOM - len(before) - len(after)) // len(inner)) + after


WIDE = b"a" * 1_000 + "😀".encode()
XML_SIGNS = [b"<value>", b"</value>", b"<", b">", b"a=", b'"', b"&"]
START = b"<methodResponse><params><param>"
END = b"</param></params></methodResponse>"

XML: dict[str, Maker] = {
    "attributes of one tag": lambda _: _different(START + b"<value", " a%d=''", b">a</value>" + END),
    "attributes of one tag that never ends": lambda _: _different(START + b"<value", " a%d=''", b""),
    "attributes of many tags": lambda _: _different(
        START + b"<value><array><data>", "<value a%d=''/>", b"</data></array></value>" + END
    ),
    "one long attribute": lambda _: _inside(START + b'<value a="', b"a", b'">a</value>' + END),
    "a long name": lambda _: _inside(START + b"<", b"a", b"/>" + END),
    "a long name of wide characters": lambda _: _inside(START + b"<", "é".encode(), b"/>" + END),
    "names": lambda _: _xml("<a%d/>"),
    "names of members": lambda _: _xml(
        "<value><struct><member><name>a%d</name><value/></member></struct></value>"
    ),
    "members": lambda _: _different(
        START + b"<value><struct>", "<member><name>a%d</name><value/></member>", b"</struct></value>" + END
    ),
    "empty values": lambda _: _xml("<value/>"),
    "values": lambda _: _xml("<value>%d</value>"),
    "integers": lambda _: _xml("<value><int>1234567%d</int></value>"),
    "structs": lambda _: _xml("<value><struct/></value>"),
    "arrays": lambda _: _xml("<value><array><data/></array></value>"),
    "a space in each tag": lambda _: _xml("<value >%d</value >"),
    "spaces in a tag": lambda _: _inside(START + b"<value", b" ", b">a</value>" + END),
    "wide characters": lambda _: _xml("<value>&#x1f600;😀</value>"),
    "one text": lambda _: _inside(START + b"<value>", b"a", b"</value>" + END),
    "one text of wide characters": lambda _: _inside(START + b"<value>", WIDE, b"</value>" + END),
    "texts": lambda _: _xml(b"<value>" + b"a" * 500_000 + "😀".encode() + b"</value>"),
    "references": lambda _: _inside(START + b"<value>", b"&amp;", b"</value>" + END),
    "a long reference": lambda _: _inside(START + b"<value>&", b"a", b";</value>" + END),
    "line ends": lambda _: _inside(START + b"<value>", b"a\r\n", b"</value>" + END),
    "spaces": lambda _: _xml(" "),
    "a comment": lambda _: _inside(START + b"<!-- ", b"a> ", b"-->" + END),
    "a comment that never ends": lambda _: _inside(START + b"<!-- ", b"a> ", b""),
    "comments": lambda _: _xml("<!-- %d -->"),
    "an instruction": lambda _: _inside(START + b"<?a ", b"a> ", b"?>" + END),
    "instructions": lambda _: _xml("<?a%d b?>"),
    "an instruction before all": lambda _: _inside(b"<?a ", b"a> ", b"?>" + START + END),
    "a declaration": lambda _: _inside(b"<?xml version='1.0' ", b" ", b"?>" + START + END),
    "a section": lambda _: _inside(START + b"<value><![CDATA[", b"a> ", b"]]></value>" + END),
    "sections": lambda _: _xml("<value><![CDATA[%d]]></value>"),
    "a document type": lambda _: _different(b"<!DOCTYPE a [", '<!ENTITY a%d "b">', b"]>" + START + END),
    "entities of entities": lambda _: (
        b'<!DOCTYPE a [<!ENTITY a "' + b"a" * 1_000 + b'"><!ENTITY b "' + b"&a;" * 1_000 + b'">]>' + START
        + b"<value>" + b"&b;" * 1_000 + b"</value>" + END
    ),
    "deep nesting": lambda _: _inside(START, b"<value><array><data>", b""),
    "deep nesting of nothing known": lambda _: _inside(b"", b"<a>", b""),
    "another document": lambda _: _different(b"<html>", '<p a%d="b">', b"</html>"),
    "noise": lambda draw: START + draw.randbytes(ROOM // 2),
    "tags": lambda draw: START + b"".join(draw.choices(XML_SIGNS, k=10**6)),
}  # fmt: skip

JSON: dict[str, Maker] = {
    "empty lists": lambda _: _json("[],"),
    "empty objects": lambda _: _json("{},"),
    "objects": lambda _: _json('{"a%d":0},'),
    "keys": lambda _: _different(b'{"jsonrpc":"2.0","id":0,"result":{', '"a%d":0,', b'"b":0}}'),
    "just few enough keys": lambda _: _json('{"a%d":0},', 900_000),
    "decimals": lambda _: _json("0.%d,"),
    "just few enough decimals": lambda _: _json("0.1%d,", 5_000_000),
    "strings": lambda _: _json('"a%d",'),
    "deep lists": lambda _: b"[" * ROOM,
    "not so deep lists": lambda _: b"[" * 250_000,
    "not so deep objects": lambda _: b'{"a":' * 50_000,
    "a huge number": lambda _: _inside(b'{"jsonrpc":"2.0","id":0,"result":', b"9", b"}"),
    "a huge decimal": lambda _: _inside(b'{"jsonrpc":"2.0","id":0,"result":0.', b"9", b"}"),
    "a huge exponent": lambda _: _inside(b'{"jsonrpc":"2.0","id":0,"result":1e', b"9", b"}"),
    "huge numbers": lambda _: _json(f"{'9' * 4_000},"),
    "one text": lambda _: _inside(b'{"jsonrpc":"2.0","id":0,"result":"', b"a", b'"}'),
    "one text of wide characters": lambda _: _inside(b'{"jsonrpc":"2.0","id":0,"result":"', WIDE, b'"}'),
    "escapes": lambda _: _inside(b'{"jsonrpc":"2.0","id":0,"result":"', b"\\u00e9", b'"}'),
    "pairs": lambda _: _inside(b'{"jsonrpc":"2.0","id":0,"result":"', b"\\ud83d\\ude00", b'"}'),
    "a long key": lambda _: _inside(b'{"', b"a", b'":0}'),
    "spaces": lambda _: _json(" "),
    "noise": lambda draw: b'{"result":' + draw.randbytes(ROOM // 2),
    "signs": lambda draw: (
        b'{"result":' + b"".join(draw.choices([b"[", b"]", b"{", b"}", b'"a":', b"0,", b"1"], k=10**6))
    ),
}


def hostile(seed: int) -> Iterator[tuple[str, Era, bytes]]:
    """Each kind, the era of the host that speaks so, and the reply."""
    draw = random.Random(seed)
    for kind, make in XML.items():
        yield f"XML: {kind}", Era.XML_ONLY, make(draw)[:ROOM]
    for kind, make in JSON.items():
        yield f"JSON: {kind}", Era.JSON_2, make(draw)[:ROOM]


def main(seed: int) -> None:
    """Probe a host that answers well, and then with each of the others, in a process of its own each."""
    for kind, era, body in hostile(seed):
        reply = http(body, "text/xml" if era is Era.XML_ONLY else "application/json")
        del body
        if not (child := os.fork()):
            _probe(kind, era, reply)
            os._exit(0)
        os.waitpid(child, 0)


def _probe(kind: str, era: Era, reply: bytes) -> None:
    xapi = FakeXapi(era)

    def answer(request: Request) -> bytes:
        return reply if HOSTS.encode() in request.body else xapi.answer(request)

    found = prober(BOUNDS, FakeNetwork(answer)).probe(target(LAB))
    code = found.code.value if isinstance(found, Failure) else None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"{json.dumps({'kind': kind, 'code': code, 'peak': peak, 'sessions': xapi.sessions})}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
