"""The environment beats the file, and its problems are told by the variable's name."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.settings.load import variables
from tests.settings.conftest import Load, Told

DURATION = "a number with its unit, such as 90d, 6h, 15m, 30s or 2w"
TAG = "a tag of letters, digits and . _ - : / = such as lab, at most 63"
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
    ({"XOCOMPAT_ALERTS__LEAD": '"30d"'}, ["XOCOMPAT_ALERTS__LEAD: must be a list"]),
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
    ({"PORT": "0"}, ['PORT: must be a whole number from 1 to 65535, not "0"']),
    ({"PORT": "http"}, ['PORT: must be a whole number from 1 to 65535, not "http"']),
    ({"DATABASE_URL": "mysql://x/y"}, ["DATABASE_URL: must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"]),
]


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
    )
    secrets = dict.fromkeys(["XOCOMPAT_A", "XOCOMPAT_B", "XOCOMPAT_C", "XOCOMPAT_D"], "x")
    secrets |= dict.fromkeys(["XOCOMPAT_WEB_TOKEN", "XOCOMPAT_CALENDAR_TOKEN"], "x")
    load(file, secrets)
    load(file, {**secrets, "XOCOMPAT_TARGETS": "[]"})
    assert len(told("", secrets)) == 4


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
    ],
)
def test_where_to_listen_is_a_host_several_or_a_list(load: Load, text: str, hosts: tuple[str, ...]) -> None:
    assert load("", {"XOCOMPAT_WEB__LISTEN": text}).web.listen == hosts
    assert load(f"web: {{listen: {text if text[0] == '[' else repr(text)}}}").web.listen == hosts
    assert load("").web.listen == ()


def test_every_key_of_a_section_has_its_variable() -> None:
    assert sorted(variables()) == [
        "XOCOMPAT_ACCESS",
        "XOCOMPAT_ACCESS__GRANTS",
        "XOCOMPAT_ACCESS__LOOKUP",
        "XOCOMPAT_ALERTS",
        "XOCOMPAT_ALERTS__CHANNEL",
        "XOCOMPAT_ALERTS__LEAD",
        "XOCOMPAT_ALERTS__ROUTES",
        "XOCOMPAT_DATABASE",
        "XOCOMPAT_LIST",
        "XOCOMPAT_LIST__URL",
        "XOCOMPAT_LOG",
        "XOCOMPAT_LOG__FORMAT",
        "XOCOMPAT_LOG__LEVEL",
        "XOCOMPAT_SWEEP",
        "XOCOMPAT_SWEEP__CONCURRENCY",
        "XOCOMPAT_SWEEP__EVERY",
        "XOCOMPAT_TARGETS",
        "XOCOMPAT_WEB",
        "XOCOMPAT_WEB__CALENDAR_TOKEN_ENV",
        "XOCOMPAT_WEB__LISTEN",
        "XOCOMPAT_WEB__TOKEN_ENV",
        "XOCOMPAT_XEN_ORCHESTRA",
    ]
