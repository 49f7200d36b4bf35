"""A network in memory: wires that carry what a test puts on them, and a clock that it moves."""

from collections.abc import Callable, Iterator

from bot.xapi.bounds import Deadline
from bot.xapi.target import Endpoint
from tests.xapi.server import Request


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


Answer = Callable[[Request], bytes]


class FakeWire:
    """Answers each whole request with bytes, in pieces; then the end. `sent` is what was sent on it."""

    def __init__(self, answer: Answer, piece: int = 65536, clock: Clock | None = None, tick: float = 0.0) -> None:
        self.sent = bytearray()
        self.closed = False
        self._answer = answer
        self._waiting = bytearray()
        self._read = 0
        self._piece = piece
        self._clock = clock
        self._tick = tick
        self._allowed = 0.0

    def settimeout(self, seconds: float, /) -> None:
        assert seconds > 0
        self._allowed = seconds

    def send(self, data: bytes, /) -> int:
        self._pass()
        self.sent += data
        for request in self._requests():
            self._waiting += self._answer(request)
        return len(data)

    def recv(self, size: int, /) -> bytes:
        self._pass()
        piece = bytes(self._waiting[: min(size, self._piece)])
        del self._waiting[: len(piece)]
        return piece

    def getpeercert(self, _: bool, /) -> bytes | None:
        return None

    def close(self) -> None:
        self.closed = True

    def _pass(self) -> None:
        """Time passes with each operation, but never more than the operation may take."""
        assert not self.closed
        if self._clock:
            self._clock.now += min(self._tick, self._allowed)
            if self._tick > self._allowed:
                raise TimeoutError

    def _requests(self) -> Iterator[Request]:
        while (end := self.sent.find(b"\r\n\r\n", self._read)) >= 0:
            line, *lines = self.sent[self._read : end].decode("ascii").split("\r\n")
            headers = dict(one.split(": ", 1) for one in lines)
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self.sent) < whole:
                return
            head, self._read = self._read, whole
            yield Request(line, headers, bytes(self.sent[end + 4 : whole]), end + 4 - head)


class FakeNetwork:
    """Connects to wires that all answer alike. `wires` are those that were opened, `called` is what to."""

    def __init__(self, answer: Answer, piece: int = 65536, clock: Clock | None = None, tick: float = 0.0) -> None:
        self.wires: list[FakeWire] = []
        self.called: list[Endpoint] = []
        self._answer, self._piece, self._clock, self._tick = answer, piece, clock, tick

    def __call__(self, endpoint: Endpoint, deadline: Deadline) -> FakeWire:
        assert deadline.left() > 0
        self.called.append(endpoint)
        self.wires.append(FakeWire(self._answer, self._piece, self._clock, self._tick))
        return self.wires[-1]
