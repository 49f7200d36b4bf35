"""Hosts that misbehave, each in a way of its own, and one probe of each in a process of its own."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count, product
from random import Random
from typing import NamedTuple

from bot.simulator import (
    LOGIN,
    PASSWORD,
    PASSWORD_VARIABLE,
    Body,
    ContentType,
    Delay,
    Drip,
    Fault,
    FaultMoment,
    Oversize,
    Raw,
    Refuse,
    Reset,
    Silence,
    SimCertificate,
    SimHost,
    SimPool,
    Simulator,
    Truncate,
    as_yaml,
    html_page,
    http_error,
    http_redirect,
    lone,
    redirect_to,
    release,
)
from bot.xapi.observation import FailureCode
from tests.bench.attack.shell import run
from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally
from tests.xapi.certificates import Authority
from tests.xapi.fake import HOSTS, JSON, LOGOUT, POOLS, XML, Era, FakeXapi, http
from tests.xapi.server import Script, Server, Talk
from tests.xapi.spoiling import spoilt

WITHIN, STARTING = 30.0, 5.0
"""Seconds of a probe, and of Python's start beside others on a machine that is busy."""

MEGABYTES = 150.0
AT_ONCE = 12
LARGE = 7 * 2**20
"""Bytes of a reply that is within the limit of 8 MiB."""

RELEASES = (release("XCP-ng", "8.3"), release("XenServer", "7.2"), release("XenServer", "6.2"))
"""One for each transport."""

METHODS = (LOGIN, POOLS, HOSTS, LOGOUT)


class Misbehaving(NamedTuple):
    """A host's name in the inventory, its entry there, and what it does."""

    name: str
    entry: str
    what: str


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    random, folder = stage.random("hosts"), stage.room("hosts")
    ways = [*_ways()]
    simulated = ways if tries >= len(ways) + len(REPLIES) else random.sample(ways, min(len(ways), max(1, tries // 2)))
    with Simulator(pool for _, pool in simulated) as simulator, ExitStack() as stack:
        targets = {target.name: as_yaml([target]).removeprefix("targets:\n") for target in simulator.targets}
        hosts = [Misbehaving(pool.asked[0].name, targets[pool.asked[0].name], what) for what, pool in simulated]
        context = Authority(folder).certificate("raw", "127.0.0.1").context()
        for what, script in _scripts(random, tries - len(hosts)):
            server = Server(script, context)
            stack.callback(server.close)
            name = f"raw-{len(hosts)}"
            entry = (
                f"  - {{name: {name}, address: '127.0.0.1:{server.port}', username: xocompat, "
                f"password_env: {PASSWORD_VARIABLE}, tls: {{insecure: true}}}}\n"
            )
            hosts.append(Misbehaving(name, entry, what))
        with ThreadPoolExecutor(AT_ONCE) as threads:
            wrongs = threads.map(lambda host: _probed(stage, host), hosts)
            for host, wrong in zip(hosts, wrongs, strict=True):
                tally.tried(host.what, wrong)


def _probed(stage: Stage, host: Misbehaving) -> str:
    """Probe it; what is wrong with how that ended."""
    folder = stage.room(host.name)
    config = folder / "xocompat.yaml"
    config.write_text(f"targets:\n{host.entry}", encoding="utf-8")
    ran = run(["probe", host.name, "--json"], folder, config, 2 * WITHIN)
    if ran.seconds > WITHIN + STARTING or ran.megabytes > MEGABYTES:
        return f"{ran.seconds:.1f} s, {ran.megabytes:.0f} MB"
    if ran.untidy:
        return ran.untidy
    try:
        told = json.loads(ran.out)
    except ValueError:
        return f"no JSON: {ran.out[:80]!r} {ran.err[:200]!r}"
    if told["outcome"] == "assessed":
        return ""
    return "" if told["error"]["code"] in {*FailureCode} else f"the code {told['error']['code']}"


def _ways() -> Iterator[tuple[str, SimPool]]:
    """Faults at each call, of a host of each transport; moments of a connection; codes; certificates."""
    numbers = (f"way-{at}" for at in count())
    for of in RELEASES:
        for on, (what, fault) in product(METHODS, FAULTS):
            yield f"{of.title}, {on}: {what}", lone(SimHost(next(numbers), of, faults=(fault(on),)))
        for moment in FaultMoment:
            for broken in (Silence(moment), Reset(moment)):
                yield f"{of.title}: {broken}", lone(SimHost(next(numbers), of, faults=(broken,)))
        for code in CODES:
            yield f"{of.title}: {code}", lone(SimHost(next(numbers), of, faults=(Refuse(code, ("x",) * 3),)))
        for address in ADDRESSES:
            yield f"{of.title} leads to {address!r}", lone(SimHost(next(numbers), of, faults=(redirect_to(address),)))
        for name in ("another", "127.0.0.1", "x" * 60):
            pinned = SimHost(next(numbers), of, pinned=SimCertificate(name))
            yield f"{of.title}: another certificate than {name}", lone(pinned)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

FAULTS: tuple[tuple[str, Callable[[str], Fault]], ...] = (
    ("silence", lambda on: Silence(on=on)),
    ("reset", lambda on: Reset(on=on)),
    ("40 seconds", lambda on: Delay(40, on)),
    ("20 bytes a second", lambda on: Drip(20, on)),
    ("cut at once", lambda on: Truncate(0, on)),
    ("cut", lambda on: Truncate(40, on)),
    ("9 MiB", lambda on: Oversize(9 * 2**20, True, on)),
    ("9 MiB without a length", lambda on: Oversize(9 * 2**20, False, on)),
    ("a terabyte", lambda on: Oversize(2**40, True, on)),
    ("endless", lambda on: Oversize(2**40, False, on)),
    ("7 MiB of spaces", lambda on: Oversize(LARGE, True, on)),
    ("another kind", lambda on: ContentType("image/png; charset=\x7f", on)),
    ("no body", lambda on: Body(b"", on)),
    ("no text", lambda on: Body(bytes(range(256)), on)),
    ("null", lambda on: Body(b"null", on)),
    ("a page", lambda on: html_page(on=on)),
    ("moved", lambda on: http_redirect("https://127.0.0.1:9/", on=on)),
    ("moved in a loop", lambda on: http_redirect("/jsonrpc", 307, on=on)),
    ("500", lambda on: http_error(on=on)),
    ("401", lambda on: http_error(401, "Unauthorized", on=on)),
    ("no HTTP", lambda on: Raw(b"SSH-2.0-OpenSSH_9.6\r\n", on)),
    ("endless header", lambda on: Raw(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2**20, on)),
    ("many headers", lambda on: Raw(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 2**17, on)),
    ("two lengths", lambda on: Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x", on)),
    ("a negative length", lambda on: Raw(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}", on)),
    ("continue for ever", lambda on: Raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 50_000, on)),
    ("chunks without end", lambda on: Raw(CHUNKED + b"1\r\n \r\n" * 9**6, on)),
    ("a chunk too large", lambda on: Raw(CHUNKED + b"fffffffff\r\n", on)),
    ("zipped", lambda on: Raw(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b", on)),
)

CODES = (
    "SESSION_AUTHENTICATION_FAILED",
    "RBAC_PERMISSION_DENIED",
    "HOST_STILL_BOOTING",
    "INTERNAL_ERROR",
    "SESSION_INVALID",
    "<!channel>",
    "",
    "A" * 5000,
)
ADDRESSES = (
    "127.0.0.1:9",
    "169.254.169.254",
    "evil.example",
    "",
    "x" * 5000,
    "127.0.0.1",
    "[::1]",
    "https://127.0.0.1/",
)


def _scripts(random: Random, wanted: int) -> Iterator[tuple[str, Script]]:
    """Hosts that say anything over TLS: the replies of the list, then real ones with mistakes in them."""
    made = 0
    for what, era, body in REPLIES[: max(0, wanted)]:
        made += 1
        yield what, _answering(era, HOSTS, partial(_instead, http(body, XML if era is Era.XML_ONLY else JSON)))
    for at in range(wanted - made):
        chance = Random(random.random())
        era, method = chance.choice([*Era]), chance.choice(METHODS)
        yield f"spoilt {at}, {era.name}, {method}", _answering(era, method, partial(spoilt, chance=chance))


def _instead(said: bytes, _: bytes) -> bytes:
    return said


def _answering(era: Era, method: str, spoil: Callable[[bytes], bytes]) -> Script:
    def script(talk: Talk) -> None:
        xapi = FakeXapi(era, password=PASSWORD)
        while request := talk.request():
            reply = xapi.answer(request)
            talk.send(spoil(reply) if xapi.methods and xapi.methods[-1] == method else reply)

    return script


def _xml(inner: bytes) -> bytes:
    return b"<?xml version='1.0'?><methodResponse><params><param>" + inner + b"</param></params></methodResponse>"


def _filled(before: bytes, piece: bytes, after: bytes = b"") -> bytes:
    return before + piece * (LARGE // len(piece)) + after


_BOMB = b"<!DOCTYPE a [" + b"".join(b'<!ENTITY a%d "%s">' % (at + 1, b"&a%d;" % at * 10) for at in range(9)) + b"]>"

REPLIES: tuple[tuple[str, Era, bytes], ...] = (
    ("deep lists in JSON", Era.JSON_2, _filled(b"", b"[")),
    ("deep objects in JSON", Era.JSON_2, _filled(b"", b'{"a":')),
    ("empty objects in JSON", Era.JSON_2, _filled(b'{"result":[', b"{},", b"{}]}")),
    ("numbers in JSON", Era.JSON_2, _filled(b'{"result":[', b"1,", b"1]}")),
    ("a long number in JSON", Era.JSON_2, _filled(b'{"result":', b"9", b"}")),
    ("keys in JSON", Era.JSON_2, b'{"result":{' + b",".join(b'"%d":0' % at for at in range(600_000)) + b"}}"),
    ("strings in JSON", Era.JSON_2, _filled(b'{"result":["', b'","', b'"]}')),
    ("escapes in JSON", Era.JSON_1_ONLY, _filled(b'{"result":"', b"\\ud83d\\ude00", b'"}')),
    ("one string in JSON", Era.JSON_1_ONLY, _filled(b'{"result":"', "😀".encode(), b'"}')),
    ("deep XML", Era.XML_ONLY, _filled(b"", b"<value>")),
    ("deep arrays in XML", Era.XML_ONLY, _filled(b"<methodResponse>", b"<array><data><value>")),
    (
        "empty values in XML",
        Era.XML_ONLY,
        _xml(_filled(b"<value><array><data>", b"<value/>", b"</data></array></value>")),
    ),
    ("an attribute of megabytes", Era.XML_ONLY, _xml(_filled(b"<value a='", b"x", b"'/>"))),
    ("many attributes", Era.XML_ONLY, _xml(b"<value " + b" ".join(b"a%d='x'" % at for at in range(500_000)) + b"/>")),
    (
        "attributes again and again",
        Era.XML_ONLY,
        _xml(_filled(b"<value>", b"<i4 a='xxxxxxxx' b='y'>1</i4>", b"</value>")),
    ),
    ("a name of megabytes", Era.XML_ONLY, _xml(_filled(b"<", b"a", b"/>"))),
    ("names", Era.XML_ONLY, _xml(b"".join(b"<a%d/>" % at for at in range(500_000)))),
    ("a comment of megabytes", Era.XML_ONLY, _xml(_filled(b"<!--", b"x", b"--><value/>"))),
    ("instructions", Era.XML_ONLY, _xml(_filled(b"", b"<?a b?>"))),
    ("entities within entities", Era.XML_ONLY, _BOMB + _xml(b"<value>&a9;</value>")),
    ("an external entity", Era.XML_ONLY, b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'>" + _xml(b"<value/>")),
    ("a declaration of megabytes", Era.XML_ONLY, _filled(b"<!DOCTYPE a [", b"<!ENTITY b 'c'>", b"]>")),
    ("characters in XML", Era.XML_ONLY, _xml(_filled(b"<value><string>", b"&#x1F600;", b"</string></value>"))),
    ("UTF-16", Era.XML_ONLY, _xml(b"<value/>" * 400_000).decode().encode("utf-16")),
    ("namespaces", Era.XML_ONLY, _xml(_filled(b"", b"<a xmlns:b='c'/>"))),
    ("CDATA", Era.XML_ONLY, _xml(_filled(b"<value>", b"<![CDATA[x]]>", b"</value>"))),
)
