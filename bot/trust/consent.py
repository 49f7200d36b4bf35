"""How an operator confirms: by typing yes at a terminal, or beforehand for scripts."""

import re
from collections.abc import Mapping
from typing import NamedTuple, TextIO

from bot.errors import UsageError
from bot.terminal.look import is_terminal
from bot.terminal.output import write

_PIN = re.compile(r"(?:sha256(?: fingerprint=|:))?([0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})")


class Shell(NamedTuple):
    """The streams of a shell, and its environment; those that may be closed are None then."""

    stdin: TextIO | None
    stdout: TextIO
    stderr: TextIO | None
    environ: Mapping[str, str]


class Consent(NamedTuple):
    """`yes`: whatever is shown; `pin`: this one and no other, 32 bytes; neither: somebody is asked."""

    yes: bool = False
    pin: bytes | None = None


def consent_of(yes: bool, pin: str | None) -> Consent:
    """What `--yes` and `--pin` say; a fingerprint may stand as the configuration or as openssl writes it."""
    if pin is None:
        return Consent(yes)
    found = _PIN.fullmatch(pin.strip().casefold())
    if not found:
        raise UsageError("--pin must be a fingerprint such as sha256:<64 hexadecimal digits>.")
    return Consent(yes, bytes.fromhex(found[1].replace(":", "")))


def is_confirmed(consent: Consent, question: str, shell: Shell) -> bool | None:
    """Whether the operator agrees; None if nobody can be asked."""
    if consent.yes or consent.pin:
        return True
    if shell.stdin is None or shell.stderr is None or not is_terminal(shell.stdin):
        return None
    write(shell.stderr, question)
    return shell.stdin.readline().strip().casefold() == "yes"
