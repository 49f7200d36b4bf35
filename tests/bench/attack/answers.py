"""Answers: where the product sends them, and what comes back from there."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.bench.attack.product import Caller, Product
from tests.bench.attack.stage import Stage
from tests.bench.attack.tally import Tally
from tests.slack.signed import press
from tests.slack.standin import Said

ASKED = "probe xen-1"
"""Slow, so that its answer goes to the response_url."""

LARGE = 200 * 2**20
GROWN = 40.0
"""Megabytes that an answer may cost."""

WAIT = 2.0
"""Seconds in which whoever should not be asked would have been."""


class Foreigner:
    """A server on another address, that nobody should ask."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        foreigner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                foreigner.asked.set()
                self.send_response_only(200)
                self.end_headers()

            do_GET = do_HEAD = do_POST

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.2", 0), Handler)
        self.port = self.server.server_port

    @contextmanager
    def serving(self) -> Iterator["Foreigner"]:
        thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        thread.start()
        yield self
        self.server.shutdown()
        thread.join()
        self.server.server_close()


def attack(stage: Stage, tally: Tally, tries: int) -> None:
    random = stage.random("answers")
    with stage.product() as product, stage.pulse(product), closing(product.caller()) as caller:
        with Foreigner().serving() as foreigner:
            addresses = _addresses(foreigner.port, stage)
            for address in addresses if tries >= len(addresses) else random.sample(addresses, tries):
                for way in ("command", "press"):
                    _send(caller, way, address)
                asked = foreigner.asked.wait(WAIT)
                foreigner.asked.clear()
                tally.tried(f"response_url {address!r}", "somebody else was asked" if asked else "")
            for status in (301, 302, 303, 307, 308):
                place = f"http://127.0.0.2:{foreigner.port}/"
                stage.slack.answers["respond"] = Said("", status, {"Location": place})
                _send(caller, "command", stage.slack.response_url)
                asked = foreigner.asked.wait(WAIT)
                foreigner.asked.clear()
                tally.tried(f"a redirect, {status}", "was followed" if asked else "")
            del stage.slack.answers["respond"]
        tally.tried("a large answer", _large(stage, product, caller))


def _send(caller: Caller, way: str, address: str) -> None:
    if way == "command":
        caller.command(ASKED, response_url=address)
    else:
        caller.post(press("ask_1", ASKED, address))


def _large(stage: Stage, product: Product, caller: Caller) -> str:
    before, known = product.megabytes(), len(stage.slack.of("respond"))
    stage.slack.answers["respond"] = Said("x" * LARGE)
    _send(caller, "command", stage.slack.response_url)
    stage.slack.wait("respond", known + 1, 20)
    stage.slack.answers["respond"] = {"ok": True}
    caller.command("XCP-ng 8.2")
    threading.Event().wait(WAIT)  # for what it reads meanwhile, if it reads all of it
    grown = product.megabytes("VmHWM") - before
    return f"{grown:.0f} MB more" if grown > GROWN else ""


def _addresses(port: int, stage: Stage) -> list[str]:
    """The foreigner's address, in clear and in disguise."""
    home = stage.slack.address.removeprefix("http://")
    return [
        f"http://127.0.0.2:{port}/respond",
        f"HTTP://127.0.0.2:{port}/respond",
        f"http://{home}@127.0.0.2:{port}/",
        f"http://hooks.slack.com@127.0.0.2:{port}/",
        f"http://127.0.0.2:{port}#@{home}/",
        f"http://127.0.0.2:{port}\\@{home}/",
        f"http://127.0.0.2:{port}?{home}/",
        f"http://127.0.0.2:{port}/hooks.slack.com",
        f"http://2130706434:{port}/",
        f"http://0x7f000002:{port}/",
        f"http://127.2:{port}/",
        f"http://[::ffff:127.0.0.2]:{port}/",
        f" http://127.0.0.2:{port}/",
        f"http://127.0.\t0.2:{port}/",
        f"http://127.0.0.2:{port}/\r\nX: y",
        f"//127.0.0.2:{port}/",
        f"ftp://127.0.0.2:{port}/",
    ]
