"""Conditions that alerts are made of, and why they are gone."""

from bot.alerts.alert import NO_DETAIL, AffectedHost, AlertSubject, Condition, Detail, Rule

XCP82 = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
POOL = AlertSubject("pool:uuid-p", "p")
A, B = AffectedHost("uuid-a", "a", "p"), AffectedHost("uuid-b", "b", "p")


def condition(
    *hosts: AffectedHost,
    channel: str = "C1",
    rule: Rule = Rule.EOL,
    subject: AlertSubject = XCP82,
    detail: Detail = NO_DETAIL,
) -> Condition:
    """Something that holds for a channel."""
    return Condition(channel, rule, subject, hosts, detail=detail)


def why_gone(gone: Condition) -> Detail:
    """A reason that names what is gone."""
    return Detail("source_removed", {"source": gone.subject.name})
