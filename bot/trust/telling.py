"""What an operator is told about a certificate before it is pinned. What the certificate says of itself is data."""

from datetime import datetime

from bot.chat.reply import Code, Line, Mark, Paragraph, Reply, Strong, headline, line
from bot.matrix.wording import day_in_words, distance
from bot.query.text import shown
from bot.trust.pick import Pick
from bot.xapi.certificate import Certificate
from bot.xapi.target import TlsMode, Trust

ON_THE_HOST = "openssl x509 -noout -fingerprint -sha256 -in /etc/xensource/xapi-ssl.pem"
"""Prints the certificate that a host shows, on the host's own console."""


def reply(pick: Pick, seen: Certificate, now: datetime) -> Reply:
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


def _has(trust: Trust, seen: Certificate) -> Line:
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
