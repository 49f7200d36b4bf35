"""What is wrong with the keys of a file, in the very lines that a user reads."""

import re

import pytest

from tests.settings.conftest import Load, Told

TOP = (
    "database, list, data, targets, xen_orchestra, sweep, alerts, web, mcp, access, log, slack, mattermost, "
    "security, policy, sites, site, notify, translation"
)
TARGET = "name, address, username, password_env, password_file, tls, tags, also"
DURATION = "a number with its unit, such as 90d, 6h, 15m, 30s or 2w"
NAME = "a name of letters, digits, dots, dashes and underscores, at most 63, such as lab-a"
ADDRESS = "host or host:port, without https:// and without a path (IPv6 with a port: [2001:db8::1]:443)"
CHANNEL = (
    "a channel's ID such as C0123456789 (at the end of the channel's details), mattermost:TEAM/CHANNEL, or notify:NAME"
)
PIN = "like sha256:<64 hexadecimal digits>"
LISTEN = 'a host or a list of hosts without a port, such as "0.0.0.0" or ["127.0.0.1", "::1"] (PORT is the port)'
VARIABLE = "the name of an environment variable, such as LAB_A_PASSWORD"
DATABASE = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
XO = "an address such as https://xo.example.org, with nothing secret in it"
WHO = (
    "the ID of a user (U..., W...) or user group (S...), mattermost:USERNAME, mattermost:@GROUP, mcp for assistants, "
    'or "*" for all'
)
ZONE = "the name of a time zone of the IANA database, such as Europe/Paris, Pacific/Auckland or UTC"
LIST = "an https address, or a file's path"
HEX = "0" * 64
TLS = "pin, ca, insecure, minimum"
TAG = "a tag of letters, digits and . _ - : / = such as lab, at most 63"
WHOLE = "must be a whole IP address, such as 192.0.2.10 or 2001:db8::1, or a name"
COLON = "must have a port from 1 to 65535 after its colon, or no colon"
NULL = "has no value: give it one, or take the key out"
NEVER = "a password never stands in the file: use password_env or password_file"
ONE, IS = "at most one of", "is allowed"
EXACTLY = "exactly one of password_env and password_file is needed"
NO_ADDRESS = "targets[0].also[0].address: is missing: address must be given"
DAYS = "must be whole days, such as 90d or 2w: an end of life is a day"
BOTH = "give both, or neither"
MAY = "must be one of probe, fleet, operate"


def target(keys: str) -> str:
    """A file with one target that is fine but for these keys, which come last and replace its own."""
    own = {"name": "a", "address": "a", "username": "u", "password_env": "P"}
    kept = "".join(f"{key}: {value}, " for key, value in own.items() if not re.match(rf"{key}\b", keys))
    return f"targets: [{{{kept}{keys}}}]"


def orchestra(keys: str) -> str:
    own = {"name": "xo", "url": "https://xo.example.org", "token_env": "T"}
    kept = "".join(f"{key}: {value}, " for key, value in own.items() if not re.match(rf"{key}\b", keys))
    return f"xen_orchestra: [{{{kept}{keys}}}]"


RELEASE = "must be a release or a range of one product, such as XCP-ng 8.3 or XenServer >=8"
AGES = 'must be tags with a duration each, such as {prod: 90d, "*": 180d} ("*" is every host)'

CHAT = "must be an https address without a query, such as {} (http to this machine alone)"

CASES = [
    # one half of what is needed
    ("mattermost: {callback_url: https://bot}", f"mattermost: callback_url needs url: {BOTH}"),
    ("mattermost: {token_env: MM}", f"mattermost: token_env needs url: {BOTH}"),
    (
        "mattermost: {ca: a.pem, command_token_env: MM}",
        f"mattermost: command_token_env needs url and ca needs url: {BOTH}",
    ),
    ("sites: {expected: [paris]}", f"sites: expected needs url: {BOTH}"),
    ("sites: {credentials_file: a.creds}", f"sites: credentials_file needs url: {BOTH}"),
    ("sites: {user: u, password_env: P}", f"sites: user needs url: {BOTH}"),
    ("sites: {url: nats://n, user: u}", f"sites: user needs password_env: {BOTH}"),
    ("sites: {url: nats://n, password_env: P}", f"sites: password_env needs user: {BOTH}"),
    ("site: {name: paris, url: nats://n, password_env: P}", f"site: password_env needs user: {BOTH}"),
    ("site: {name: paris, user: u, password_env: P}", f"site: user needs url: {BOTH}"),
    # where Mattermost is
    (
        "mattermost: {url: http://chat.example.org, callback_url: 'https://bot.example.org/?a=1', token: x}",
        f'mattermost.url: {CHAT.format("https://chat.example.org")}, not "http://chat.example.org"\n'
        f"mattermost.callback_url: {CHAT.format('https://xocompat.example.org')}\n"
        "mattermost.token: a token never stands in the file: use token_env",
    ),
    # what is to be told of flaws, and what hosts are to run
    ("security: {tell: loud}", 'security.tell: must be one of critical, high, medium, low, none, not "loud"'),
    (
        "security: {orchestra_fixed_from: 5.208}",
        "security.orchestra_fixed_from: must be text, so put it in quotes "
        '(the number of an xo-server, such as "5.208.0"), not 5.208',
    ),
    ("policy: {approved: XCP-ng 8.3}", "policy.approved: must be a list"),
    (
        "policy: {approved: [XCP-ng 8.3, XCP-ng 9.9]}",
        "policy.approved[1]: names no release that is known (near: XCP-ng 8.3, XCP-ng 8.2): "
        f'{RELEASE}, not "XCP-ng 9.9"',
    ),
    (
        'policy: {approved: ["8.2"]}',
        'policy.approved[0]: can be XCP-ng 8.2 or Citrix Hypervisor 8.2: say which, not "8.2"',
    ),
    (
        "policy: {approved: [XCP-ng 8.2.1]}",
        'policy.approved[0]: is a part of XCP-ng 8.2: the policy takes whole releases, not "XCP-ng 8.2.1"',
    ),
    ("policy: {approved: [flub XCP-ng 8.3]}", f'policy.approved[0]: {RELEASE}, not "flub XCP-ng 8.3"'),
    ("policy: {not_older_than: 90d}", f'policy.not_older_than: {AGES}, not "90d"'),
    ("policy: {not_older_than: {pr od: 90d}}", f"policy.not_older_than: {AGES}"),
    ("policy: {not_older_than: {prod: soon}}", f"policy.not_older_than: prod must be {DURATION}"),
    ("policy: {not_older_than: {prod: 6h}}", "policy.not_older_than: prod must be at least 1d"),
    # unknown keys, with the nearest
    ("databse: x", f"databse: unknown key, did you mean database? Allowed here: {TOP}"),
    ("zzz: x", f"zzz: unknown key. Allowed here: {TOP}"),
    ("sweep: {evry: 1h}", "sweep.evry: unknown key, did you mean every? Allowed here: every, concurrency"),
    ("7: x", f"7: unknown key. Allowed here: {TOP}"),
    (target("adress: a"), f"targets[0].adress: unknown key, did you mean address? Allowed here: {TARGET}"),
    (target("tls: {pins: a}"), f"targets[0].tls.pins: unknown key, did you mean pin? Allowed here: {TLS}"),
    ("<<: {a: b}", f"<<: unknown key. Allowed here: {TOP}"),
    # what stands elsewhere
    (target("password: x"), f"targets[0].password: {NEVER}"),
    (orchestra("token: x"), "xen_orchestra[0].token: a token never stands in the file: use token_env"),
    ("web: {token: x}", "web.token: a token never stands in the file: use token_env"),
    ("port: 3000", "port: comes from the environment alone: PORT"),
    ("slack: {bot_token: x}", "slack.bot_token: comes from the environment alone: SLACK_BOT_TOKEN and the like"),
    ("slack: {api_url: x}", "slack.api_url: comes from the environment alone: SLACK_BOT_TOKEN and the like"),
    ("slack: {tables: never}", "slack.tables: must be one of auto, lines, not \"never\""),
    # shapes
    ("sweep: 6h", "sweep: must have keys of its own: every and concurrency"),
    ("web: [a]", "web: must have keys of its own: token_env, calendar_token_env and listen"),
    ("targets: lab-a", "targets: must be a list"),
    ("targets: {name: a}", "targets: must be a list"),
    ("targets: [lab-a]", f"targets[0]: must have keys of its own: {TARGET.replace(', also', ' and also')}"),
    (target("tags: lab"), "targets[0].tags: must be a list"),
    ("alerts: {lead: 30d}", "alerts.lead: must be a list"),
    # null
    ("database:", f"database: {NULL}"),
    ("sweep: {every: }", f"sweep.every: {NULL}"),
    ("access: {grants: [{who: U1, where: , may: [probe]}]}", f"access.grants[0].where: {NULL}"),
    (target("tls: {pin: ~}"), f"targets[0].tls.pin: {NULL}"),
    # text
    ("database: oracle://x", f"database: must be {DATABASE}"),
    ("database: sqlite://", f"database: must be {DATABASE}"),
    ("database: postgresql://h", f"database: must be {DATABASE}"),
    ("database: postgresql://h:99999/x", f"database: must be {DATABASE}"),
    ("database: 5", f"database: must be text, so put it in quotes ({DATABASE})"),
    ("list: {url: ftp://example.org/x}", f'list.url: must be {LIST}, not "ftp://example.org/x"'),
    ("list: {url: 'https://'}", f'list.url: must be {LIST}, not "https://"'),
    ("list: {url: ''}", f"list.url: must be {LIST}"),
    ("data: {url: ftp://example.org/x}", f'data.url: must be {LIST}, not "ftp://example.org/x"'),
    ('web: {listen: "127.0.0.1:80"}', f'web.listen: must be {LISTEN}, not "127.0.0.1:80"'),
    ('web: {listen: ["::1", 7]}', f"web.listen: must be {LISTEN}"),
    ("web: {listen: {host: a}}", f"web.listen: must be {LISTEN}"),
    ("web: {calendar_token_env: a-b}", f"web.calendar_token_env: must be {VARIABLE}"),
    ("web: {token_env: a-b}", f"web.token_env: must be {VARIABLE}"),
    # names
    (target("name: -a"), f'targets[0].name: must be {NAME}, not "-a"'),
    (target("name: a b"), f'targets[0].name: must be {NAME}, not "a b"'),
    (target("name: 12"), f"targets[0].name: must be text, so put it in quotes ({NAME}), not 12"),
    (target("name: no"), f"targets[0].name: must be text, so put it in quotes ({NAME}), not no"),
    (target("name: 192.0.2.1"), f'targets[0].name: must be {NAME}, not an address, not "192.0.2.1"'),
    (target("username: ''"), "targets[0].username: must be a user's name"),
    (target("tags: [a b]"), f'targets[0].tags[0]: must be {TAG}, not "a b"'),
    # addresses
    (target("address: https://a"), f'targets[0].address: must be {ADDRESS}, not "https://a"'),
    (target("address: a/b"), f'targets[0].address: must be {ADDRESS}, not "a/b"'),
    (target("address: u@a"), f"targets[0].address: must be {ADDRESS}"),
    (target("address: 10.1"), f"targets[0].address: must be {ADDRESS}, not 10.1"),
    (target("address: 192.0.2.300"), f'targets[0].address: {WHOLE}, not "192.0.2.300"'),
    (target("address: 'a:'"), f'targets[0].address: {COLON}, not "a:"'),
    (target("address: 'a:65536'"), f'targets[0].address: {COLON}, not "a:65536"'),
    (target("also: [a b]"), f'targets[0].also[0]: must be {ADDRESS}, not "a b"'),
    (target("also: [{pin: x}]"), f'targets[0].also[0].pin: must be {PIN}, not "x"\n{NO_ADDRESS}'),
    (target(f"also: [{{address: a, pin: 'sha256:{HEX}', tls: {{}}}}]"), f"targets[0].also[0]: {ONE} pin and tls {IS}"),
    # passwords and TLS
    ("targets: [{name: a, address: a, username: u, password: x}]", f"targets[0].password: {NEVER}"),
    ("targets: [{name: a, address: a, username: u}]", f"targets[0]: {EXACTLY}"),
    (target("password_file: b"), f"targets[0]: {EXACTLY}"),
    (target("tls: {pin: 'sha256:12'}"), f'targets[0].tls.pin: must be {PIN}, not "sha256:12"'),
    (target(f"tls: {{pin: 'sha256:{HEX}', insecure: true}}"), f"targets[0].tls: {ONE} pin, ca and insecure is allowed"),
    (target("tls: {ca: x, insecure: true}"), f"targets[0].tls: {ONE} pin, ca and insecure is allowed"),
    (target("tls: {insecure: maybe}"), 'targets[0].tls.insecure: must be true or false, not "maybe"'),
    (target("tls: {minimum: '1.4'}"), 'targets[0].tls.minimum: must be one of "1.0", "1.1", "1.2", "1.3", not "1.4"'),
    (target("tls: {minimum: 1}"), 'targets[0].tls.minimum: must be one of "1.0", "1.1", "1.2", "1.3", not 1'),
    (orchestra("url: http://xo"), f'xen_orchestra[0].url: must be {XO}, not "http://xo"'),
    (orchestra("url: https://u:p@xo"), f"xen_orchestra[0].url: must be {XO}"),
    (orchestra("url: https://xo/?token=x"), f"xen_orchestra[0].url: must be {XO}"),
    (orchestra("token_env: a b"), f"xen_orchestra[0].token_env: must be {VARIABLE}"),
    # durations and numbers
    ("sweep: {every: 6}", f"sweep.every: must be {DURATION}, not 6"),
    ("sweep: {every: 6 hours}", f'sweep.every: must be {DURATION}, not "6 hours"'),
    ("sweep: {every: 0s}", 'sweep.every: must be at least 1s, not "0s"'),
    ("sweep: {every: 40000d}", 'sweep.every: must be at most 36525d, not "40000d"'),
    ("sweep: {concurrency: 0}", "sweep.concurrency: must be a whole number from 1 to 1024, not 0"),
    ("sweep: {concurrency: 1025}", "sweep.concurrency: must be a whole number from 1 to 1024, not 1025"),
    ("sweep: {concurrency: 1.5}", "sweep.concurrency: must be a whole number from 1 to 1024, not 1.5"),
    ("sweep: {concurrency: yes}", "sweep.concurrency: must be a whole number from 1 to 1024, not yes"),
    ("alerts: {lead: [30d, x]}", f'alerts.lead[1]: must be {DURATION}, not "x"'),
    ("alerts: {lead: [36h]}", f'alerts.lead[0]: {DAYS}, not "36h"'),
    ("alerts: {lead: []}", "alerts.lead: must have at least one duration, such as [90d]"),
    # time zones
    ("alerts: {zone: 13}", f"alerts.zone: must be text, so put it in quotes ({ZONE}), not 13"),
    ("alerts: {zone: ../../xyzzy}", f'alerts.zone: must be {ZONE}, not "../../xyzzy"'),
    (
        "alerts: {routes: [{tags: [a], channel: C1, zone: UTC}, {tags: [b], channel: C1, zone: Asia/Tokyo}]}",
        "alerts.routes: give C1 one zone, not UTC and Asia/Tokyo: a channel has one day at a time",
    ),
    # Slack's IDs
    ("alerts: {channel: '#ops'}", f'alerts.channel: must be {CHANNEL}, not "#ops"'),
    ("alerts: {routes: [{channel: C1}]}", "alerts.routes[0]: exactly one of tags and pools is needed"),
    ("alerts: {routes: [{tags: [], channel: C1}]}", "alerts.routes[0]: exactly one of tags and pools is needed"),
    ("alerts: {routes: [{tags: [a]}]}", "alerts.routes[0].channel: is missing: channel must be given"),
    (
        "access: {grants: [{who: mcp, where: C0123456789, may: [fleet]}]}",
        'access.grants[0].where: must be left out for mcp: assistants are in no channel, not "C0123456789"',
    ),
    ("mcp: {hosts: ['https://x']}", f'mcp.hosts[0]: must be {ADDRESS}, not "https://x"'),
    ("access: {grants: [{who: bob, may: [probe]}]}", f'access.grants[0].who: must be {WHO}, not "bob"'),
    ("access: {grants: [{who: U1, may: [lookup]}]}", f'access.grants[0].may[0]: {MAY}, not "lookup"'),
    ("access: {grants: [{who: U1, may: []}]}", "access.grants[0].may: must have at least one of probe, fleet, operate"),
    ("access: {grants: [{who: U1}]}", "access.grants[0].may: is missing: who and may must be given"),
    ("access: {lookup: all}", 'access.lookup: must be one of workspace, everyone, not "all"'),
    ("log: {level: loud}", 'log.level: must be one of debug, info, warning, error, not "loud"'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), CASES, ids=[text for text, _ in CASES])
def test_a_mistake_is_told_with_its_key_and_what_is_allowed(told: Told, text: str, lines: str) -> None:
    assert told(text) == [f"xocompat.yaml: {line}" for line in lines.splitlines()]


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order(told: Told) -> None:
    text = """
sweep: {evry: 6h, concurrency: 0}
targets:
  - {name: lab-a, address: https://a, username: u, tls: {pin: "sha256:12", ca: x}}
  - {nam: lab-b}
  - {name: LAB-A, address: a, username: u, password_env: P, password_env: Q}
access: {lookup: all}
database: x
"""
    assert told(text) == [
        "xocompat.yaml: targets[2].password_env: stands twice, in lines 6 and 6: take one out",
        "xocompat.yaml: sweep.evry: unknown key, did you mean every? Allowed here: every, concurrency",
        "xocompat.yaml: sweep.concurrency: must be a whole number from 1 to 1024, not 0",
        "xocompat.yaml: targets[0]: exactly one of password_env and password_file is needed",
        f'xocompat.yaml: targets[0].address: must be {ADDRESS}, not "https://a"',
        "xocompat.yaml: targets[0].tls: at most one of pin, ca and insecure is allowed",
        f'xocompat.yaml: targets[0].tls.pin: must be {PIN}, not "sha256:12"',
        "xocompat.yaml: targets[1]: exactly one of password_env and password_file is needed",
        f"xocompat.yaml: targets[1].nam: unknown key, did you mean name? Allowed here: {TARGET}",
        "xocompat.yaml: targets[1].name: is missing: name, address and username must be given",
        "xocompat.yaml: targets[1].address: is missing: name, address and username must be given",
        "xocompat.yaml: targets[1].username: is missing: name, address and username must be given",
        "xocompat.yaml: targets[2].name: is the name of targets[0] already: names are unique",
        'xocompat.yaml: access.lookup: must be one of workspace, everyone, not "all"',
        f"xocompat.yaml: database: must be {DATABASE}",
    ]


def test_a_xen_orchestra_may_not_have_the_name_of_a_target(told: Told) -> None:
    text = (
        "targets: [{name: lab, address: 192.0.2.1, username: x, password_env: P}]\n"
        "xen_orchestra:\n"
        "  - {name: Lab, url: https://xo.example.org, token_env: T}\n"
        "  - {name: other, url: https://xo.example.org, token_env: T}\n"
    )
    assert told(text) == ["xocompat.yaml: xen_orchestra[0].name: is the name of targets[0] already: names are unique"]


@pytest.mark.parametrize(
    "url",
    [
        "https://xö.example.org",
        "https://u:p@xo.example.org",
        "https://xo.example.org/ü",
        "https://xo.example.org:0",
        "https://xo.example.org/a?b",
        "https://999.1",
        "http://xo.example.org",
    ],
)
def test_a_url_that_cannot_stand_in_a_request_is_refused(told: Told, url: str) -> None:
    (problem,) = told(f"xen_orchestra: [{{name: xo, url: '{url}', token_env: T}}]\n")
    assert problem.startswith(f"xocompat.yaml: xen_orchestra[0].url: must be {XO}")


def test_of_very_many_mistakes_the_rest_is_counted(told: Told) -> None:
    lines = told("".join(f"key{number}: x\n" for number in range(250)))
    assert len(lines) == 101
    assert lines[-1] == "xocompat.yaml: has 150 more problems"


@pytest.mark.parametrize("name", ["a", "lab-a", "xen1.example.org", "A_1", "x" * 63])
def test_names_that_people_give_hosts_are_allowed(load: Load, name: str) -> None:
    assert load(target(f"name: {name}")).targets[0].name == name


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgres://u:p@h/x", "postgresql://u:p@h/x"),
        ("postgresql://h:5432/x?sslmode=require", "postgresql://h:5432/x?sslmode=require"),
        ("postgresql:///x?host=/run/postgresql", "postgresql:///x?host=/run/postgresql"),
        ("sqlite:////var/lib/xocompat.db", "sqlite:////var/lib/xocompat.db"),
    ],
)
def test_both_names_of_postgresql_are_read(load: Load, given: str, read: str) -> None:
    assert load(f"database: {given}").database.get_secret_value() == read


@pytest.mark.parametrize(
    ("typed", "nearest"), [("Pacific/Aukland", "Pacific/Auckland"), ("los angeles", "America/Los_Angeles")]
)
def test_a_zone_that_is_none_is_told_with_the_nearest(told: Told, typed: str, nearest: str) -> None:
    (line,) = told(f"alerts: {{routes: [{{tags: [a], channel: C1, zone: {typed}}}]}}")
    assert line.startswith(f"xocompat.yaml: alerts.routes[0].zone: must be {ZONE} (nearest: {nearest}")
    assert line.endswith(f'), not "{typed}"')
