"""One accepted connection: a non-blocking socket under an event loop, with TLS from `ssl` itself.

asyncio's own TLS moves every byte through Python; this way a handshake costs half as much, which is what a simulator of
thousands of hosts spends its time on.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from bot.simulator.seen import Visits

T = TypeVar("T")

_CHUNK: Final = 65536
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Stream:
    """Reads and writes raise OSError where the connection breaks. To be used by one task at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
        self._loop = loop
        self._socket = connection
        self.visits: Visits | None = None  # counts what is read from when it is set

    async def handshake(self, context: ssl.SSLContext) -> None:
        secured = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = secured
        await self._until_done(secured.do_handshake)

    async def read(self) -> bytes:
        """Some bytes; none at the end."""
        data = await self._until_done(lambda: self._socket.recv(_CHUNK))
        if self.visits is not None:
            self.visits.bytes += len(data)
        return data

    async def write(self, data: bytes) -> None:
        """All of it, at the pace of the reader."""
        left = memoryview(data)
        while left:
            left = left[await self._send(left) :]

    async def until_left(self) -> None:
        """Takes and forgets what comes, until the client has left."""
        with suppress(OSError):
            while await self.read():
                pass

    async def within(self, seconds: float | None, work: Awaitable[T]) -> T:
        """The work's result; raises TimeoutError after that many seconds. None: no limit."""
        async with asyncio.timeout(seconds):
            return await work

    def goodbye(self) -> None:
        """Tells a TLS client that nothing more comes. Nobody waits for its answer."""
        if isinstance(self._socket, ssl.SSLSocket):
            with suppress(OSError):
                self._socket.unwrap()

    async def say_last(self, data: bytes) -> None:
        """Writes, says goodbye and waits for the client to leave: a close with bytes unread would lose what it says."""
        await self.write(data)
        self.goodbye()
        self.visits = None
        self._socket.shutdown(socket.SHUT_WR)
        await self.until_left()

    def reset(self) -> None:
        """Makes the close a reset."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def close(self) -> None:
        self._socket.close()

    async def _send(self, data: memoryview) -> int:
        return await self._until_done(lambda: self._socket.send(data))

    async def _until_done(self, act: Callable[[], T]) -> T:
        """The result of an act on the socket, tried again whenever the socket is ready."""
        while True:
            try:
                return act()
            except (BlockingIOError, ssl.SSLWantReadError):
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
            except ssl.SSLWantWriteError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
        woken = self._loop.create_future()
        number = self._socket.fileno()
        add(number, _wake, woken)
        try:
            await woken
        finally:
            remove(number)


def _wake(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
