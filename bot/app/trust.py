"""`trust HOST [ADDRESS]`: show the certificate of a host of the inventory, and pin it once the operator confirms.

Confirmed is by typing yes at a terminal, or beforehand for scripts (`--yes`, `--pin`).
"""

import codecs
import json
import os
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from bot.app.configuration import inventory
from bot.app.lookup import now
from bot.chat.reply import Code, Mark, Paragraph, Reply, RichText, Strong, headline, line
from bot.chat.wording import day_in_words, distance
from bot.errors import UnavailableError, UsageError
from bot.fleet.inventory import Inventory
from bot.settings import load_settings
from bot.settings.edit import ConfigFile, PinPlace, read_config, rewrite, with_pin
from bot.settings.source import TARGETS, sources
from bot.settings.values import parse_address
from bot.terminal.capabilities import capabilities_of, is_terminal
from bot.terminal.output import write
from bot.terminal.progress import ProgressLine
from bot.terminal.render import render
from bot.text import shown
from bot.xapi.address import same_host
from bot.xapi.certificate import Certificate, shown_by
from bot.xapi.observation import Failure
from bot.xapi.target import Endpoint, Target, TlsMode, Trust

ON_THE_HOST = "openssl x509 -noout -fingerprint -sha256 -in /etc/xensource/xapi-ssl.pem"
"""Prints the certificate that a host shows, on the host's own console."""

UNCHANGED = "Nothing was changed."

_PIN = re.compile(r"(?:sha256(?: fingerprint=|:))?([0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})")


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


def trust(config: Path | None, folder: Path, host: str, address: str | None, consent: Consent, as_json: bool) -> None:
    """Show the certificate of a host of the inventory, and pin it if that is confirmed.

    UnavailableError if it is not pinned in the end, UsageError if the words name nothing.
    """
    found = sources(config, os.environ, folder)
    # Before the settings are loaded: what is written must be this very file with one change.
    file = read_config(folder, Path(found.file)) if found.file and TARGETS not in found.own else None
    settings = load_settings(config, os.environ, folder)
    choice = choose(inventory(settings.targets, os.environ), host, address)
    _Pinning(choice, file, consent, as_json, _Shell(sys.stdin, sys.stdout, sys.stderr, os.environ)).run()


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
    if not isinstance(target, Target):
        raise UnavailableError(f"{target.name} is a site's: pin its certificate there.")
    number = inventory.targets.index(target)
    itself = TrustChoice(target, target.endpoint, PinPlace(number))
    if address is None:
        return itself
    try:
        wanted = parse_address(address)
    except ValueError as error:
        raise UsageError(f"{shown(address)} is no address: it {error}.") from None
    members = [TrustChoice(target, endpoint, PinPlace(number, at)) for at, endpoint in enumerate(target.also)]
    found = [
        each
        for each in (itself, *members)
        if same_host(each.endpoint.host, wanted.host) and wanted.port in (None, each.endpoint.port)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ports = ", ".join(f"{each.endpoint.host}:{each.endpoint.port}" for each in found)
        raise UsageError(f"{target.name} lists {shown(address)} more than once: {ports}. Say which port.")
    if not target.also:
        raise UsageError(f"{target.name} lists no other address: add {shown(address)} to its `also` first.")
    listed = ", ".join(map(str, target.also))
    raise UsageError(f"{target.name} does not list {shown(address)} under `also`, but {listed}.")


class _Shell(NamedTuple):
    """The streams of a shell, and its environment; those that may be closed are None then."""

    stdin: TextIO | None
    stdout: TextIO
    stderr: TextIO | None
    environ: Mapping[str, str]


class _Pinning(NamedTuple):
    """One run. `file` is what the inventory is written in; None: it comes from a variable."""

    choice: TrustChoice
    file: ConfigFile | None
    consent: Consent
    as_json: bool
    shell: _Shell

    def run(self) -> None:
        """Show the certificate, and pin it if that is confirmed. UnavailableError if it is not pinned in the end."""
        choice, stderr = self.choice, self.shell.stderr
        with ProgressLine(None if self.as_json else stderr, self.shell.environ) as progress:
            progress.show(f"Looking at {choice.name} … (at most 5 seconds)")
            seen = shown_by(choice.endpoint, choice.name)
        failed: str | None
        if isinstance(seen, Failure):
            certificate, failed, is_pinned = None, seen.message, False
        else:
            certificate = seen
            self._show(certificate)
            is_pinned = certificate.digest == choice.endpoint.trust.pin
            if self.consent.pin not in (None, certificate.digest):
                failed = f"{choice.name} shows another certificate than --pin names. {UNCHANGED}"
            else:
                failed = None if is_pinned else self._pin(certificate)
        written = failed is None and not is_pinned
        if self.as_json:
            write(self.shell.stdout, f"{json.dumps(self._data(certificate, written), indent=2)}\n")
        elif written and self.file:
            after = "A bot that runs takes it up when it is started again."
            write(self.shell.stdout, f"Pinned in {self.file.label}. {after}\n")
        if failed:
            raise UnavailableError(failed)

    def _show(self, seen: Certificate) -> None:
        """With JSON only to somebody who will be asked."""
        stream = self.shell.stderr if self.as_json else self.shell.stdout
        if stream is not None and (not self.as_json or is_terminal(stream)):
            reply = certificate_reply(self.choice, seen, now())
            write(stream, f"{render(reply, capabilities_of(stream, self.shell.environ))}\n\n")

    def _pin(self, seen: Certificate) -> str | None:
        """Write the pin if that is confirmed; or why it was not written, and how to do it by hand."""
        choice, file = self.choice, self.file
        by_hand = f"{UNCHANGED} Put it in by hand: {choice.by_hand(seen.pin)}"
        if file is None:
            return f"The inventory comes from the variable {TARGETS}. {by_hand}"
        data = _with_pin(file, choice.place, seen.pin)
        if data is None:
            return f"{file.label} is written in a way that a program had better not change. {by_hand}"
        agreed = self._is_confirmed(f"Pin it in {file.label}? Type yes: ")
        if agreed is None:
            how = f"xocompat trust {choice.words} --pin {seen.pin} (or --yes)"
            return f"{UNCHANGED} To pin this one without being asked: {how}."
        if not agreed:
            return UNCHANGED
        try:
            rewrite(file, data)
        except UnavailableError as error:
            return f"{error} {by_hand}"
        return None

    def _is_confirmed(self, question: str) -> bool | None:
        """Whether the operator agrees; None if nobody can be asked."""
        if self.consent.yes or self.consent.pin:
            return True
        if self.shell.stdin is None or self.shell.stderr is None or not is_terminal(self.shell.stdin):
            return None
        write(self.shell.stderr, question)
        return self.shell.stdin.readline().strip().casefold() == "yes"

    def _data(self, seen: Certificate | None, written: bool) -> dict[str, object]:
        """`changed`: another certificate than the pinned one was seen."""
        pinned = self.choice.endpoint.trust.pin
        return {
            "name": self.choice.target.name,
            "address": str(self.choice.endpoint),
            "seen": seen.pin if seen else None,
            "pinned": f"sha256:{pinned.hex()}" if pinned else None,
            "changed": bool(seen and pinned and seen.digest != pinned),
            "written": written,
        }


def _with_pin(file: ConfigFile, place: PinPlace, pin: str) -> bytes | None:
    """The file's new bytes; a mark of its encoding at the start stays."""
    mark = codecs.BOM_UTF8 if file.data.startswith(codecs.BOM_UTF8) else b""
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError:  # another file than the settings were read from, a moment later
        return None
    changed = with_pin(text, place, pin)
    return None if changed is None else mark + changed.encode()


def certificate_reply(choice: TrustChoice, seen: Certificate, at: datetime) -> Reply:
    """The fingerprint in both its forms, whose certificate it says it is, and what the inventory has."""
    known = choice.endpoint.trust
    if known.pin == seen.digest:
        mark = Mark("✅", "shows the pinned certificate")
    elif known.mode is TlsMode.PINNED:
        mark = Mark("⚠️", "shows another certificate than the pinned one")
    else:
        mark = Mark("❔", "shows a certificate that is not pinned")
    lines = (
        line(Code(seen.pin)),
        line(Code(seen.colons)),
        line(_description(seen, at)),
        line("The inventory ", *_inventory_says(known, seen), "."),
    )
    blocks = [Paragraph(lines)]
    if known.pin != seen.digest:
        compare = line("Compare it with what the host's own console says: ", Code(ON_THE_HOST))
        blocks.append(Paragraph((compare,)))
    return Reply("trust", headline(Strong(choice.name), f"asked {choice.endpoint}", mark), tuple(blocks))


def _inventory_says(known: Trust, seen: Certificate) -> RichText:
    match known.mode:
        case TlsMode.PINNED if known.pin == seen.digest:
            return line("pins this very certificate")
        case TlsMode.PINNED:
            return line("pins another: ", Code(f"sha256:{(known.pin or b'').hex()}"))
        case TlsMode.INSECURE:
            return line("trusts whatever is shown (", Code("insecure"), ")")
    if known.ca_file:
        return line("trusts what the authority in ", Code(known.ca_file), " signed")
    return line("says nothing of it, so the system's authorities count")


def _description(seen: Certificate, at: datetime) -> str:
    """Whom a certificate says it is for, and whether it is valid."""
    subject = f"It says it is made for {shown(seen.subject, 200)}" if seen.subject else "It does not say whom it is for"
    if seen.valid_from is None or seen.valid_until is None:
        return f"{subject}."
    begins, ends = seen.valid_from.date(), seen.valid_until.date()
    how_far = f"{day_in_words(ends)} ({distance(ends, at.date())})"
    if seen.valid_until <= at:
        return f"{subject}; it expired on {how_far}."
    if seen.valid_from > at:
        return f"{subject}; it is not valid before {day_in_words(begins)}: compare the clocks."
    return f"{subject}; valid from {day_in_words(begins)} until {how_far}."
