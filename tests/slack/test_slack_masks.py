"""What people paste by mistake is masked, wherever words are kept or repeated; what they mean is not."""

import io
import json
from typing import Any

import pytest
import structlog

from bot import log as logs
from bot.chat.audit import AuditEntry
from bot.masks import MASK, masked
from bot.text import shown
from tests.fleet.fleets import START
from tests.slack.conftest import Room
from tests.slack.signed import command

SECRETS = [
    ("xoxb-123456789012-AbCdEf", "123456789012-AbCdEf"),
    ("my token is xoxp-1-2-3-abc ok?", "1-2-3-abc"),
    ("xapp-1-A0-77-abcdef", "A0-77-abcdef"),
    ("xoxe.xoxp-1-Mi0yabc", "Mi0yabc"),
    ("xoxe-1-My0xabc", "My0xabc"),
    ("XOXB-1-ABC", "1-ABC"),
    ("Authorization: Bearer s3cr3t.t0ken_x", "s3cr3t.t0ken_x"),
    ("Authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"),
    ("https://root:hunter2@xen-1/", "hunter2"),
    ("postgresql://u:p@ss/w:ord@db.example.org/x", "w:ord"),
    ("<https://root:hunter2@xen-1|xen-1>", "hunter2"),
    ("https://0123456789abcdef0123@git.example.org/x", "0123456789abcdef"),
    ("probe lab-a password=hunter2", "hunter2"),
    ("PASSWORD = hunter2", "hunter2"),
    ("lab-a pw=abc", "abc"),
    ("password: hunter2, user root", "hunter2"),
    ('{"username": "root", "password": "two words"}', "two words"),
    ("LAB_A_PASSWORD='hunter2'", "hunter2"),
    ("?token=abc123&x=1", "abc123"),
    ("api_key: abcdef", "abcdef"),
    ("client-secret=abcdef", "abcdef"),
    ("Zl5wJ7_qLQ8nR2mT4xV6yB9cD1eF3gH5iJ-kM0pS7uW", "Zl5wJ7"),
    ("ghp_0123456789abcdefABCDEF0123456789abcd", "0123456789abcdef"),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJzdWIi"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nAAA=\n-----END RSA PRIVATE KEY-----", "MIIEow"),
    ("-----BEGIN PRIVATE KEY----- MIIEow cut", "MIIEow"),
    ("wss://x/?ticket=abc&app_id=d", "ticket=abc"),
    ("https://hooks.slack.com/commands/T1/2/abc", "T1/2/abc"),
]
MEANT = [
    "XenServer 7.2, XCP-ng 8.2 on 2028-12-01",
    "product_version: 8.1.0; platform_name: XCP; product_brand: Citrix Hypervisor; date: 2019-12-04",
    "xapi-core-24.11.0-1.3.xcpng8.3.x86_64",
    "2b5f6a1c-7d1e-4a53-9f1a-0c7c1f1d2e3f",
    f"sha256:{'0123456789abcdef' * 4}",
    "issues INTERNAL_ERROR … Expected float, got 'I(1)'",
    "https://docs.example.org:8443/management#token",
    "The password comes from `LAB_D_PASSWORD`. No further try for 10 minutes.",
    "SLACK_BOT_TOKEN: is not set; password_env: LAB_A_PASSWORD",
    "who passes on 8.2? the key is there, basic support",
    "mailto:root@example.org",
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_what_looks_like_a_secret_is_masked(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in masked(text)
    assert MASK in masked(text)
    assert masked(masked(text)) == masked(text)
    assert secret not in shown(text, 500)


@pytest.mark.parametrize("text", MEANT)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_names_beside_a_secret_stay() -> None:
    assert masked("https://root:hunter2@xen-1/ and more") == f"https://root:{MASK}@xen-1/ and more"
    assert masked("probe lab-a password=hunter2 now") == f"probe lab-a password={MASK} now"


def test_a_secret_is_masked_before_it_is_cut() -> None:
    assert "hunter" not in shown("x" * 50 + " password=hunter2", 66)


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_is_in_the_log(form: Any) -> None:
    for text, secret in SECRETS:
        out = io.StringIO()
        logs.configure(form, stream=out)
        log = structlog.get_logger()
        log.info("asked", words=text)
        try:
            raise ValueError(text)
        except ValueError as error:
            log.error("incident", exc_info=error)
        assert json.dumps(secret)[1:-1] not in out.getvalue(), text


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_no_secret_is_in_the_trail_or_in_the_reply(room: Room, text: str, secret: str) -> None:
    body = str(room.post(command(text)).body)
    (entry,) = room.trail.entries
    assert secret not in entry.words
    assert secret not in json.loads(body)["text"]


def test_a_long_text_is_masked_in_linear_time() -> None:
    for piece in ("a:b@", "password", "://x:", "-----BEGIN PRIVATE KEY-----", "eyJaaaaaaaaa.", "aA1-", "bearer "):
        masked(piece * (100_000 // len(piece)))


def test_old_entries_are_masked_when_they_are_shown(matrix: Any, reader: Any) -> None:
    from bot.chat.command import Invocation, Ports
    from bot.chat.commands import AUDIT

    class Trail:
        def record(self, entry: AuditEntry) -> None: ...

        def find(self, *_: object) -> tuple[AuditEntry, ...]:
            return (AuditEntry(START, "U1", None, None, "command", "check", "xoxb-1-abc", "assessed", 1.0),)

    reply = AUDIT.run(Ports(matrix, reader, audit=Trail()), Invocation(AUDIT, "", START.date()))
    assert "1-abc" not in repr(reply)
