"""Notifiers of a configuration, and channels by whatever platform they are of: what is taken, and what is refused."""

import pytest

from bot.app.configuration import notifier_problems
from bot.settings.notifiers import NotifierKind, kind_of_url, url_problem
from tests.settings.conftest import Load, Told

URLS = "smtp://, smtps://, https://, alertmanager+http(s)://, teams+https://, matrix+https://, or a URL of Apprise's"
ADDRESS = "an e-mail address such as ops@example.org"
KEYS = "name, url_env, url, secret_env, to, from, ca"
WHOM = f"is missing: e-mail needs whom the mail goes to, {ADDRESS}"
FROM = f"is missing: e-mail needs whom it comes from, {ADDRESS}"
SECRET = "holds a secret, which never stands in the file: put the URL in a variable, and name that in url_env"
HTTPS = "must be https: plain http is for this machine alone (localhost)"
APPRISE = "holds what lets one send, a secret, as every URL of Apprise's: put it in a variable, named in url_env"
NO_SECRET = "is not for Teams: its URL holds what is secret"
HOOK = "notify: [{name: hook, url_env: HOOK}]\n"


def _mail(keys: str) -> str:
    return f"notify: [{{name: mail, {keys}}}]"


def test_a_channel_is_one_of_slack_or_a_notifier_wherever_one_is_named(load: Load) -> None:
    settings = load(
        HOOK + "alerts: {channel: notify:hook, routes: [{tags: [a], channel: C0000001}, {tags: [a], channel: "
        "notify:hook}]}\naccess: {grants: [{who: U1, where: notify:hook, may: [fleet]}]}"
    )
    assert settings.alerts.channel == "notify:hook"
    assert [route.channel for route in settings.alerts.routes] == ["C0000001", "notify:hook"]
    assert settings.access.grants[0].where == "notify:hook"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            HOOK + "alerts: {channel: notify:hok}",
            "alerts.channel: names a notifier that is not configured, did you mean notify:hook?",
        ),
        (
            "alerts: {routes: [{tags: [a], channel: notify:zz}]}",
            "alerts.routes[0].channel: names a notifier that is not configured: add it to `notify`",
        ),
        (
            "access: {grants: [{who: U1, where: mattermost:t/ops, may: [fleet]}]}",
            "access.grants[0].where: names a channel of Mattermost, which is not configured: set `mattermost`",
        ),
        (_mail("url: 'smtp://h', from: a@b.org"), f"notify[0].to: {WHOM}"),
        (_mail("url: 'smtp://h', to: [a@b.org]"), f"notify[0].from: {FROM}"),
        (_mail("url: 'https://h', to: [a@b.org]"), "notify[0].to: is of e-mail alone: this URL is webhook's"),
        (
            _mail('url: "smtp://h", to: ["a@b.org\\nBcc: c@d"], from: a@b.org'),
            f"notify[0].to[0]: must be {ADDRESS}",
        ),
        (_mail("url: 'https://h/x?sig=1'"), f"notify[0].url: {SECRET}"),
        (_mail("url: 'smtps://u:pw@h', to: [a@b.org], from: a@b.org"), f"notify[0].url: {SECRET}"),
        (_mail("url: 'http://hook.example.org/x'"), f"notify[0].url: {HTTPS}"),
        (_mail("url: nothing"), f"notify[0].url: must be {URLS}"),
        (_mail("url: 'FTP://h/x'"), f"notify[0].url: begins as no notifier's does: must be {URLS}"),
        (_mail("url: 'alertmanager://h'"), f"notify[0].url: begins as no notifier's does: must be {URLS}"),
        (_mail("url: 'file:///etc/x'"), f"notify[0].url: begins as no notifier's does: must be {URLS}"),
        (_mail("url: 'tgram://123456789:hunter2/1'"), f"notify[0].url: {APPRISE}"),
        (_mail("url: 'NTFY://topic'"), f"notify[0].url: {APPRISE}"),
        (_mail("url: 'teams+https://h/x', secret_env: S"), f"notify[0].secret_env: {NO_SECRET}"),
        (_mail("url: 'ntfy://t', url_env: S"), "notify[0]: exactly one of url_env and url is needed"),
        (_mail("url_env: A, form: x"), f"notify[0].form: unknown key, did you mean from? Allowed here: {KEYS}"),
        (
            "notify: [{name: a, url_env: A}, {name: A, url_env: B}]",
            "notify[1].name: is the name of notify[0] already: names are unique",
        ),
    ],
)
def test_what_is_wrong_with_a_notifier_is_said_at_its_key(told: Told, text: str, line: str) -> None:
    assert [each.removeprefix("xocompat.yaml: ") for each in told(text)][:1] == [line]


def test_all_that_is_wrong_is_said_at_once_and_no_url_is_repeated(told: Told) -> None:
    lines = told(
        "notify:\n- {name: m, url: 'smtp://u:hunter2@h/x', from: nobody}\n- {name: a b, url: 'teams+http://x/hunter2'}\n"
        "alerts: {channel: notify:q}\nsweep: {every: soon}"
    )
    where = ["sweep.every", "alerts.channel", "notify[0].from", "notify[0].url", "notify[1].name", "notify[1].url"]
    assert sorted(line.split(": ")[1] for line in lines) == sorted(where)
    assert "hunter2" not in "".join(lines)


def test_a_url_never_shows(load: Load) -> None:
    settings = load(_mail("url: 'https://h/topic-that-is-a-password'"))
    assert "topic" not in repr(settings)
    assert settings.notify[0].url is not None


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("smtp://h", NotifierKind.EMAIL),
        ("smtps://u@h:465", NotifierKind.EMAIL),
        ("https://h/x", NotifierKind.WEBHOOK),
        ("http://127.0.0.1:9/x", NotifierKind.WEBHOOK),
        ("alertmanager+http://am:9093", NotifierKind.ALERTMANAGER),
        ("alertmanager+https://u:p@am/prefix", NotifierKind.ALERTMANAGER),
        ("teams+https://h/workflows/1?sig=x", NotifierKind.TEAMS),
        ("matrix+https://h/!room:example.org", NotifierKind.MATRIX),
        ("matrix+https://t@h:8448/%21room:example.org", NotifierKind.MATRIX),
        ("discord://1/2", NotifierKind.APPRISE),
        ("tgram://123456789:a-token_of_Telegrams/12315544", NotifierKind.APPRISE),
    ],
)
def test_the_scheme_says_what_a_notifier_is(url: str, kind: NotifierKind) -> None:
    assert url_problem(url) is None
    assert kind_of_url(url) is kind


@pytest.mark.parametrize(
    "url",
    ["smtp://", "https://h:x/", "https://h /", "alertmanager+http://u:p@am:9093", "matrix+https://h/#room:example.org"],
)
def test_a_url_that_leads_nowhere_is_refused(url: str) -> None:
    assert url_problem(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("smtp://u:it's@127.0.0.1", ""),
        ("smtp://u:pässword@127.0.0.1\n", ""),
        ('"smtp://127.0.0.1"', "has quotes around it"),
        ("HOOK=smtp://127.0.0.1", "has the variable's name in its value"),
        ("export HOOK=smtp://127.0.0.1", "has the variable's name in its value"),
        ("\ufeffsmtp://127.0.0.1", "has a character that is not seen (U+FEFF)"),
        ("smtp://127.0.0.1\u200b", "has a character that is not seen (U+200B)"),
        ("'smtp://127.0.0.1", "must be smtp://, smtps://"),
    ],
)
def test_how_a_url_was_set_is_told_without_the_url(load: Load, url: str, said: str) -> None:
    settings = load("notify: [{name: hook, url_env: HOOK, to: a@example.org, from: b@example.org}]")
    lines = [*map(str, notifier_problems(settings, {"HOOK": url}))]
    assert [line.startswith(f"HOOK: {said}") for line in lines] == [True] * bool(said)
    assert "127.0.0.1" not in "".join(lines)
