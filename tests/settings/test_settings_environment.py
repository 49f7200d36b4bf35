"""The environment beats the file, and its problems are told by the variable's name."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.settings.load import variables
from bot.settings.source import sources
from tests.settings.conftest import Load, Told

DURATION = "a number with its unit, such as 90d, 6h, 15m, 30s or 2w"
TAG = "a tag of letters, digits and . _ - : / = such as lab, at most 63"
QUOTED = "has quotes around its value: take them out, as only a shell does that by itself"
NAMED = "has the variable's name in its value: set it to what stands behind the = alone"
UNSEEN = "has a character that is not seen (U+FEFF): copy it again"
JSON = 'must be JSON, such as ["30d", "0d"] or {"every": "6h"}'


def test_any_key_can_come_from_the_environment(load: Load) -> None:
    settings = load(
        "sweep: {every: 2h, concurrency: 3}\nalerts: {channel: C2}\n",
        {
            "XOCOMPAT_SWEEP__EVERY": "1h",
            "XOCOMPAT_ALERTS__CHANNEL": "C1",
            "XOCOMPAT_ALERTS__LEAD": '["30d", "0d"]',
            "XOCOMPAT_TARGETS": '[{"name": "a", "address": "a", "username": "u", "password_env": "XOCOMPAT_A"}]',
            "XOCOMPAT_A": "a password, no key",
            "XOCOMPAT_LOG__LEVEL": "WARNING",
            "XOCOMPAT_SWEEP__CONCURRENCY": "",
        },
    )
    assert (settings.sweep.every, settings.sweep.concurrency) == (timedelta(hours=1), 3)
    assert settings.alerts.channel == "C1"
    assert [lead.days for lead in settings.alerts.lead] == [30, 0]
    assert settings.targets[0].name == "a"
    assert settings.log.level == "warning"


def test_a_whole_section_replaces_the_keys_that_it_names_and_a_keys_own_variable_wins(load: Load) -> None:
    sweep = load(
        "sweep: {every: 2h, concurrency: 3}",
        {"XOCOMPAT_SWEEP": '{"every": "4h"}', "XOCOMPAT_SWEEP__EVERY": "5h"},
    ).sweep
    assert (sweep.every, sweep.concurrency) == (timedelta(hours=5), 3)


@pytest.mark.parametrize(
    ("environ", "database"),
    [
        ({}, "sqlite:///file.db"),
        ({"DATABASE_URL": "postgres://u:p@h/platform"}, "postgresql://u:p@h/platform"),
        ({"DATABASE_URL": "mysql://x/y", "XOCOMPAT_DATABASE": "sqlite:///own.db"}, "sqlite:///own.db"),
        ({"DATABASE_URL": " ", "XOCOMPAT_DATABASE": ""}, "sqlite:///file.db"),
    ],
)
def test_the_platforms_database_beats_the_file_and_ours_beats_the_platforms(
    load: Load, environ: Mapping[str, str], database: str
) -> None:
    assert load("database: sqlite:///file.db", environ).database.get_secret_value() == database


def test_slack_comes_from_the_environment(load: Load) -> None:
    settings = load(
        None,
        {
            "SLACK_BOT_TOKEN": "not even like a token",
            "SLACK_APP_TOKEN": "",
            "SLACK_SIGNING_SECRET": "s3",
            "SLACK_CLIENT_ID": "1.2",
            "SLACK_CLIENT_SECRET": "s4",
            "SLACK_API_URL": "http://127.0.0.1:3999/api",
            "PORT": "65535",
        },
    )
    slack = settings.slack
    assert slack.bot_token is not None
    assert slack.bot_token.get_secret_value() == "not even like a token"
    assert slack.app_token is None
    assert slack.client_secret is not None
    assert slack.client_secret.get_secret_value() == "s4"
    assert (slack.api_url, settings.port) == ("http://127.0.0.1:3999/api/", 65535)
    assert not hasattr(slack, "client_id"), "no secret, and nothing reads it"


CASES: list[tuple[Mapping[str, str], list[str]]] = [
    ({"XOCOMPAT_SWEEP__EVERY": "1 h"}, [f'XOCOMPAT_SWEEP__EVERY: must be {DURATION}, not "1 h"']),
    ({"XOCOMPAT_SWEEP__EVRY": "1h"}, ["XOCOMPAT_SWEEP__EVRY: unknown variable: did you mean XOCOMPAT_SWEEP__EVERY?"]),
    ({"XOCOMPAT_SWEEP_EVERY": "1h"}, ["XOCOMPAT_SWEEP_EVERY: unknown variable: did you mean XOCOMPAT_SWEEP__EVERY?"]),
    ({"XOCOMPAT_LOG_LEVEL": "info"}, ["XOCOMPAT_LOG_LEVEL: unknown variable: did you mean XOCOMPAT_LOG__LEVEL?"]),
    ({"XOCOMPAT_PORT": "1"}, ["XOCOMPAT_PORT: unknown variable: did you mean PORT?"]),
    (
        {"XOCOMPAT_SLACK__BOT_TOKEN": "x"},
        ["XOCOMPAT_SLACK__BOT_TOKEN: unknown variable: did you mean SLACK_BOT_TOKEN?"],
    ),
    (
        {"XOCOMPAT_QQQ": "x"},
        ["XOCOMPAT_QQQ: unknown variable: keys of the file are allowed, as XOCOMPAT_<KEY>"],
    ),
    (
        {"XOCOMPAT_TARGETS__0__NAME": "a"},
        ["XOCOMPAT_TARGETS__0__NAME: unknown variable: did you mean XOCOMPAT_TARGETS?"],
    ),
    (
        {"XOCOMPAT_A\x1b\udcff": "a"},
        ["XOCOMPAT_A??: unknown variable: keys of the file are allowed, as XOCOMPAT_<KEY>"],
    ),
    ({"XOCOMPAT_TARGETS": "lab"}, [f"XOCOMPAT_TARGETS: {JSON} (line 1, column 1)"]),
    ({"XOCOMPAT_ALERTS__LEAD": "[30d]"}, [f"XOCOMPAT_ALERTS__LEAD: {JSON} (line 1, column 4)"]),
    ({"XOCOMPAT_ALERTS__LEAD": '["30d", "x"]'}, [f'XOCOMPAT_ALERTS__LEAD: [1]: must be {DURATION}, not "x"']),
    ({"XOCOMPAT_ALERTS__LEAD": '"30d"'}, [f"XOCOMPAT_ALERTS__LEAD: {QUOTED}"]),
    ({"XOCOMPAT_SWEEP__EVERY": "'1h'"}, [f"XOCOMPAT_SWEEP__EVERY: {QUOTED}"]),
    ({"XOCOMPAT_SWEEP": """'{"every": "1h"}'"""}, [f"XOCOMPAT_SWEEP: {QUOTED}"]),
    ({"XOCOMPAT_WEB_TOKEN": '"s3cret"'}, [f"XOCOMPAT_WEB_TOKEN: {QUOTED}"]),
    ({"XOCOMPAT_CONFIG": '"/etc/xocompat.yaml"'}, [f"XOCOMPAT_CONFIG: {QUOTED}"]),
    ({"DATABASE_URL": '"postgres://u:s3cret@h/d"'}, [f"DATABASE_URL: {QUOTED}"]),
    ({"DATABASE_URL": "“sqlite:///x.db”", "PORT": " '3000'\n"}, [f"DATABASE_URL: {QUOTED}", f"PORT: {QUOTED}"]),
    ({"DATABASE_URL": "DATABASE_URL=postgres://u:s3cret@h/d"}, [f"DATABASE_URL: {NAMED}"]),
    ({"XOCOMPAT_DATABASE": "export XOCOMPAT_DATABASE=sqlite:///x.db"}, [f"XOCOMPAT_DATABASE: {NAMED}"]),
    ({"DATABASE_URL": "\ufeffpostgres://u:s3cret@h/d"}, [f"DATABASE_URL: {UNSEEN}"]),
    ({"XOCOMPAT_MCP_TOKEN": "\ufeffs3cret"}, [f"XOCOMPAT_MCP_TOKEN: {UNSEEN}"]),
    ({"XOCOMPAT_WEB_TOKEN": "XOCOMPAT_WEB_TOKEN=s3cret"}, [f"XOCOMPAT_WEB_TOKEN: {NAMED}"]),
    ({"PORT": "\ufeff3000"}, [f"PORT: {UNSEEN}"]),
    ({"SLACK_API_URL": "'http://127.0.0.1:1/api/'"}, [f"SLACK_API_URL: {QUOTED}"]),
    (
        {"XOCOMPAT_SWEEP": '{"evry": "1h"}'},
        ["XOCOMPAT_SWEEP: evry: unknown key, did you mean every? Allowed here: every, concurrency"],
    ),
    ({"XOCOMPAT_SWEEP": "5"}, ["XOCOMPAT_SWEEP: must have keys of its own: every and concurrency"]),
    ({"XOCOMPAT_SWEEP": '{"every": "1h", "every": "2h"}'}, ["XOCOMPAT_SWEEP: holds a key twice: take one out"]),
    ({"XOCOMPAT_TARGETS": "[" * 900 + "]" * 900}, ["XOCOMPAT_TARGETS: is nested too deep"]),
    ({"XOCOMPAT_TARGETS": "[" * 90_000}, ["XOCOMPAT_TARGETS: is nested too deep"]),
    (
        {"XOCOMPAT_SWEEP": f'{{"concurrency": {"9" * 5000}}}'},
        [f'XOCOMPAT_SWEEP: concurrency: must be a whole number from 1 to 1024, not "{"9" * 39}…"'],
    ),
    (
        {"XOCOMPAT_TARGETS": '[{"name": "a", "address": "a", "username": "u", "password_env": "P", "tags": ["a b"]}]'},
        [f'XOCOMPAT_TARGETS: [0].tags[0]: must be {TAG}, not "a b"'],
    ),
    (
        {"SLACK_API_URL": "http://127.0.0.1:3999/"},
        [
            "SLACK_API_URL: must be an http or https address that ends in /api/, such as http://127.0.0.1:3999/api/, "
            'not "http://127.0.0.1:3999/"'
        ],
    ),
    *(
        (
            {"SLACK_API_URL": f"http://{host}/api/"},
            [
                "SLACK_API_URL: must begin with https: over plain http the tokens go to this machine alone "
                f'(localhost), not "http://{host}/api/"'
            ],
        )
        for host in ("slack.example.org", "192.0.2.7", "0.0.0.0", "localhost.example.org:3999", "[2001:db8::1]")
    ),
    ({"PORT": "0"}, ['PORT: must be a whole number from 1 to 65535, not "0"']),
    ({"PORT": "http"}, ['PORT: must be a whole number from 1 to 65535, not "http"']),
    ({"DATABASE_URL": "mysql://x/y"}, ["DATABASE_URL: must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"]),
]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:3999", "127.9.9.9", "[::1]:3999"])
def test_a_slack_on_this_machine_needs_no_tls(load: Load, host: str) -> None:
    assert load(environ={"SLACK_API_URL": f"http://{host}/api/"}).slack.api_url == f"http://{host}/api/"


@pytest.mark.parametrize(("environ", "lines"), CASES, ids=[" ".join(map(ascii, e))[:60] for e, _ in CASES])
def test_a_mistake_is_told_by_its_variable(told: Told, environ: Mapping[str, str], lines: list[str]) -> None:
    assert told(None, environ) == lines


def test_problems_of_the_file_come_before_those_of_the_environment(told: Told) -> None:
    lines = told("zzz: 1\nsweep: {concurrency: 0}", {"PORT": "0", "XOCOMPAT_SWEEP__EVERY": "x", "XOCOMPAT_NO": "1"})
    assert [line.partition(":")[0] for line in lines] == [
        "xocompat.yaml",
        "xocompat.yaml",
        "XOCOMPAT_SWEEP__EVERY",
        "PORT",
        "XOCOMPAT_NO",
    ]


def test_a_section_that_is_none_in_the_file_is_told_although_a_variable_names_a_key_of_it(told: Told) -> None:
    assert told("sweep: 6h", {"XOCOMPAT_SWEEP__EVERY": "1h"}) == [
        "xocompat.yaml: sweep: must have keys of its own: every and concurrency"
    ]


def test_a_variable_mends_what_the_file_has_wrong(load: Load) -> None:
    assert load("sweep: {every: x}", {"XOCOMPAT_SWEEP__EVERY": "1h"}).sweep.every == timedelta(hours=1)


def test_variables_that_hold_secrets_are_known_by_the_keys_that_name_them(load: Load, told: Told) -> None:
    file = (
        "targets: [{name: a, address: a, username: u, password_env: XOCOMPAT_A}]\n"
        "xen_orchestra: [{name: xo, url: https://xo, token_env: XOCOMPAT_B}]\n"
        "web: {token_env: XOCOMPAT_C, calendar_token_env: XOCOMPAT_D}\n"
        "mcp: {token_env: XOCOMPAT_E}\n"
        "notify: [{name: hook, url_env: XOCOMPAT_F, secret_env: XOCOMPAT_G}]\n"
        "mattermost: {url: https://chat, token_env: XOCOMPAT_H, command_token_env: XOCOMPAT_I}\n"
        "sites: {url: nats://n, user: u, password_env: XOCOMPAT_J}\n"
    )
    secrets = dict.fromkeys([f"XOCOMPAT_{letter}" for letter in "ABCDEFGHIJ"], "x")
    secrets |= dict.fromkeys(["XOCOMPAT_WEB_TOKEN", "XOCOMPAT_CALENDAR_TOKEN"], "x")
    load(file, secrets)
    load(file, {**secrets, "XOCOMPAT_TARGETS": "[]"})
    assert len(told("", secrets)) == 10


def test_a_file_that_cannot_be_read_makes_no_variable_unknown(told: Told) -> None:
    assert told("a: [", {"XOCOMPAT_A": "x", "PORT": "0"}) == [
        "xocompat.yaml: is not YAML: did not find expected node content (line 2, column 1)",
        'PORT: must be a whole number from 1 to 65535, not "0"',
    ]


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("0.0.0.0", ("0.0.0.0",)),
        ("127.0.0.1, ::1", ("127.0.0.1", "::1")),
        ('["127.0.0.1", "[::1]"]', ("127.0.0.1", "::1")),
        ("LocalHost", ("localhost",)),
        ("::", ("::",)),
        ("0.0.0.0,::", ("0.0.0.0", "::")),
        ('["::1"]', ("::1",)),
    ],
)
def test_where_to_listen_is_a_host_several_or_a_list(load: Load, text: str, hosts: tuple[str, ...]) -> None:
    assert load("", {"XOCOMPAT_WEB__LISTEN": text}).web.listen == hosts
    assert load(f"web: {{listen: {text if text[0] == '[' else repr(text)}}}").web.listen == hosts
    assert load("").web.listen == ()


@pytest.mark.parametrize(("text", "hosts"), [("[::1]", ("::1",)), ("[::], 127.0.0.1", ("::", "127.0.0.1"))])
def test_an_address_of_ipv6_may_stand_in_brackets(load: Load, text: str, hosts: tuple[str, ...]) -> None:
    assert load("", {"XOCOMPAT_WEB__LISTEN": text}).web.listen == hosts
    assert load(f"web: {{listen: '{text}'}}").web.listen == hosts


def test_every_key_of_a_section_has_its_variable() -> None:
    assert sorted(variables()) == [
        "XOCOMPAT_ACCESS",
        "XOCOMPAT_ACCESS__GRANTS",
        "XOCOMPAT_ACCESS__LOOKUP",
        "XOCOMPAT_ALERTS",
        "XOCOMPAT_ALERTS__CHANNEL",
        "XOCOMPAT_ALERTS__LEAD",
        "XOCOMPAT_ALERTS__ROUTES",
        "XOCOMPAT_ALERTS__ZONE",
        "XOCOMPAT_DATA",
        "XOCOMPAT_DATABASE",
        "XOCOMPAT_DATA__URL",
        "XOCOMPAT_LIST",
        "XOCOMPAT_LIST__URL",
        "XOCOMPAT_LOG",
        "XOCOMPAT_LOG__FORMAT",
        "XOCOMPAT_LOG__LEVEL",
        "XOCOMPAT_MATTERMOST",
        "XOCOMPAT_MATTERMOST__CA",
        "XOCOMPAT_MATTERMOST__CALLBACK_URL",
        "XOCOMPAT_MATTERMOST__COMMAND_TOKEN_ENV",
        "XOCOMPAT_MATTERMOST__TOKEN_ENV",
        "XOCOMPAT_MATTERMOST__URL",
        "XOCOMPAT_MCP",
        "XOCOMPAT_MCP__HOSTS",
        "XOCOMPAT_MCP__SLACK",
        "XOCOMPAT_MCP__TOKEN_ENV",
        "XOCOMPAT_NOTIFY",
        "XOCOMPAT_POLICY",
        "XOCOMPAT_POLICY__APPROVED",
        "XOCOMPAT_POLICY__NOT_OLDER_THAN",
        "XOCOMPAT_SECURITY",
        "XOCOMPAT_SECURITY__ORCHESTRA_FIXED_FROM",
        "XOCOMPAT_SECURITY__TELL",
        "XOCOMPAT_SITE",
        "XOCOMPAT_SITES",
        "XOCOMPAT_SITES__CA",
        "XOCOMPAT_SITES__CREDENTIALS_FILE",
        "XOCOMPAT_SITES__EXPECTED",
        "XOCOMPAT_SITES__PASSWORD_ENV",
        "XOCOMPAT_SITES__SILENT_AFTER",
        "XOCOMPAT_SITES__URL",
        "XOCOMPAT_SITES__USER",
        "XOCOMPAT_SITE__CA",
        "XOCOMPAT_SITE__CREDENTIALS_FILE",
        "XOCOMPAT_SITE__NAME",
        "XOCOMPAT_SITE__PASSWORD_ENV",
        "XOCOMPAT_SITE__URL",
        "XOCOMPAT_SITE__USER",
        "XOCOMPAT_SLACK",
        "XOCOMPAT_SLACK__TABLES",
        "XOCOMPAT_SWEEP",
        "XOCOMPAT_SWEEP__CONCURRENCY",
        "XOCOMPAT_SWEEP__EVERY",
        "XOCOMPAT_TARGETS",
        "XOCOMPAT_TRANSLATION",
        "XOCOMPAT_WEB",
        "XOCOMPAT_WEB__CALENDAR_TOKEN_ENV",
        "XOCOMPAT_WEB__LISTEN",
        "XOCOMPAT_WEB__TOKEN_ENV",
        "XOCOMPAT_XEN_ORCHESTRA",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("export SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN"),
        ("\ufeffSLACK_BOT_TOKEN", "SLACK_BOT_TOKEN"),
        ("export  DATABASE_URL ", "DATABASE_URL"),
        ("\ufeffexport XOCOMPAT_SWEEP__EVERY", "XOCOMPAT_SWEEP__EVERY"),
        ("PORT ", "PORT"),
        ("export LAB_PASSWORD", "LAB_PASSWORD"),
        ("export MATTERMOST_TOKEN", "MATTERMOST_TOKEN"),
    ],
)
def test_a_name_that_no_variable_has_is_told_with_the_one_that_is_meant(
    load: Load, told: Told, name: str, meant: str
) -> None:
    file = "targets: [{name: a, address: a, username: u, password_env: LAB_PASSWORD}]"
    (line,) = told(file, {name: "s3cret"})
    assert line.endswith(f": is no variable's name: write {meant} alone before the =")
    assert "s3cret" not in line
    load(file, {"export OF_OTHERS": "x", "BASH_FUNC_which%%": "() { :; }"})


KUBERNETES = {
    f"{name}_{ending}": value
    for name in ("XOCOMPAT", "XOCOMPAT_WEB", "XOCOMPAT_2_DB", "XOCOMPAT_SITE", "XOCOMPAT__SITES", "XOCOMPAT_A__NATS_1")
    for ending, value in {
        "SERVICE_HOST": "10.96.0.12",
        "SERVICE_PORT": "3000",
        "SERVICE_PORT_HTTP": "3000",
        "SERVICE_PORT_METRICS_TLS": "9443",
        "SERVICE_PORT_WEB__2": "9444",
        "PORT": "tcp://10.96.0.12:3000",
        "PORT_3000_TCP": "tcp://10.96.0.12:3000",
        "PORT_3000_TCP_PROTO": "tcp",
        "PORT_3000_TCP_PORT": "3000",
        "PORT_3000_TCP_ADDR": "10.96.0.12",
        "PORT_53_UDP": "udp://[fd00::1]:53",
        "PORT_53_UDP_ADDR": "fd00::1",
    }.items()
}
LINK = {
    "XOCOMPAT_DB_NAME": "/bot/xocompat_db",
    "XOCOMPAT_DB_PORT": "tcp://172.17.0.2:5432",
    "XOCOMPAT_DB_PORT_5432_TCP_ADDR": "172.17.0.2",
    "XOCOMPAT_DB_ENV_POSTGRES_PASSWORD": "s3cret",
}


@pytest.mark.parametrize("environ", [KUBERNETES, LINK])
def test_variables_that_a_platform_makes_of_names_are_ignored(
    load: Load, tmp_path: Path, environ: Mapping[str, str]
) -> None:
    assert load("sweep: {every: 2h}", {**environ, "PORT": "3001"}).port == 3001
    assert sources(None, environ, tmp_path / "elsewhere").nothing_to_read


@pytest.mark.parametrize("name", ["XOCOMPAT_PORT", "XOCOMPAT_SERVICE_HOST", "XOCOMPAT_DB_NAME", "XOCOMPAT_DB_ENV_X"])
def test_one_that_only_looks_alike_is_still_told(told: Told, name: str) -> None:
    (line,) = told(None, {name: "elsewhere"})
    assert line.startswith(f"{name}: unknown variable")
    assert not re.search("elsewhere", line)


@pytest.mark.parametrize(
    "url", ["http://lists.example.org/a.md", "http://192.0.2.1/a", "http://0.0.0.0/", "HTTP://a/b"]
)
def test_the_list_comes_over_plain_http_from_this_machine_alone(told: Told, load: Load, url: str) -> None:
    (line,) = told(f"list: {{url: '{url}'}}")
    assert "list.url: must begin with https: over plain http others can change the list" in line
    for near in ("http://127.0.0.1:8000/a.md", "http://[::1]/a.md", "http://localhost/a.md", "https://192.0.2.1/a.md"):
        assert load(f"list: {{url: '{near}'}}").list.url == near
