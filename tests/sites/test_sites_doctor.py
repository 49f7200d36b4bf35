"""`doctor` of a site and of a centre, at real servers: what works, what is missing, what is more than is needed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.doctor import doctor
from bot.checkup import Check
from bot.settings import load_settings
from bot.simulator import SimCertificate
from bot.sites.doctor import covers, examine_centre, examine_site
from bot.sites.nats_client import NatsAccount
from bot.sites.server_config import make_nats_config, site_permissions
from bot.sites.subjects import ASK_STREAM, CENTRE, DEAD_STREAM, OBSERVED_STREAM, SiteSubjects
from tests.sites.conftest import SITES, ConfiguredServer, configured_server
from tests.sites.nats_server import NatsServer

PARIS = SiteSubjects("paris")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[ConfiguredServer]:
    """A server where no centre ever was."""
    made = configured_server(tmp_path)
    with made.server:
        yield made


def account_of(configured: ConfiguredServer, who: str) -> NatsAccount:
    return NatsAccount(configured.server.url, configured.seed(who), ca=configured.ca)


def found(checks: tuple[Check, ...], name: str) -> Check:
    (check,) = [check for check in checks if check.name == name]
    return check


def to_mend(checks: tuple[Check, ...]) -> list[str]:
    return [check.name for check in checks if check.mend or not check.ok]


def test_a_site_that_works_has_nothing_to_mend_and_nothing_is_left_behind(configured: ConfiguredServer) -> None:
    asyncio.run(configured.set_up())
    checks = examine_site("paris", account_of(configured, "paris"))
    assert to_mend(checks) == []
    assert found(checks, "nats permissions").text == "they are enough, and no more"
    assert found(checks, "nats tls").text == "the server's certificate was checked"
    assert found(checks, "nats queue").text == "the centre has one for paris"

    async def stored() -> list[int]:
        client = await configured.client(CENTRE)
        streams = [await client.jsm().stream_info(name) for name in (ASK_STREAM, OBSERVED_STREAM, DEAD_STREAM)]
        await client.close()
        return [stream.state.messages for stream in streams]

    assert asyncio.run(stored()) == [0, 0, 0]


def test_a_site_before_its_centre_is_told_to_start_that(fresh: ConfiguredServer) -> None:
    checks = examine_site("paris", account_of(fresh, "paris"))
    assert to_mend(checks) == ["nats queue", "nats observations"]
    assert all(check.ok for check in checks)
    assert "start that, with `sites`" in found(checks, "nats queue").mend


def test_a_centre_before_its_first_start(fresh: ConfiguredServer) -> None:
    checks = examine_centre(account_of(fresh, CENTRE), SITES)
    assert all(check.ok for check in checks)
    assert {f"nats stream {name}" for name in (ASK_STREAM, OBSERVED_STREAM, DEAD_STREAM)} <= {*to_mend(checks)}
    assert found(checks, "nats permissions").text == "they are enough"


def test_dead_letters_full_streams_and_sites_without_workers(fresh: ConfiguredServer) -> None:
    async def fill() -> None:
        await fresh.set_up()
        client = await fresh.client(CENTRE)
        stream = client.jetstream()
        await stream.publish(PARIS.dead, b"an answer that was none")
        for _ in range(18):
            await stream.publish(PARIS.observed, b"x" * 50_000)
        pulling = await client.jetstream().pull_subscribe_bind("london", ASK_STREAM)
        await stream.publish(SiteSubjects("london").ask, b"chunk")
        await pulling.fetch(1, timeout=5)
        await client.close()

    asyncio.run(fill())
    checks = examine_centre(account_of(fresh, CENTRE), (*SITES, "berlin"))
    assert all(check.ok for check in checks)
    assert to_mend(checks) == [
        f"nats stream {OBSERVED_STREAM}",
        f"nats stream {DEAD_STREAM}",
        "site paris",
        "site berlin",
    ]
    assert found(checks, f"nats stream {DEAD_STREAM}").text.startswith("1 message, 0.0 MiB of 1.0 MiB: these could not")
    assert found(checks, f"nats stream {OBSERVED_STREAM}").text == "18 messages, 0.9 MiB of 1.0 MiB: nearly full"
    assert found(checks, "site london").text == "1 chunk of a sweep in its queue"
    assert "nobody takes any" in found(checks, "site paris").text
    assert "was never heard" in found(checks, "site berlin").text


def test_what_keeps_a_site_from_connecting(configured: ConfiguredServer, tmp_path: Path) -> None:
    account = account_of(configured, "paris")
    other = tmp_path / "other.pem"
    other.write_text(SimCertificate("nats", names=(configured.server.address,)).pem)
    make_nats_config(["paris"], tmp_path / "strange", account.url)
    strange = tmp_path / "strange" / "sites" / "paris" / "paris.nk"
    away = f"tls://{configured.server.address}:1"
    damaged = tmp_path / "damaged.nk"
    damaged.touch(0o600)
    damaged.write_text("SUAAA")
    for changed, name, what in (
        (account._replace(url=away), "nats server", "nothing listens there"),
        (account._replace(ca=other), "nats tls", "its certificate is not trusted"),
        (account._replace(ca=None), "nats tls", "its certificate is not trusted"),
        (account._replace(credentials=strange), "nats credentials", "does not know them"),
        (account._replace(credentials=None), "nats credentials", "does not know them"),
        (account._replace(credentials=tmp_path / "none.nk"), "nats credentials_file", "cannot be read: No such file"),
        (account._replace(credentials=damaged), "nats credentials_file", "neither a seed nor a user's JWT"),
        (account._replace(ca=strange), "nats ca", "holds no certificate"),
    ):
        (check,) = examine_site("paris", changed)
        assert (check.name, check.ok, bool(check.mend)) == (name, False, True), check
        assert what in check.text


def test_a_seed_that_others_may_read_is_a_warning(fresh: ConfiguredServer) -> None:
    fresh.seed("paris").chmod(0o644)
    check = found(examine_site("paris", account_of(fresh, "paris")), "nats credentials_file")
    assert (check.ok, "others on this machine" in check.text, check.mend.startswith("chmod 600 ")) == (True, True, True)


def users(folder: str, *permissions: str, jetstream: bool = True) -> str:
    """A configuration with users a, b, c... and these permissions, for passwords."""
    names = "abcdefgh"[: len(permissions)]
    entries = [f"{{user: {name}, password: pw{extra}}}" for name, extra in zip(names, permissions, strict=True)]
    account = f"X: {{{'jetstream: enabled, ' if jetstream else ''}users: [{', '.join(entries)}]}}"
    store = f'jetstream {{store_dir: "{folder}/js"}}\n'
    return f"{store}accounts: {{{account}}}\n"


def quoted(subjects: tuple[str, ...]) -> str:
    return ", ".join(f'"{subject}"' for subject in subjects)


def test_permissions_are_measured_by_what_the_server_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.sites.doctor.PATIENCE", 1)  # what may not be asked is not answered
    right = site_permissions("paris")
    own = f"subscribe: {{allow: [{quoted(right.subscribe)}]}}, allow_responses: true"
    config = users(
        str(tmp_path),
        "",  # everything
        f', permissions: {{publish: {{allow: [{quoted(right.publish)}, "xocompat.v1.london.observed"]}}, {own}}}',
        f", permissions: {{publish: {{allow: [{quoted(right.publish[1:])}]}}, {own}}}",
        f", permissions: {{publish: {{allow: [{quoted(right.publish[:-1])}]}}, {own}}}",
        f", permissions: {{publish: {{allow: [{quoted(right.publish)}]}}, {own.partition(', allow_resp')[0]}}}",
        f', permissions: {{publish: {{allow: [">"], deny: ["{PARIS.inventory}"]}}, {own}}}',
    )
    with NatsServer(tmp_path, config) as server:

        def told(user: str) -> tuple[list[bool], str]:
            checks = examine_site("paris", NatsAccount(server.url, user=user, password=lambda: "pw"))
            named = [check for check in checks if check.name == "nats permissions"]
            return [check.ok for check in named], " / ".join(check.text for check in named)

        assert told("a") == ([True], "it may publish to >, subscribe to >, more than it needs")
        assert told("b") == ([True], "it may publish to xocompat.v1.london.observed, more than it needs")
        assert told("c") == ([False], "it may not publish to xocompat.v1.paris.observed")
        assert told("d") == ([True], "the server does not tell them, so they were not checked")
        assert told("e") == ([True, False], "they are enough, and no more / it may not answer what it is asked")
        assert told("f") == ([False], "it may not publish to xocompat.v1.paris.inventory")


def test_without_tls_it_is_a_warning_and_where_tls_is_wanted_nothing_is_sent(tmp_path: Path) -> None:
    with NatsServer(tmp_path, users(str(tmp_path), "")) as server:
        account = NatsAccount(server.url, user="a", password=lambda: "pw")
        assert "nats tls" in to_mend(examine_centre(account, ()))
        (check,) = examine_centre(account._replace(url=server.url.replace("nats:", "tls:")), ())
        assert (check.name, check.ok) == ("nats tls", False)
        assert not any("authentication" in line for line in server.lines)


def test_an_account_without_jetstream(tmp_path: Path) -> None:
    with NatsServer(tmp_path, users(str(tmp_path), "", jetstream=False)) as server:
        account = NatsAccount(server.url, user="a", password=lambda: "pw")
        assert not found(examine_centre(account, ()), "nats jetstream").ok


def test_doctor_of_a_site_is_about_its_server_and_its_targets_alone(
    configured: ConfiguredServer, tmp_path: Path
) -> None:
    asyncio.run(configured.set_up())
    snippet = configured.folder / "sites" / "paris" / "xocompat.yaml"
    text = snippet.read_text().replace(
        f"{configured.server.address}:4222", configured.server.url.removeprefix("tls://")
    )
    for name in ("paris.nk", "ca.pem"):
        (tmp_path / name).write_bytes((snippet.parent / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    (tmp_path / "xocompat.yaml").write_text(text)
    checks = doctor(load_settings(tmp_path / "xocompat.yaml", {}, tmp_path), lambda *_: None)
    assert to_mend(checks) == []
    assert {check.name.split()[0] for check in checks} == {"nats"}


@pytest.mark.parametrize(
    ("rule", "subject", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.*", "a.b", True),
        ("a.>", "a.b.c", True),
        ("a.>", "a.>", True),
        ("a.*", "a.*", True),
        ("a.>", "a.*.b", True),
        (">", "$JS.API.>", True),
        ("a.b", "a.*", False),
        ("a.*", "a.>", False),
        ("a.*", "a.b.c", False),
        ("a.>", "a", False),
        ("a.b.c", "a.b", False),
        ("a.b", "a.b.c", False),
    ],
)
def test_which_subjects_a_rule_covers(rule: str, subject: str, expected: bool) -> None:
    assert covers(rule, subject) is expected
