"""Framing: requests whose ends two readers could see in two places, and what is no request at all, byte by byte."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import NamedTuple

from bot.slack.manifest import EVENTS_PATH
from tests.bench.attack.product import Product
from tests.bench.attack.stage import Stage, Way
from tests.bench.attack.tally import Tally

HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
"""What is smuggled: its answer, "ok", cannot come from anything else that is sent."""

WAIT = 1.5
"""Seconds without a byte, after which an answer is taken for complete."""


class Framing(NamedTuple):
    """What is sent. `answers`: how many "ok" may come back; `hangs_up` at once, without reading."""

    name: str
    data: bytes
    answers: int = 0
    hangs_up: bool = False


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    with stage.product(Way.GUNICORN) as gunicorn, stage.pulse(gunicorn), ThreadPoolExecutor(8) as threads:
        listed = [*framings()]
        chosen = listed if tries >= len(listed) else stage.random("framing").sample(listed, tries)
        asked = [(product, way, each) for each in chosen for product, way in ((stage.main, "serve"), (gunicorn, "web"))]
        for (_, way, each), wrong in zip(asked, threads.map(lambda one: tried(one[0], one[2]), asked), strict=True):
            tally.tried(f"{each.name} ({way})", wrong)
        for product in (stage.main, gunicorn):
            tally.tried("afterwards", product.look_up())


def tried(product: Product, framing: Framing) -> str:
    told = _answer(product.port, framing)
    statuses = [piece[:3] for piece in told.replace(b"HTTP/1.0 ", b"HTTP/1.1 ").split(b"HTTP/1.1 ")[1:]]
    if bad := [status for status in statuses if status.startswith(b"5")]:
        return bad[0].decode()
    smuggled = told.count(b"\r\n\r\nok\n")
    return f"{smuggled} answers to {framing.answers} requests" if smuggled > framing.answers else ""


def _answer(port: int, framing: Framing) -> bytes:
    """All that comes back until the connection is closed, or silent."""
    told = b""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=WAIT)) as connection:
        with suppress(OSError):  # it is refused while it is still being sent, and the answer may be there
            connection.sendall(framing.data)
        ends = time.monotonic() + 10
        with suppress(OSError):
            while not framing.hangs_up and time.monotonic() < ends and (piece := connection.recv(65536)):
                told += piece
    return told


def framings() -> Iterator[Framing]:
    """The list."""
    yield from _lengths()
    yield from _chunks()
    yield from _both()
    yield from _heads()
    yield from _lines()
    yield from _others()


def _post(*headers: bytes, body: bytes = b"", path: bytes = EVENTS_PATH.encode()) -> bytes:
    return b"\r\n".join((b"POST " + path + b" HTTP/1.1", b"Host: x", *headers, b"", b"")) + body


def _lengths() -> Iterator[Framing]:
    """A smuggled request behind a length that can be read in two ways."""
    size = len(HEALTHY)
    values = (
        *(
            b"0, %d" % size,
            b"%d, 0" % size,
            b"+%d" % size,
            b"-1",
            b"-%d" % size,
            b"0x%x" % size,
            b"%d.0" % size,
            b"1e1",
        ),
        *(
            b"0%d" % size,
            b"%d " % size,
            b"%d;x" % size,
            b"",
            b" ",
            b"\t%d" % size,
            b"%d\x0b" % size,
            b"9" * 400,
            b"NaN",
        ),
        "９".encode(),
        b"1_0",
        b"\xb2",
        b"18446744073709551616",
        b"4294967296",
        b"'1'",
        b"0\x00",
        b"1 1",
    )
    for value in values:
        yield Framing(f"Content-Length {value[:30]!r}", _post(b"Content-Length: " + value, body=HEALTHY))
    for first, second in ((0, size), (size, 0), (size, size + 1), (1, 2)):
        twice = (b"Content-Length: %d" % first, b"Content-Length: %d" % second)
        yield Framing(f"Content-Length {first} and {second}", _post(*twice, body=HEALTHY))
    for name in (b"Content-Length ", b" Content-Length", b"Content_Length", b"Content-Length\t", b"\x0bContent-Length"):
        yield Framing(f"{name!r}", _post(name + b": %d" % size, body=HEALTHY), answers=1)
    yield Framing("a body that is cut short", _post(b"Content-Length: 1000", body=b"command="), hangs_up=True)
    yield Framing("no length", _post(body=HEALTHY), answers=1)


def _chunks() -> Iterator[Framing]:
    """Chunks whose sizes are none, with a request in what is left over."""
    tails = (
        *(
            b"0\r\n\r\n",
            b"g\r\n\r\n",
            b"-1\r\n\r\n",
            b"+0\r\n\r\n",
            b"0x0\r\n\r\n",
            b" 0\r\n\r\n",
            b"0 \r\n\r\n",
            b"\r\n",
        ),
        *(
            b"ffffffffffffffff1\r\nx",
            b"7fffffff\r\nx",
            b"8000000000000000\r\nx",
            b"f" * 5000 + b"\r\n",
            b"1\r\nxx\r\n0\r\n\r\n",
        ),
        *(
            b"0;a=b\r\n\r\n",
            b"0;" + b"a" * 100_000 + b"\r\n\r\n",
            b"0\n\n",
            b"0\r\r\n\r\n",
            b"1\nx\n0\n\n",
            b"0\r\nX: y\r\n\r\n",
        ),
        *(
            b"1_0\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n",
            "１\r\nx\r\n0\r\n\r\n".encode(),
            b"0\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        ),
    )
    for tail in tails:
        sent = _post(b"Transfer-Encoding: chunked", body=tail + HEALTHY)
        ended = tail.startswith((b"0\r\n", b"0;", b"0 ", b" 0"))  # the body is over, and what follows a request
        yield Framing(f"chunk {tail[:20]!r}", sent, answers=int(ended))
    many = b"1\r\nx\r\n" * 50_000
    yield Framing("many small chunks", _post(b"Transfer-Encoding: chunked", body=many + b"0\r\n\r\n"))
    yield Framing("chunks beyond the limit", _post(b"Transfer-Encoding: chunked", body=b"100000\r\n" + b"x" * 2**20))


def _both() -> Iterator[Framing]:
    """Transfer-Encoding of every spelling, beside a length."""
    spellings = (
        *(
            b"chunked",
            b"xchunked",
            b"Chunked",
            b"chunked, identity",
            b"identity, chunked",
            b"identity",
            b"gzip, chunked",
        ),
        *(
            b"chunked, chunked",
            b"\tchunked",
            b"chunked\x0b",
            b" chunked",
            b'"chunked"',
            b"chunked;q=1",
            b"",
            b",chunked",
        ),
        b"chunke",
        b"gzip",
        b"deflate",
        b"c\x00hunked",
        "ｃhunked".encode(),
        b"chunked\r\n identity",
        b"x" * 5000,
    )
    for spelling in spellings:
        for length in (b"Content-Length: 4", b"Content-Length: %d" % (len(HEALTHY) + 5)):
            sent = _post(length, b"Transfer-Encoding: " + spelling, body=b"0\r\n\r\n" + HEALTHY)
            yield Framing(f"{length.decode()} and {spelling[:20]!r}", sent, answers=int(not spelling))
        yield Framing(f"xchunked alone: {spelling[:20]!r}", _post(b"Transfer-Encoding: " + spelling, body=b"0\r\n\r\n"))
    for name in (b"Transfer-Encoding ", b"Transfer_Encoding", b" Transfer-Encoding", b"X: y\nTransfer-Encoding"):
        sent = _post(b"Content-Length: 5", name + b": chunked", body=b"0\r\n\r\n")
        yield Framing(f"{name!r}", sent)
    twice = (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity")
    yield Framing("two encodings", _post(*twice, body=b"0\r\n\r\n" + HEALTHY), answers=1)


def _heads() -> Iterator[Framing]:
    get = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    heads = {
        "many headers": b"".join(b"A%d: b\r\n" % at for at in range(5_000)),
        "one header many times": b"A: b\r\n" * 50_000,
        "a header of a megabyte": b"A: " + b"b" * 2**20 + b"\r\n",
        "a name of a megabyte": b"A" * 2**20 + b": b\r\n",
        "a NUL in a name": b"A\0: b\r\n",
        "a NUL in a value": b"A: b\0c\r\n",
        "a fold": b"A: b\r\n c\r\n",
        "a fold at first": b" A: b\r\n",
        "no colon": b"Ab\r\n",
        "no name": b": b\r\n",
        "a bare CR": b"A: b\rC: d\r\n",
        "a bare LF": b"A: b\nC: d\r\n",
        "not ASCII": "Ä: ö\r\n".encode(),
        "two hosts": b"Host: y\r\n",
        "an upgrade": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\n",
        "a web socket": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n",
        "an expectation": b"Expect: 100-continue\r\n",
        "a strange expectation": b"Expect: the-unexpected\r\n",
        "connection close, keep": b"Connection: close, keep-alive, transfer-encoding\r\n",
        "a range": b"Range: bytes=0-,0-,0-,9999999999-\r\n",
    }
    for name, head in heads.items():
        yield Framing(name, get + head + b"\r\n", answers=1)
    yield Framing("no end of the head", get + b"A: b\r\n" * 100, hangs_up=True)
    yield Framing("bare LF everywhere", get.replace(b"\r\n", b"\n") + b"\n", answers=1)
    yield Framing("bare CR everywhere", get.replace(b"\r\n", b"\r") + b"\r")


def _lines() -> Iterator[Framing]:
    """First lines, each with headers that would do."""
    lines = (
        b"GET /healthz",
        b"GET  /healthz HTTP/1.1",
        b"GET /healthz HTTP/0.9",
        b"GET /healthz HTTP/2.0",
        b"PRI * HTTP/2.0",
        b"GET /healthz HTTP/1.1 x",
        b"GET /healthz HTTP/9.9",
        b"GET /healthz HTTP/1",
        b"GET /healthz http/1.1",
        b"GET",
        b"CONNECT example.org:443 HTTP/1.1",
        b"CONNECT / HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"TRACE / HTTP/1.1",
        b"",
        b"GET http://127.0.0.1/healthz HTTP/1.1",
        b"GET https://[::1/ HTTP/1.1",
        b"GET http://[/ HTTP/1.1",
        b"\0 / HTTP/1.1",
        b"GET //healthz HTTP/1.1",
        b"GET http:///x HTTP/1.1",
        b"GET http://a:b/ HTTP/1.1",
        b"GET ? HTTP/1.1",
        b"G\xc3\x84T / HTTP/1.1",
        b"GET /%00 HTTP/1.1",
        b"GET /%zz HTTP/1.1",
        b"GET /%ff%fe HTTP/1.1",
        b"GET /\xff HTTP/1.1",
        b"GET /../../etc/passwd HTTP/1.1",
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1",
        b"GET /?" + b"a" * 300_000 + b" HTTP/1.1",
        b"GET /" + b"%61" * 30_000 + b" HTTP/1.1",
        b"A" * 100_000 + b" / HTTP/1.1",
        b"get /healthz HTTP/1.1",
        b"GE\tT / HTTP/1.1",
        b"POST /metrics HTTP/1.1",
        b"GET /# HTTP/1.1",
    )
    for line in lines:
        yield Framing(f"{line[:40]!r}", line + b"\r\nHost: x\r\nContent-Length: 0\r\n\r\n", answers=1)


def _others() -> Iterator[Framing]:
    large = b"x" * (2**20 + 1)
    yield Framing("more than a megabyte", _post(b"Content-Length: %d" % len(large), body=large))
    yield Framing("a gigabyte to come", _post(b"Content-Length: %d" % 2**30, body=b"x"))
    yield Framing(
        "a megabyte for a GET", b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n" + large, 1
    )
    yield Framing("pipelined", HEALTHY * 100, answers=100)
    yield Framing("pipelined behind a refusal", _post(b"Content-Length: 3", body=b"abc") + HEALTHY, answers=1)
    yield Framing("pipelined, and gone", HEALTHY * 1_000, hangs_up=True)
    yield Framing("nothing", b"", hangs_up=True)
    yield Framing("line ends", b"\r\n" * 10_000)
    yield Framing("NULs", b"\0" * 100_000)
    yield Framing("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x5a" * 500)
    yield Framing("a proxy's protocol", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + HEALTHY, answers=0)
    yield Framing(
        "a proxy's protocol, version 2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\0" * 12 + HEALTHY, answers=1
    )
    yield Framing("SSH", b"SSH-2.0-OpenSSH_9.6\r\n")
