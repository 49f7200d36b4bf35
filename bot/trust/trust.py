"""From a look at a certificate to its pin in the configuration. The pin that is written is the one that was shown."""

import codecs
import json
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from bot.errors import UnavailableError
from bot.settings.pins import with_pin
from bot.settings.rewrite import ConfigFile, rewrite
from bot.terminal.look import is_terminal, look_of
from bot.terminal.output import write
from bot.terminal.progress import Progress
from bot.terminal.render import render
from bot.trust.consent import Consent, Shell, is_confirmed
from bot.trust.pick import Pick
from bot.trust.telling import reply
from bot.xapi.certificate import Certificate
from bot.xapi.observation import Failure
from bot.xapi.target import Endpoint

LookAt = Callable[[Endpoint, str], Certificate | Failure]
"""The certificate that an endpoint shows; the text is what a Failure calls it."""

UNCHANGED = "Nothing was changed."


class Source(NamedTuple):
    """Where the inventory is written: in a file, or (None) in the variable `variable`."""

    file: ConfigFile | None
    variable: str = ""


class _Done(NamedTuple):
    """What came of it; `problem` is a line to tell, and means that nothing was written."""

    seen: Certificate | None = None
    written: bool = False
    problem: str = ""


class Trusting(NamedTuple):
    """What trusting needs of the world: a look at an endpoint, the time, and the shell that asks for it."""

    look_at: LookAt
    now: Callable[[], datetime]
    shell: Shell

    def run(self, pick: Pick, source: Source, consent: Consent, as_json: bool) -> None:
        """Show the certificate, and pin it if that is confirmed. UnavailableError if it is not pinned in the end."""
        done = self._done(pick, source, consent, as_json)
        if as_json:
            write(self.shell.stdout, f"{json.dumps(_data(pick, done), indent=2)}\n")
        elif done.written and source.file:
            after = "A bot that runs takes it up when it is started again."
            write(self.shell.stdout, f"Pinned in {source.file.label}. {after}\n")
        if done.problem:
            raise UnavailableError(done.problem)

    def _done(self, pick: Pick, source: Source, consent: Consent, as_json: bool) -> _Done:
        with Progress(None if as_json else self.shell.stderr, self.shell.environ) as progress:
            progress.show(f"Looking at {pick.name} … (at most 5 seconds)")
            seen = self.look_at(pick.endpoint, pick.name)
        if isinstance(seen, Failure):
            return _Done(problem=seen.message)
        self._show(pick, seen, as_json)
        if consent.pin not in (None, seen.digest):
            return _Done(seen, problem=f"{pick.name} shows another certificate than --pin names. {UNCHANGED}")
        if seen.digest == pick.endpoint.trust.pin:
            return _Done(seen)
        return self._pinned(pick, seen, source, consent)

    def _show(self, pick: Pick, seen: Certificate, as_json: bool) -> None:
        """With JSON only to somebody who will be asked."""
        stream = self.shell.stderr if as_json else self.shell.stdout
        if stream is not None and (not as_json or is_terminal(stream)):
            write(stream, f"{render(reply(pick, seen, self.now()), look_of(stream, self.shell.environ))}\n\n")

    def _pinned(self, pick: Pick, seen: Certificate, source: Source, consent: Consent) -> _Done:
        by_hand = f"{UNCHANGED} Put it in by hand: {pick.by_hand(seen.pin)}"
        if source.file is None:
            return _Done(seen, problem=f"The inventory comes from the variable {source.variable}. {by_hand}")
        data = _with_pin(source.file, pick, seen)
        if data is None:
            words = f"{source.file.label} is written in a way that a program had better not change."
            return _Done(seen, problem=f"{words} {by_hand}")
        agreed = is_confirmed(consent, f"Pin it in {source.file.label}? Type yes: ", self.shell)
        if not agreed:
            how = f" To pin this one without being asked: xocompat trust {pick.words} --pin {seen.pin} (or --yes)."
            return _Done(seen, problem=UNCHANGED + (how if agreed is None else ""))
        try:
            rewrite(source.file, data)
        except UnavailableError as error:
            return _Done(seen, problem=f"{error} {by_hand}")
        return _Done(seen, written=True)


def _with_pin(file: ConfigFile, pick: Pick, seen: Certificate) -> bytes | None:
    """The file's new bytes; a mark of its encoding at the start stays."""
    mark = codecs.BOM_UTF8 if file.data.startswith(codecs.BOM_UTF8) else b""
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError:  # another file than the settings were read from, a moment later
        return None
    changed = with_pin(text, pick.place, seen.pin)
    return None if changed is None else mark + changed.encode()


def _data(pick: Pick, done: _Done) -> dict[str, object]:
    """`changed`: another certificate than the pinned one was seen."""
    pinned = pick.endpoint.trust.pin
    return {
        "name": pick.target.name,
        "address": str(pick.endpoint),
        "seen": done.seen.pin if done.seen else None,
        "pinned": f"sha256:{pinned.hex()}" if pinned else None,
        "changed": bool(done.seen and pinned and done.seen.digest != pinned),
        "written": done.written,
    }
