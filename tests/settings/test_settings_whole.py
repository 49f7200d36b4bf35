"""A configuration with every key loads, and an empty one has the defaults."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.chat.command import Right
from bot.settings import load_settings
from bot.settings.model import PUBLISHED, EndpointSettings, TlsSettings
from bot.settings.values import Address
from tests.settings.conftest import Load

PIN, OTHER_PIN = f"sha256:{'0a' * 32}", f"sha256:{'1b' * 32}"

WHOLE = f"""
database: sqlite:///xocompat.db          # or postgresql://...
list:
  url: https://example.org/supported_hosts.md
targets:                                 # the inventory
  - name: lab-a
    address: 192.0.2.10
    username: xocompat
    password_env: LAB_A_PASSWORD
    tls: {{pin: "{PIN}", minimum: "1.0"}}
    tags: [lab]
    also: [192.0.2.11, {{address: 192.0.2.12, pin: "{OTHER_PIN}"}}]
xen_orchestra:
  - {{name: xo, url: https://xo.example.org, token_env: XO_TOKEN, tls: {{insecure: true}}, tags: [prod]}}
sweep: {{every: 6h, concurrency: 64}}
alerts:
  channel: C0123456789
  lead: [365d, 180d, 90d, 30d, 7d, 0d]
  routes: [{{tags: [lab], channel: C0123456780, lead: [30d, 0d]}}]
web: {{token_env: XOCOMPAT_WEB_TOKEN}}
access:
  lookup: everyone
  grants:
    - {{who: U0123456789, may: [probe, fleet, operate]}}
    - {{who: "*", where: C0123456789, may: [fleet]}}
log: {{format: json, level: debug}}
security: {{tell: medium, orchestra_fixed_from: "5.208.0"}}
policy: {{approved: [XCP-ng 8.3, XenServer >=8], not_older_than: {{prod: 90d, "*": 26w}}}}
"""


def test_the_example_of_the_contract_loads_whole(load: Load) -> None:
    settings = load(WHOLE)
    assert settings.database.get_secret_value() == "sqlite:///xocompat.db"
    assert settings.list.url == "https://example.org/supported_hosts.md"
    (target,) = settings.targets
    assert (target.name, target.username, target.password_env, target.tags) == (
        "lab-a",
        "xocompat",
        "LAB_A_PASSWORD",
        ("lab",),
    )
    (orchestra,) = settings.xen_orchestra
    assert (orchestra.url, orchestra.token_env, orchestra.tls.insecure) == ("https://xo.example.org", "XO_TOKEN", True)
    assert (settings.sweep.every, settings.sweep.concurrency) == (timedelta(hours=6), 64)
    assert settings.alerts.routes[0].lead == (timedelta(days=30), timedelta(0))
    assert [(g.who, g.where, g.may) for g in settings.access.grants] == [
        ("U0123456789", None, (Right.PROBE, Right.FLEET, Right.OPERATE)),
        ("*", "C0123456789", (Right.FLEET,)),
    ]
    assert (settings.access.lookup, settings.log.format, settings.log.level) == ("everyone", "json", "debug")
    assert (settings.security.tell, settings.security.orchestra_fixed_from) == ("medium", "5.208.0")
    assert settings.policy.approved == ("XCP-ng 8.3", "XenServer >=8")
    assert settings.policy.not_older_than == (("prod", timedelta(days=90)), ("*", timedelta(days=182)))


def test_without_file_and_environment_there_are_defaults(load: Load) -> None:
    settings = load()
    assert settings.database.get_secret_value() == "sqlite:///xocompat.db"
    assert settings.list.url == PUBLISHED
    assert (settings.targets, settings.xen_orchestra, settings.alerts.routes, settings.alerts.channel) == (
        (),
        (),
        (),
        None,
    )
    assert [lead.days for lead in settings.alerts.lead] == [365, 180, 90, 30, 7, 0]
    assert (settings.access.lookup, settings.web.token_env, settings.port) == ("workspace", "XOCOMPAT_WEB_TOKEN", 3000)
    assert settings.slack.bot_token is None
    assert settings.slack.api_url == "https://slack.com/api/"


@pytest.mark.parametrize(
    "text", ["", "# only a comment\n", "---\n", "targets:\naccess:\n  grants:\nsweep: {}\n", "\ufeff"]
)
def test_an_empty_file_and_empty_sections_mean_the_defaults(load: Load, text: str) -> None:
    assert load(text) == load_settings(None, {}, Path("/nowhere"))


def test_settings_cannot_be_changed(load: Load) -> None:
    settings = load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1


def test_keys_that_exclude_each_other_are_refused_in_code_too() -> None:
    with pytest.raises(ValidationError, match="at most one of pin, ca and insecure"):
        TlsSettings(pin=PIN, insecure=True)


def test_a_member_has_the_targets_port_and_tls_unless_given(load: Load) -> None:
    (target,) = load(
        f"""
targets:
  - name: lab-a
    address: xen-1.example.org:8443
    username: xocompat
    password_file: lab-a.txt
    tls: {{pin: "{PIN.upper().replace("SHA", "sha")}", minimum: 1.0}}
    also:
      - "2001:db8::2"
      - {{address: "[2001:DB8::3]:443", pin: "{OTHER_PIN}"}}
      - {{address: xen-4, tls: {{insecure: true}}}}
"""
    ).targets
    tls = TlsSettings(pin=PIN, minimum="1.0")
    assert target.endpoint == EndpointSettings("xen-1.example.org", 8443, tls)
    assert target.members == (
        EndpointSettings("2001:db8::2", 8443, tls),
        EndpointSettings("2001:db8::3", 443, TlsSettings(pin=OTHER_PIN, minimum="1.0")),
        EndpointSettings("xen-4", 8443, TlsSettings(insecure=True)),
    )
    assert target.address == Address("xen-1.example.org", 8443)


def test_a_target_is_asked_on_port_443_and_trusted_by_the_systems_cas_unless_told_otherwise(load: Load) -> None:
    (target,) = load("targets: [{name: a, address: LAB, username: u, password_env: P}]").targets
    assert target.endpoint == EndpointSettings("lab", 443, TlsSettings())
    assert target.tls == TlsSettings(pin=None, ca=None, insecure=False, minimum="1.2")


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "x.yaml").write_text(
        "list: {url: list.md}\n"
        "targets: [{name: a, address: a, username: u, password_file: a.txt, tls: {ca: /ca.pem}}]\n"
        "xen_orchestra: [{name: xo, url: https://xo.example.org/, token_env: T, tls: {ca: ca.pem}}]\n"
    )
    settings = load_settings(Path("etc/x.yaml"), {}, tmp_path)
    assert settings.list.url == str(tmp_path / "etc" / "list.md")
    assert settings.targets[0].password_file == tmp_path / "etc" / "a.txt"
    assert settings.targets[0].tls.ca == Path("/ca.pem")
    assert settings.xen_orchestra[0].tls.ca == tmp_path / "etc" / "ca.pem"
    assert settings.xen_orchestra[0].url == "https://xo.example.org"


def test_leads_are_told_longest_first_and_once(load: Load) -> None:
    assert load("alerts: {lead: [7d, 2w, 7d, 14d]}").alerts.lead == (timedelta(days=14), timedelta(days=7))


def test_a_route_without_leads_has_none_of_its_own(load: Load) -> None:
    (route,) = load("alerts: {routes: [{pools: [lab pool], channel: C1}]}").alerts.routes
    assert (route.pools, route.tags, route.lead) == (("lab pool",), (), None)
