"""How an operator confirms: by typing yes at a terminal, or beforehand for scripts."""

import codecs
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, TextIO

from bot.chat.reply import Code, Mark, Paragraph, Reply, RichText, Strong, headline, line
from bot.chat.wording import day_in_words, distance
from bot.errors import UnavailableError, UsageError
from bot.fleet.inventory import Inventory
from bot.query.text import shown
from bot.settings.edit import ConfigFile, PinPlace, rewrite, with_pin
from bot.settings.values import Address, parse_address
from bot.terminal.capabilities import capabilities_of, is_terminal
from bot.terminal.output import write
from bot.terminal.progress import ProgressLine
from bot.terminal.render import render
from bot.xapi.address import same_host
from bot.xapi.certificate import Certificate
from bot.xapi.observation import Failure
from bot.xapi.target import Endpoint, Target, TlsMode, Trust

_PIN = re.compile(r"(?:sha256(?: fingerprint=|:))?([0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})")


class ShellStreams(NamedTuple):
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


def is_confirmed(consent: Consent, question: str, shell: ShellStreams) -> bool | None:
    """Whether the operator agrees; None if nobody can be asked."""
    if consent.yes or consent.pin:
        return True
    if shell.stdin is None or shell.stderr is None or not is_terminal(shell.stdin):
        return None
    write(shell.stderr, question)
    return shell.stdin.readline().strip().casefold() == "yes"


class TrustChoice(NamedTuple):
    """A place in the inventory that has a pin, or may have one."""

    target: Target
    endpoint: Endpoint
    place: PinPlace

    @property
    def name(self) -> str:
        """What people call it: lab-a, or lab-a (192.0.2.11) for a member."""
        return self.target.name if self.place.member is None else f"{self.target.name} ({self.endpoint})"

    @property
    def words(self) -> str:
        """What follows `trust` on the command line."""
        return self.target.name if self.place.member is None else f"{self.target.name} {self.endpoint}"

    def by_hand(self, pin: str) -> str:
        """What is to stand in the configuration for it: JSON, which is YAML, too."""
        tls = {"pin": pin}
        if self.endpoint.trust.minimum != "1.2":
            tls["minimum"] = self.endpoint.trust.minimum
        if self.place.member is None:
            return f"under {self.target.name}, {json.dumps({'tls': tls})[1:-1]}"
        return f"under `also` of {self.target.name}, {json.dumps({'address': str(self.endpoint), 'tls': tls})}"


def choose(inventory: Inventory, host: str, address: str | None) -> TrustChoice:
    """The place of a name, and of an address that is listed there.

    UnavailableError if no target has the name; UsageError if it does not list the address, or lists it twice.
    """
    target = inventory.find(host)
    if isinstance(target, Failure):
        raise UnavailableError(target.message)
    number = inventory.targets.index(target)
    if address is None:
        return TrustChoice(target, target.endpoint, PinPlace(number))
    wanted = _address(address)
    members = [TrustChoice(target, endpoint, PinPlace(number, at)) for at, endpoint in enumerate(target.also)]
    found = [
        one
        for one in (TrustChoice(target, target.endpoint, PinPlace(number)), *members)
        if _is_at(one.endpoint, wanted)
    ]
    if len(found) != 1:
        raise UsageError(_not_one(target, address, found))
    return found[0]


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        raise UsageError(f"{shown(text)} is no address: it {error}.") from None


def _is_at(endpoint: Endpoint, wanted: Address) -> bool:
    return same_host(endpoint.host, wanted.host) and wanted.port in (None, endpoint.port)


def _not_one(target: Target, address: str, found: list[TrustChoice]) -> str:
    if found:
        said = f"{target.name} lists {shown(address)} more than once"
        return f"{said}: {', '.join(f'{one.endpoint.host}:{one.endpoint.port}' for one in found)}. Say which port."
    if not target.also:
        return f"{target.name} lists no other address: add {shown(address)} to its `also` first."
    return f"{target.name} does not list {shown(address)} under `also`, but {', '.join(map(str, target.also))}."


ON_THE_HOST = "openssl x509 -noout -fingerprint -sha256 -in /etc/xensource/xapi-ssl.pem"
"""Prints the certificate that a host shows, on the host's own console."""


def certificate_reply(pick: TrustChoice, seen: Certificate, now: datetime) -> Reply:
    """The fingerprint in both its forms, whose certificate it says it is, and what the inventory has."""
    trust = pick.endpoint.trust
    lines = [
        line(Code(seen.pin)),
        line(Code(seen.colons)),
        line(_description(seen, now)),
        line("The inventory ", *_has(trust, seen), "."),
    ]
    blocks = [Paragraph(tuple(lines))]
    if trust.pin != seen.digest:
        compare = line("Compare it with what the host's own console says: ", Code(ON_THE_HOST))
        blocks.append(Paragraph((compare,)))
    return Reply("trust", headline(Strong(pick.name), f"asked {pick.endpoint}", _mark(trust, seen)), tuple(blocks))


def _mark(trust: Trust, seen: Certificate) -> Mark:
    if trust.pin == seen.digest:
        return Mark("✅", "shows the pinned certificate")
    if trust.mode is TlsMode.PINNED:
        return Mark("⚠️", "shows another certificate than the pinned one")
    return Mark("❔", "shows a certificate that is not pinned")


def _has(trust: Trust, seen: Certificate) -> RichText:
    match trust.mode:
        case TlsMode.PINNED if trust.pin == seen.digest:
            return line("pins this very certificate")
        case TlsMode.PINNED:
            return line("pins another: ", Code(f"sha256:{(trust.pin or b'').hex()}"))
        case TlsMode.INSECURE:
            return line("trusts whatever is shown (", Code("insecure"), ")")
    if trust.ca_file:
        return line("trusts what the authority in ", Code(trust.ca_file), " signed")
    return line("says nothing of it, so the system's authorities count")


def _description(seen: Certificate, now: datetime) -> str:
    subject = f"It says it is made for {shown(seen.subject, 200)}" if seen.subject else "It does not say whom it is for"
    if seen.valid_from is None or seen.valid_until is None:
        return f"{subject}."
    begins, ends = seen.valid_from, seen.valid_until
    if ends <= now:
        return f"{subject}; it expired on {day_in_words(ends.date())} ({distance(ends.date(), now.date())})."
    if begins > now:
        return f"{subject}; it is not valid before {day_in_words(begins.date())}: compare the clocks."
    until = f"{day_in_words(ends.date())} ({distance(ends.date(), now.date())})"
    return f"{subject}; valid from {day_in_words(begins.date())} until {until}."


LookAt = Callable[[Endpoint, str], Certificate | Failure]
"""The certificate that an endpoint shows; the text is what a Failure calls it."""

UNCHANGED = "Nothing was changed."


class InventoryFile(NamedTuple):
    """Where the inventory is written: in a file, or (None) in the variable `variable`."""

    file: ConfigFile | None
    variable: str = ""


class _Result(NamedTuple):
    """What came of it; `problem` is a line to tell, and means that nothing was written."""

    seen: Certificate | None = None
    written: bool = False
    problem: str = ""


class TrustCommand(NamedTuple):
    """What trusting needs of the world: a look at an endpoint, the time, and the shell that asks for it."""

    look_at: LookAt
    now: Callable[[], datetime]
    shell: ShellStreams

    def run(self, pick: TrustChoice, source: InventoryFile, consent: Consent, as_json: bool) -> None:
        """Show the certificate, and pin it if that is confirmed. UnavailableError if it is not pinned in the end."""
        done = self._done(pick, source, consent, as_json)
        if as_json:
            write(self.shell.stdout, f"{json.dumps(_data(pick, done), indent=2)}\n")
        elif done.written and source.file:
            after = "A bot that runs takes it up when it is started again."
            write(self.shell.stdout, f"Pinned in {source.file.label}. {after}\n")
        if done.problem:
            raise UnavailableError(done.problem)

    def _done(self, pick: TrustChoice, source: InventoryFile, consent: Consent, as_json: bool) -> _Result:
        with ProgressLine(None if as_json else self.shell.stderr, self.shell.environ) as progress:
            progress.show(f"Looking at {pick.name} … (at most 5 seconds)")
            seen = self.look_at(pick.endpoint, pick.name)
        if isinstance(seen, Failure):
            return _Result(problem=seen.message)
        self._show(pick, seen, as_json)
        if consent.pin not in (None, seen.digest):
            return _Result(seen, problem=f"{pick.name} shows another certificate than --pin names. {UNCHANGED}")
        if seen.digest == pick.endpoint.trust.pin:
            return _Result(seen)
        return self._pinned(pick, seen, source, consent)

    def _show(self, pick: TrustChoice, seen: Certificate, as_json: bool) -> None:
        """With JSON only to somebody who will be asked."""
        stream = self.shell.stderr if as_json else self.shell.stdout
        if stream is not None and (not as_json or is_terminal(stream)):
            write(
                stream,
                f"{render(certificate_reply(pick, seen, self.now()), capabilities_of(stream, self.shell.environ))}\n\n",
            )

    def _pinned(self, pick: TrustChoice, seen: Certificate, source: InventoryFile, consent: Consent) -> _Result:
        by_hand = f"{UNCHANGED} Put it in by hand: {pick.by_hand(seen.pin)}"
        if source.file is None:
            return _Result(seen, problem=f"The inventory comes from the variable {source.variable}. {by_hand}")
        data = _with_pin(source.file, pick, seen)
        if data is None:
            words = f"{source.file.label} is written in a way that a program had better not change."
            return _Result(seen, problem=f"{words} {by_hand}")
        agreed = is_confirmed(consent, f"Pin it in {source.file.label}? Type yes: ", self.shell)
        if not agreed:
            how = f" To pin this one without being asked: xocompat trust {pick.words} --pin {seen.pin} (or --yes)."
            return _Result(seen, problem=UNCHANGED + (how if agreed is None else ""))
        try:
            rewrite(source.file, data)
        except UnavailableError as error:
            return _Result(seen, problem=f"{error} {by_hand}")
        return _Result(seen, written=True)


def _with_pin(file: ConfigFile, pick: TrustChoice, seen: Certificate) -> bytes | None:
    """The file's new bytes; a mark of its encoding at the start stays."""
    mark = codecs.BOM_UTF8 if file.data.startswith(codecs.BOM_UTF8) else b""
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError:  # another file than the settings were read from, a moment later
        return None
    changed = with_pin(text, pick.place, seen.pin)
    return None if changed is None else mark + changed.encode()


def _data(pick: TrustChoice, done: _Result) -> dict[str, object]:
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
