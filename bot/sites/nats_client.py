"""A connection to a NATS server with JetStream, for threads: one thread with a loop of its own, a synchronous face.

It connects by itself, again and again, from the first moment on; what can't be done without the server is an
UnavailableError at once. Nothing is kept here to be sent later: who publishes knows best what is still worth it then.
"""

import asyncio
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import ParseResult

import nats.errors
import nats.js.errors
from nats.aio.client import DEFAULT_BUFFER_SIZE, Client, Srv
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.aio.transport import TcpTransport
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
from nkeys import NkeysError  # type: ignore[import-untyped]
from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.text import shown

CONNECT = 5.0
AGAIN = 1.0
"""Seconds that connecting may take, and until the next try."""

CLOSED = 0.5
"""Seconds that ending a connection may take."""

CONNECT_ERRORS = (TimeoutError, OSError, nats.errors.Error, ValueError, NkeysError)
"""What keeps a client from connecting: the network, the server, its certificate, or a file that holds no key."""

SEND = 5.0
"""Seconds that the server has to take something."""

PING = 20
MISSED = 2
"""Seconds between signs of life, and how many of them may be missing until the connection counts as broken."""

GRACE = 2.0
"""Seconds more than what is waited for in the loop, until the loop itself counts as hanging."""

T = TypeVar("T")


class NatsAccount(NamedTuple):
    """Where the server is, and who one is there: the file with an nkey's seed or a user's JWT, or a name and password.

    `secure`: nothing is sent before TLS is up, with a certificate of `ca` or of the system's CAs. The password is in no
    repr, as it is read when it is needed.
    """

    url: str
    credentials: Path | None = None
    user: str | None = None
    password: Callable[[], str] | None = None
    ca: Path | None = None

    @property
    def secure(self) -> bool:
        return self.url.startswith("tls:")


class NobodyError(UnavailableError):
    """Nobody listens to the subject of a request."""


class NatsDelivery(NamedTuple):
    """A message of a stream. `tries`: how often it was delivered; `stored_at`: when the server took it, by its clock.

    It is delivered again until it is acknowledged. The deeds below return at once; one that gets lost only means that.
    """

    subject: str
    body: bytes
    tries: int
    stored_at: datetime
    ack: Callable[[], None]
    nak: Callable[[float], None]
    """Takes in how many seconds it is to be delivered again."""
    in_progress: Callable[[], None]


Handler = Callable[[str, bytes], bytes | None]
"""Takes a message's subject and body; what it returns is the answer. Raises nothing."""


class StreamTransport(TcpTransport):
    """Tells a stream that its connection speaks TLS now: it ends otherwise then, and asyncio warns if it does not. The
    library leaves that out.
    """

    async def connect_tls(
        self, uri: str | ParseResult, ssl_context: ssl.SSLContext, buffer_size: int, connect_timeout: int
    ) -> None:
        await super().connect_tls(uri, ssl_context, buffer_size, connect_timeout)
        assert self._io_writer
        transport = self._io_writer.transport
        transport.get_protocol().connection_made(transport)


class NatsClient(Client):
    """A client whose streams know what they are."""

    async def _connect_to_server(self, s: Srv) -> None:
        s.last_attempt = time.monotonic()
        self._transport = StreamTransport()  # type: ignore[no-untyped-call]
        await self._transport.connect(s.uri, DEFAULT_BUFFER_SIZE, self.options["connect_timeout"])

    def abort(self) -> None:
        """Drop what is left of a connection that could not be ended in time, or was not whole yet."""
        for name in ("_io_writer", "_bare_io_writer"):  # over TLS, and below it
            if writer := getattr(self._transport, name, None):
                writer.transport.abort()


class SecureClient(NatsClient):
    """Refuses a server that does not ask for TLS: else whoever sits in between would get the password in clear."""

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        if not info.get("tls_required"):
            raise nats.errors.Error("nats: the server does not offer TLS")
        await super()._process_info(info, initial_connection)


class NatsConnection:
    """See the module. `name` is shown by the server's monitoring, `inbox` what answers come under."""

    def __init__(self, account: NatsAccount, name: str, log: FilteringBoundLogger, inbox: str = "_INBOX") -> None:
        self._account, self._name, self._log, self._inbox = account, name, log, inbox
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="nats", daemon=True)
        self._client: Client | None = None
        self._stopping = asyncio.Event()
        self._no_more = asyncio.Event()
        self._listeners: list[tuple[str, str, Handler, Executor | None]] = []
        self._subscriptions: list[Subscription] = []
        self._on_connect: list[Callable[[], None]] = []
        self._pulls: dict[tuple[str, str], JetStreamContext.PullSubscription] = {}
        self._waited_for: set[Future[Any]] = set()
        self._told: str | None = None
        self.up = threading.Event()
        """Set while there is a connection."""

    def listen(self, subject: str, queue: str, handler: Handler, executor: Executor | None = None) -> None:
        """Hear messages from `start` on; `executor` runs a handler that blocks. Not after `start`."""
        self._listeners.append((subject, queue, handler, executor))

    def on_connect(self, act: Callable[[], None]) -> None:
        """Have something done, in the loop's thread and without blocking, whenever a connection is made."""
        self._on_connect.append(act)

    def start(self) -> None:
        """Connect, in the background."""
        self._thread.start()

    def stop_listening(self) -> None:
        """Hear and pull nothing new: the server tells whoever asks now that nobody is here. What was heard is answered.

        A pull that waits ends without a message.
        """

        async def drain(_: Client) -> None:
            self._no_more.set()
            for subscription in self._subscriptions:
                await _quietly(subscription.drain())  # type: ignore[no-untyped-call]

        with suppress(UnavailableError):
            self._do(drain, SEND)

    def close(self) -> None:
        """End, and wait for that a moment."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(SEND)
        elif not self._loop.is_closed():  # it was never started
            self._loop.close()

    def publish(self, subject: str, body: bytes) -> None:
        """Tell whoever listens now. UnavailableError without a connection."""

        async def send(client: Client) -> None:
            await client.publish(subject, body)
            await client.flush(int(SEND))

        self._do(send, SEND)

    def request(self, subject: str, body: bytes, seconds: float) -> bytes:
        """The answer of whoever listens. NobodyError where nobody does, UnavailableError where nobody answers."""

        async def ask(client: Client) -> bytes:
            return (await client.request(subject, body, timeout=seconds)).data

        return self._do(ask, seconds)

    def store(self, subject: str, body: bytes, key: str) -> None:
        """Put a message into the stream of its subject; it is there when this returns. Repeats of a key are dropped.

        UnavailableError where the stream has not acknowledged it.
        """

        async def send(client: Client) -> None:
            await client.jetstream().publish(subject, body, timeout=SEND, headers={"Nats-Msg-Id": key})

        self._do(send, SEND)

    def store_all(self, messages: Sequence[tuple[str, bytes, str]]) -> int:
        """The same for many at once; how many of them are there when this returns."""

        async def send(client: Client) -> int:
            stream = client.jetstream()
            tasks = [
                stream.publish(subject, body, timeout=SEND, headers={"Nats-Msg-Id": key})
                for subject, body, key in messages
            ]
            done = await asyncio.gather(*tasks, return_exceptions=True)
            return sum(not isinstance(one, BaseException) for one in done)

        return self._do(send, SEND * 2) if messages else 0

    def pull(self, stream: str, consumer: str, most: int, seconds: float) -> list[NatsDelivery]:
        """Messages that wait for a consumer, or come within some seconds; none where none do, or at the end."""

        async def fetch(client: Client) -> list[NatsDelivery]:
            key = stream, consumer
            if key not in self._pulls:
                prefix = f"{self._inbox}.".encode()
                self._pulls[key] = await client.jetstream().pull_subscribe_bind(consumer, stream, prefix)
            pull = self._pulls[key]
            fetching = asyncio.create_task(pull.fetch(most, timeout=seconds))
            ending = asyncio.create_task(self._no_more.wait())
            try:
                await asyncio.wait((fetching, ending), return_when=asyncio.FIRST_COMPLETED)
                if fetching.done():
                    return [self._delivery(found) for found in fetching.result()]
                await _quietly(pull.unsubscribe())  # else the server would hand a message to nobody
                return []
            except TimeoutError:  # the library raises its own, and this one
                return []
            finally:
                fetching.add_done_callback(_forgotten)
                fetching.cancel()
                ending.cancel()

        return self._do(fetch, seconds)

    def messages(self, stream: str) -> dict[str, int]:
        """How many messages a stream has of each subject."""

        async def count(client: Client) -> dict[str, int]:
            info = await client.jsm().stream_info(stream, subjects_filter=">")
            return dict(info.state.subjects or {})

        return self._do(count, SEND)

    def server_ahead(self, stream: str, clock: Callable[[], datetime]) -> timedelta:
        """How far the server's clock is ahead of `clock`, by half a round trip at most."""

        async def look(client: Client) -> timedelta:
            begun = clock()
            answer = await client.request(f"$JS.API.STREAM.INFO.{stream}", timeout=SEND)
            ended = clock()
            told = json.loads(answer.data).get("ts")
            # The server gives nanoseconds, which Python does not read.
            at = datetime.fromisoformat(f"{str(told)[:19]}+00:00") + timedelta(seconds=_fraction(str(told)))
            return at - (begun + (ended - begun) / 2)

        return self._do(look, SEND)

    def purge(self, stream: str, subject: str) -> None:
        """Take all messages of a subject out of a stream."""

        async def forget(client: Client) -> None:
            await client.jsm().purge_stream(stream, subject=subject)

        self._do(forget, SEND)

    def make_stream(self, config: StreamConfig) -> None:
        """Make a stream, or change it to be so."""

        async def make(client: Client) -> None:
            manager = client.jsm()
            try:
                await manager.add_stream(config)
            except nats.js.errors.BadRequestError:
                await manager.update_stream(config)

        self._do(make, SEND)

    def make_consumer(self, stream: str, name: str, subject: str, ack_wait: float, most: int) -> None:
        """Make a durable consumer of a stream, of which `most` messages may be unacknowledged at a time."""

        async def make(client: Client) -> None:
            config = ConsumerConfig(
                durable_name=name,
                filter_subject=subject,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=ack_wait,
                max_ack_pending=most,
            )
            await client.jsm().add_consumer(stream, config)

        self._do(make, SEND)

    # The loop's side

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._keep_connected())
        finally:
            self._loop.close()

    async def _keep_connected(self) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        while not self._stopping.is_set():
            closed = asyncio.Event()
            connecting = asyncio.create_task(self._connect(closed))
            await asyncio.wait((connecting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                connecting.cancel()
                break
            if client := connecting.result():
                lost = asyncio.create_task(closed.wait())
                # A client whose last bytes could not be sent ends without telling so, and has to be looked at.
                while client.is_connected and not (lost.done() or stopping.done()):
                    await asyncio.wait((lost, stopping), timeout=AGAIN, return_when=asyncio.FIRST_COMPLETED)
                lost.cancel()
                self._lost()
                if not client.is_closed:
                    await _quietly(client.flush(1))
                await _ended(client)
            if not self._stopping.is_set():
                await asyncio.wait((stopping,), timeout=AGAIN)
        stopping.cancel()
        if left := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=CLOSED)  # one that never hears of it would be warned of
        await asyncio.sleep(0)  # what was aborted is closed in the loop's next turn

    async def _connect(self, closed: asyncio.Event) -> NatsClient | None:
        account = self._account
        client = SecureClient() if account.secure else NatsClient()

        async def ended() -> None:
            closed.set()

        try:
            await client.connect(
                account.url,
                name=self._name,
                inbox_prefix=self._inbox,
                allow_reconnect=False,
                connect_timeout=int(CONNECT),
                ping_interval=PING,
                max_outstanding_pings=MISSED,
                pending_size=0,  # what could not be sent at once is an error, and never sent late
                error_cb=self._error,
                closed_cb=ended,
                disconnected_cb=ended,
                **login_options(account),
            )
            self._subscriptions = [
                await client.subscribe(subject, queue, cb=self._hearing(client, handler, executor))
                for subject, queue, handler, executor in self._listeners
            ]
            await client.flush(int(SEND))
        except asyncio.CancelledError:
            client.abort()
            raise
        except CONNECT_ERRORS as error:
            self._tell(why_not_connected(error))
            await _ended(client)
            return None
        self._pulls = {}
        self._client = client
        self.up.set()
        self._told = None
        self._log.info("NATS connected", url=account.url)
        for act in self._on_connect:
            act()
        return client

    def _lost(self) -> None:
        self._client = None
        self.up.clear()
        for future in tuple(self._waited_for):  # nobody will answer these any more
            future.cancel()
        if not self._stopping.is_set():
            self._tell("the connection broke")

    def _tell(self, why: str) -> None:
        """Once for each reason in a row: it is tried every second."""
        if why != self._told:
            self._told = why
            self._log.warning("NATS away", url=self._account.url, reason=why)

    async def _error(self, error: Exception) -> None:
        if self._client:
            self._tell(why_not_connected(error))

    def _hearing(
        self, client: Client, handler: Handler, executor: Executor | None
    ) -> Callable[[Msg], Coroutine[Any, Any, None]]:
        tasks: set[asyncio.Task[None]] = set()

        async def answer(message: Msg) -> None:
            if executor:
                said = await self._loop.run_in_executor(executor, handler, message.subject, message.data)
            else:
                said = handler(message.subject, message.data)
            if said is not None and message.reply and not client.is_closed:
                await _quietly(client.publish(message.reply, said))

        async def heard(message: Msg) -> None:
            if executor is None:
                await answer(message)
                return
            task = asyncio.create_task(answer(message))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        return heard

    def _delivery(self, message: Msg) -> NatsDelivery:
        about = message.metadata

        def soon(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
            async def do() -> None:
                await _quietly(act())

            if not self._loop.is_closed():
                asyncio.run_coroutine_threadsafe(do(), self._loop)

        return NatsDelivery(
            message.subject,
            message.data,
            about.num_delivered,
            about.timestamp,
            lambda: soon(message.ack),
            lambda seconds: soon(lambda: message.nak(seconds)),
            lambda: soon(message.in_progress),
        )

    def _do(self, act: Callable[[Client], Coroutine[Any, Any, T]], seconds: float) -> T:
        """Run something in the loop. UnavailableError says why it could not be done."""
        client = self._client
        if client is None or self._loop.is_closed():
            raise UnavailableError(f"NATS at {self._account.url} cannot be reached.")
        future = asyncio.run_coroutine_threadsafe(act(client), self._loop)
        self._waited_for.add(future)
        try:
            return future.result(seconds + GRACE)
        except (nats.errors.NoRespondersError, nats.js.errors.NoStreamResponseError):
            raise NobodyError("Nobody listens.") from None
        except CancelledError:
            raise UnavailableError(f"The connection to NATS at {self._account.url} broke.") from None
        except FutureTimeoutError:
            future.cancel()
            raise UnavailableError(f"NATS at {self._account.url} does not answer.") from None
        except (OSError, nats.errors.Error, nats.js.errors.Error) as error:
            raise UnavailableError(f"NATS at {self._account.url} refused: {why_not_connected(error)}.") from None
        finally:
            self._waited_for.discard(future)


def _fraction(moment: str) -> float:
    """The seconds after the point of 2026-11-27T05:00:00.123456789Z."""
    found = re.search(r"\.[0-9]+", moment)
    return float(found[0]) if found else 0.0


async def _ended(client: NatsClient) -> None:
    """Close it. After a handshake that failed it would wait for ever for the other side; one that has not begun to
    connect, as a file could not be read, does not take that.
    """
    with suppress(TimeoutError, AssertionError):
        await asyncio.wait_for(_quietly(client.close()), CLOSED)
    client.abort()


def _forgotten(task: "asyncio.Task[Any]") -> None:
    """Look at what became of a task of which nobody wants to know any more: else asyncio tells it as an error."""
    if not task.cancelled():
        task.exception()


async def _quietly(act: Coroutine[Any, Any, Any]) -> None:
    """Do what may fail because the connection breaks just now."""
    try:
        await act
    except (TimeoutError, OSError, nats.errors.Error):
        return


def login_options(account: NatsAccount) -> dict[str, Any]:
    """What a client needs to log in, and to trust the server. OSError for a file that cannot be read."""
    found: dict[str, Any] = {}
    if account.secure or account.ca:
        found["tls"] = ssl.create_default_context(cafile=str(account.ca) if account.ca else None)
    if account.credentials:
        is_jwt = "BEGIN NATS USER JWT" in account.credentials.read_text(encoding="utf-8")
        found["user_credentials" if is_jwt else "nkeys_seed"] = str(account.credentials)
    if account.user:
        found |= {"user": account.user, "password": account.password() if account.password else None}
    return found


def why_not_connected(error: BaseException) -> str:
    """What an error of the library's says, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, asyncio.TimeoutError):
        return "it does not answer"
    return shown(str(error).removeprefix("nats: ").strip("'\"") or type(error).__name__, 120)
