"""Connections that say nothing, or half of something, and stay."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tests.bench.attack.product import Assisting, Product
from tests.bench.attack.stage import Stage, Way
from tests.bench.attack.tally import Tally

WITHIN = 3.0
HEAD = "POST {} HTTP/1.1\r\nHost: x\r\nContent-"
BODY = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\ncommand="
KINDS = {"idle": ("", 300), "half-sent headers": (HEAD, 300), "half-sent bodies": (BODY, 300)}
ASKED = 5
"""Commands and questions for health while the connections of a kind stay."""


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    """`tries` is how many connections in all; each kind has its share, one kind after the other, then all at once."""
    share = tries / sum(count for _, count in KINDS.values())
    for way in Way:
        with stage.product(way) as product, ExitStack() as all_of_them:
            for kind, (said, count) in KINDS.items():
                all_of_them.enter_context(
                    _kept(product, said.format(product.path).encode(), max(1, round(count * share)))
                )
                for _ in range(ASKED):
                    _ask(product, f"{way.value}, {kind}", tally)


@contextmanager
def _kept(product: Product, said: bytes, count: int) -> Iterator[None]:
    """So many connections, which are held open. One that is closed by the product, or refused, is its right."""
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(closing(socket.socket()))
            connection.settimeout(0.2)
            try:
                connection.connect(("127.0.0.1", product.port))
                connection.sendall(said)
            except OSError:
                continue
        yield


def _ask(product: Product, what: str, tally: Tally) -> None:
    begun = time.monotonic()
    wrong = product.look_up()
    took = time.monotonic() - begun
    tally.tried(f"{what}: a command", wrong or (f"{took:.1f} s" if took > WITHIN else ""))
    if isinstance(product, Assisting):
        return
    with closing(product.caller(WITHIN)) as caller:
        told = caller.ask("GET", "/healthz")
    tally.tried(f"{what}: /healthz", "" if told.status == 200 else f"{told.status} {told.body[:60]}")
