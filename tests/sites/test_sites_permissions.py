"""What the credentials of a site are good for, tried at a real server: its own, and nothing else."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from bot.simulator import SimCertificate
from bot.sites.server_config import make_nats_config
from bot.sites.subjects import ASK_STREAM, CENTRE, DEAD_STREAM, EVERY_SITE, OBSERVED_STREAM, PREFIX, SiteSubjects
from tests.sites.conftest import ConfiguredServer, configured_server

PARIS, LONDON = SiteSubjects("paris"), SiteSubjects("london")

PUBLISHED = (
    *(LONDON.observed, LONDON.inventory, LONDON.ask, LONDON.probe, LONDON.dead),  # as another site, or to it
    *(PARIS.ask, PARIS.probe, PARIS.dead),  # as the centre
    *(f"{PREFIX}.paris.observed.more", f"{PREFIX}.new.observed", "xocompat.v2.paris.observed"),
    *(f"{LONDON.inbox}.answer", "_INBOX.answer", f"{PARIS.inbox}.answer"),
    *(LONDON.pull, f"$JS.API.CONSUMER.MSG.NEXT.{OBSERVED_STREAM}.{CENTRE}"),  # pull
    *(f"$JS.ACK.{ASK_STREAM}.london.1.1.1.1.0", f"$JS.ACK.{OBSERVED_STREAM}.{CENTRE}.1.1.1.1.0"),  # acknowledge
    *(
        f"$JS.API.STREAM.{deed}.{stream}"
        for deed in ("CREATE", "UPDATE", "DELETE", "PURGE", "INFO", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "RESTORE")
        for stream in (ASK_STREAM, OBSERVED_STREAM, DEAD_STREAM, "OWN")
    ),
    *(f"$JS.API.DIRECT.GET.{stream}" for stream in (ASK_STREAM, OBSERVED_STREAM)),
    *("$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", f"$JS.API.CONSUMER.NAMES.{ASK_STREAM}"),
    *(
        f"$JS.API.CONSUMER.{deed}"
        for site in ("paris", "london")
        for deed in (
            f"CREATE.{ASK_STREAM}",
            f"CREATE.{ASK_STREAM}.{site}",
            f"CREATE.{ASK_STREAM}.{site}.{PREFIX}.{site}.ask",
            f"DURABLE.CREATE.{ASK_STREAM}.{site}",
            f"DELETE.{ASK_STREAM}.{site}",
            f"PAUSE.{ASK_STREAM}.{site}",
        )
    ),
    *(f"$JS.API.CONSUMER.INFO.{ASK_STREAM}.{site}" for site in ("paris", "london")),
    *("$SYS.REQ.SERVER.PING", "$SYS.REQ.ACCOUNT.XOCOMPAT.CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ"),
)
"""What a site may not publish."""

SUBSCRIBED = (
    *(LONDON.observed, LONDON.inventory, LONDON.ask, LONDON.probe, f"{LONDON.inbox}.>"),
    *(PARIS.observed, f"{PREFIX}.paris.>", f"{PREFIX}.*.observed", f"{PREFIX}.*.probe", f"{PREFIX}.>"),
    *(">", "*", "_INBOX.>", "_INBOX.*", "_INBOX.*.>", "$JS.>", "$JS.EVENT.ADVISORY.>", "$SYS.>"),
)
"""What a site may not hear."""


async def settle(client: Client) -> None:
    """Have all that was sent reach the server, and what it said to that reach the callbacks.

    Twice, as a client's first ping may overtake what waits to be sent.
    """
    await client.flush()
    await client.flush()


class Errors:
    """Collects what a server refuses."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def add(self, error: Exception) -> None:
        self.told.append(str(error).casefold())

    async def refused(self, client: Client, attempt: Callable[[], Awaitable[object]]) -> bool:
        """Whether the attempt makes the server tell of a violation: that comes before the answer to a ping."""
        self.told.clear()
        await attempt()
        await settle(client)
        return any("permissions violation" in text for text in self.told)


class Allowed(NamedTuple):
    """What of all that was tried was not refused."""

    published: list[str]
    subscribed: list[str]
    queued: list[str]


async def tried(configured: ConfiguredServer, who: str, published: tuple[str, ...]) -> Allowed:
    """Try everything with somebody's credentials."""
    errors = Errors()
    client = await configured.client(who, errors.add)

    async def hear(subject: str, queue: str) -> bool:
        refused = await errors.refused(client, lambda: client.subscribe(subject, queue))
        return not refused

    try:
        return Allowed(
            [s for s in published if not await errors.refused(client, lambda s=s: client.publish(s, b"{}"))],  # type: ignore[misc]
            [s for s in SUBSCRIBED if await hear(s, "")],
            [s for s in SUBSCRIBED if await hear(s, "workers")],
        )
    finally:
        await client.close()


def test_a_site_may_not_be_another_nor_the_centre(configured: ConfiguredServer) -> None:
    async def attack() -> tuple[Allowed, list[tuple[int, int]]]:
        await configured.set_up()
        allowed = await tried(configured, "paris", PUBLISHED)
        centre = await configured.client(CENTRE)
        infos = [await centre.jsm().stream_info(name) for name in (ASK_STREAM, OBSERVED_STREAM, DEAD_STREAM)]
        await centre.close()
        return allowed, [(info.state.messages, info.state.consumer_count) for info in infos]

    allowed, after = asyncio.run(attack())
    assert allowed == Allowed([], [], [])
    assert after == [(0, 2), (0, 1), (0, 0)]


def test_the_centre_may_what_sites_may_not(configured: ConfiguredServer) -> None:
    """So what is refused above is refused for its permissions, not for its form."""
    harmless = (LONDON.inventory, "$JS.API.STREAM.NAMES", f"$JS.API.STREAM.INFO.{ASK_STREAM}")
    allowed = asyncio.run(tried(configured, CENTRE, harmless))
    assert allowed.published == list(harmless)
    assert {LONDON.observed, f"{PREFIX}.>", "_INBOX.>"} <= {*allowed.subscribed}
    assert not {">", "$SYS.>", "$JS.>"} & {*allowed.subscribed}


def test_a_site_pulls_acknowledges_stores_and_answers(configured: ConfiguredServer) -> None:
    async def work() -> tuple[bytes, bytes, bytes, int, int, list[str]]:
        await configured.set_up()
        errors = Errors()
        centre, paris = await configured.client(CENTRE), await configured.client("paris", errors.add)

        async def answer(message: Msg) -> None:
            await message.respond(b"answered")
            await paris.publish(message.reply, b"once more")

        await paris.subscribe(PARIS.probe, "workers", cb=answer)
        await settle(paris)
        answered = (await centre.request(PARIS.probe, b"lab-a", timeout=5)).data

        async def confirm(message: Msg) -> None:
            await message.respond(b"heard")

        await centre.subscribe(EVERY_SITE.inventory, CENTRE, cb=confirm)
        await settle(centre)
        heard = (await paris.request(PARIS.inventory, b"alive", timeout=5)).data
        await centre.jetstream().publish(PARIS.ask, b"chunk 1")
        pulling = await paris.jetstream().pull_subscribe_bind("paris", ASK_STREAM, f"{PARIS.inbox}.".encode())
        (chunk,) = await pulling.fetch(1, timeout=5)
        await chunk.ack_sync()
        await paris.jetstream().publish(PARIS.observed, b"found")
        waiting = await centre.jsm().consumer_info(ASK_STREAM, "paris")
        stored = (await centre.jsm().stream_info(OBSERVED_STREAM)).state.messages
        await centre.jsm().purge_stream(OBSERVED_STREAM)
        for client in (centre, paris):
            await client.close()
        return answered, heard, chunk.data, waiting.num_pending + waiting.num_ack_pending, stored, errors.told

    *done, refused = asyncio.run(work())
    assert done == [b"answered", b"heard", b"chunk 1", 0, 1]
    (again,) = refused  # a second answer to the same question
    assert 'permissions violation for publish to "_r_.' in again


def test_a_leaked_seed_hears_nothing_of_others(configured: ConfiguredServer) -> None:
    async def leak() -> tuple[list[str], bytes]:
        await configured.set_up()
        heard: list[str] = []
        centre, london = await configured.client(CENTRE), await configured.client("london")
        thief = await configured.client("paris")

        async def hear(message: Msg) -> None:
            heard.append(message.subject)

        async def answer(message: Msg) -> None:
            await message.respond(b"secret")

        for subject in (PARIS.ask, PARIS.probe, f"{PARIS.inbox}.>", *SUBSCRIBED):
            await thief.subscribe(subject, cb=hear)
        await settle(thief)
        await london.subscribe(LONDON.probe, cb=answer)
        await settle(london)
        answered = (await centre.request(LONDON.probe, b"lab-a", timeout=5)).data
        await london.jetstream().publish(LONDON.observed, b"secret")  # and its receipt, in an inbox
        await centre.jetstream().publish(LONDON.ask, b"secret")
        await centre.publish(PARIS.probe, b"its own")
        await settle(centre)
        await settle(thief)
        for stream in (ASK_STREAM, OBSERVED_STREAM):
            await centre.jsm().purge_stream(stream)
        for client in (centre, london, thief):
            await client.close()
        return heard, answered

    assert asyncio.run(leak()) == ([PARIS.probe], b"secret")


def test_the_server_does_not_acknowledge_for_another(configured: ConfiguredServer) -> None:
    """An answer of the server's has the subject that its asker named; acknowledgements of others are none."""

    async def attack() -> tuple[bool, int]:
        await configured.set_up()
        errors = Errors()
        centre, london = await configured.client(CENTRE), await configured.client("london")
        thief = await configured.client("paris", errors.add)
        await centre.jetstream().publish(LONDON.ask, b"chunk")
        pulling = await london.jetstream().pull_subscribe_bind("london", ASK_STREAM, f"{LONDON.inbox}.".encode())
        (chunk,) = await pulling.fetch(1, timeout=5)
        empty = b'{"batch": 1, "no_wait": true}'  # answered without a body, as an acknowledgement is written
        refused = await errors.refused(thief, lambda: thief.publish(PARIS.pull, empty, reply=chunk.reply))
        await centre.flush()
        waiting = (await centre.jsm().consumer_info(ASK_STREAM, "london")).num_ack_pending
        await chunk.ack_sync()
        for client in (centre, london, thief):
            await client.close()
        return refused, waiting

    assert asyncio.run(attack()) == (True, 1)


REPLIES = (
    *(LONDON.observed, LONDON.inventory, LONDON.ask, LONDON.probe, LONDON.dead, f"{LONDON.inbox}.x", "_INBOX.x"),
    *(PARIS.ask, PARIS.dead, LONDON.pull, f"$JS.API.CONSUMER.DELETE.{ASK_STREAM}.london"),
    *(
        f"$JS.API.STREAM.{deed}.{stream}"
        for deed in ("PURGE", "MSG.DELETE", "DELETE", "UPDATE", "SNAPSHOT")
        for stream in (ASK_STREAM, OBSERVED_STREAM, DEAD_STREAM)
    ),
    *("$SYS.REQ.SERVER.PING", "xocompat.v1.*.probe"),
)
"""Where a site may say that answers to it are to go; without an account of its own, a receipt would purge a stream."""


def test_an_answer_to_a_site_reaches_nobody_else_whatever_subject_the_site_names(configured: ConfiguredServer) -> None:
    """With all questions that a site may ask: bodies of answers are the server's, and empty where there is no work."""

    async def attack() -> tuple[list[str], list[object]]:
        await configured.set_up()
        heard: list[str] = []
        centre, london = await configured.client(CENTRE), await configured.client("london")
        thief = await configured.client("paris")

        async def hear(message: Msg) -> None:
            heard.append(message.subject)

        async def standing() -> list[object]:
            infos = [await centre.jsm().stream_info(name) for name in (ASK_STREAM, OBSERVED_STREAM, DEAD_STREAM)]
            return [(info.state.messages, info.state.first_seq, info.state.consumer_count) for info in infos]

        await centre.jetstream().publish(LONDON.ask, b"chunk")
        await london.jetstream().publish(LONDON.observed, b"found")
        for subject in (EVERY_SITE.inventory, EVERY_SITE.dead, "_INBOX.x"):
            await centre.subscribe(subject, cb=hear)
        for subject in (LONDON.probe, f"{LONDON.inbox}.x"):
            await london.subscribe(subject, cb=hear)
        await settle(centre)
        await settle(london)
        before = await standing()
        last = (await centre.jsm().stream_info(OBSERVED_STREAM)).state.last_seq
        for reply in REPLIES:
            for subject, body in ((PARIS.observed, b"own"), (PARIS.pull, b'{"batch": 1, "no_wait": true}')):
                await thief.publish(subject, body, reply=reply)
        await settle(thief)
        receipt = await thief.jetstream().publish(PARIS.observed, b"the last")  # all before it is done by then
        assert receipt.seq == last + len(REPLIES) + 1
        await centre.jsm().purge_stream(OBSERVED_STREAM, subject=PARIS.observed)
        await settle(london)
        after = await standing()
        for stream in (ASK_STREAM, OBSERVED_STREAM):
            await centre.jsm().purge_stream(stream)
        for client in (centre, london, thief):
            await client.close()
        return heard, [before, after]

    heard, (before, after) = asyncio.run(attack())
    assert heard == []
    assert after == before


def test_nothing_is_answered_in_clear(configured: ConfiguredServer) -> None:
    server = configured.server
    with socket.create_connection((server.address, server.port), timeout=10) as plain:
        stream = plain.makefile("rwb")
        assert b'"tls_required":true' in stream.readline()
        stream.write(b'CONNECT {"verbose":false}\r\nPING\r\n')
        stream.flush()
        try:
            said = stream.read()
        except ConnectionResetError:
            said = b""
    assert b"PONG" not in said


@pytest.mark.parametrize("ca", ["another", "the system's"])
def test_a_server_that_another_ca_vouches_for_is_refused(configured: ConfiguredServer, ca: str) -> None:
    context = ssl.create_default_context()
    if ca == "another":
        context = ssl.create_default_context(cadata=SimCertificate("nats", names=(configured.server.address,)).pem)

    async def connect() -> None:
        await nats.connect(
            configured.server.url, nkeys_seed=str(configured.seed("paris")), tls=context, allow_reconnect=False
        )

    with pytest.raises(ssl.SSLCertVerificationError):
        asyncio.run(connect())


def test_nobody_gets_in_without_a_key_of_the_folder(configured: ConfiguredServer) -> None:
    async def connect(seed: str | None) -> None:
        await nats.connect(
            configured.server.url,
            nkeys_seed=seed,
            tls=ssl.create_default_context(cafile=configured.ca),
            allow_reconnect=False,
        )

    strange = configured.folder.parent / "strange"
    make_nats_config(["paris"], strange, configured.server.url)
    for seed in (None, str(strange / "sites" / "paris" / "paris.nk")):
        with pytest.raises(nats.errors.Error, match="Authorization"):
            asyncio.run(connect(seed))


def test_a_site_that_is_added_is_heard_after_a_reload(tmp_path: Path) -> None:
    """Twice: the server gives a new account its imports at the second one. Who is connected stays so."""
    made = configured_server(tmp_path)
    with made.server as server:

        async def heard() -> tuple[bytes, bytes, int, bool]:
            await made.set_up()
            centre, paris = await made.client(CENTRE), await made.client("paris")

            async def confirm(message: Msg) -> None:
                await message.respond(message.data)

            await centre.subscribe(EVERY_SITE.inventory, CENTRE, cb=confirm)
            await settle(centre)
            text = make_nats_config(["oslo"], made.folder, server.url, is_addition=True).text
            for _ in range(2):
                await asyncio.to_thread(server.reload, text)
            oslo = await made.client("oslo")
            told = (await oslo.request(SiteSubjects("oslo").inventory, b"oslo", timeout=5)).data
            receipt = await oslo.jetstream().publish(SiteSubjects("oslo").observed, b"found")
            still = (await paris.request(PARIS.inventory, b"paris", timeout=5)).data
            is_connected = paris.is_connected and centre.is_connected
            for client in (centre, paris, oslo):
                await client.close()
            return told, still, receipt.seq, is_connected

        assert asyncio.run(heard()) == (b"oslo", b"paris", 1, True)
