"""The log: one line an event on stderr, as JSON or for people. No secret and no control character gets into it."""

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.masks import MASK, masked

Format = Literal["console", "json"]
Level = Literal["debug", "info", "warning", "error"]

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_QUIET = ("slack_sdk", "websocket", "waitress.queue", "alembic.runtime.plugins")
"""Libraries that tell again and again what we tell once, and better."""


def configure(
    form: Format | None = None, level: Level = "info", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> None:
    """Set the log up, for this process and for the libraries in it. `form` None: for people on a terminal, else JSON.

    `secrets` never appear, wherever they come from; what looks like a secret doesn't either (bot.masks).
    """
    out = stream or sys.stderr
    people = form == "console" if form else out.isatty()
    redact = _without(secrets)
    last = [*_for_people(out.isatty(), redact)] if people else [_as_json(redact)]
    structlog.configure(
        processors=last,
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    formatter = structlog.stdlib.ProcessorFormatter
    chain: list[Processor] = [structlog.stdlib.add_logger_name]
    handler.setFormatter(formatter(foreign_pre_chain=chain, processors=[formatter.remove_processors_meta, *last]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)


Redact = Callable[[str], str]


def _for_people(colours: bool, redact: Redact) -> Iterator[Processor]:
    yield structlog.processors.TimeStamper(fmt="iso", utc=True)
    yield structlog.processors.add_log_level
    yield _printable
    yield structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
    yield lambda _, __, told: redact(str(told))


def _printable(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Texts of others on one line."""
    return {key: _plain(value) if isinstance(value, str) else value for key, value in event.items()}


def _plain(text: str) -> str:
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _as_json(redact: Redact) -> Processor:
    """One processor for all that a line needs: each further one would cost as much as a look-up.

    All that is not printable ASCII is escaped.
    """
    encode, stamp = json.JSONEncoder(default=repr).encode, _Stamp()

    def render(logger: WrappedLogger, level: str, event: EventDict) -> str:
        if "exc_info" in event:
            event = structlog.processors.format_exc_info(logger, level, event)
        return redact(encode({"timestamp": stamp(), "level": level, "event": event.pop("event"), **event}))

    return render


class _Stamp:
    """The time in UTC, to the millisecond; what does not change within a second is made once."""

    def __init__(self) -> None:
        self._kept = (0, "")

    def __call__(self) -> str:
        now = time.time()
        second, text = self._kept
        if second != int(now):
            second = int(now)
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._kept = (second, text)
        return f"{text}.{int(now % 1 * 1000):03}Z"


def _without(secrets: Iterable[str]) -> Redact:
    """Takes secrets out of the finished line, tracebacks included."""
    known = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, known)))

    def redact(line: str) -> str:
        return masked(pattern.sub(MASK, line) if any(map(line.__contains__, known)) else line)

    return redact
