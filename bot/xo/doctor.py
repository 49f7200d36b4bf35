"""Whether a Xen Orchestra can be asked, for `doctor`: address, certificate, token, and what the token may read."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from bot.xapi.bounds import ProbeBounds
from bot.xapi.connection import Connect
from bot.xapi.observation import Failure, Observation
from bot.xapi.target import TlsMode
from bot.xo.client import BOUNDS, OnDate, ask
from bot.xo.orchestra import Orchestra


class Checked(NamedTuple):
    """`text` says what was found, or what is wrong and what to do; `mend` what to do besides."""

    ok: bool
    text: str
    mend: str = ""


def check(
    orchestra: Orchestra,
    now: Callable[[], datetime],
    bounds: ProbeBounds = BOUNDS,
    connect: Connect | None = None,
    on_date: OnDate | None = None,
) -> Checked:
    """Ask it as a sweep does. Blocks, `bounds.whole` seconds at most; `on_date` as in `ask`."""
    answers = ask(orchestra, now, bounds=bounds, connect=connect, on_date=on_date)
    for answer in answers:
        if isinstance(answer, Failure):
            return Checked(False, answer.message)
    hosts = sum(len(answer.hosts) for answer in answers if isinstance(answer, Observation))
    pools = len(answers)
    text = f"it tells {hosts} {'host' if hosts == 1 else 'hosts'} in {pools} {'pool' if pools == 1 else 'pools'}"
    if orchestra.endpoint.trust.mode is TlsMode.INSECURE:
        mend = f"set its `pin` under `tls` of {orchestra.name}"
        return Checked(True, f"{text}, its certificate is not checked", mend)
    return Checked(True, text)
