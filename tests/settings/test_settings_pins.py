"""A pin put into the text of a configuration: nothing else of it changes, however it is written."""

import re
from difflib import SequenceMatcher

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.settings.edit import PinPlace, with_pin
from bot.settings.file import tree_of

OLD, NEW = "sha256:" + "0a" * 32, "sha256:" + "1b" * 32
HEAD = "# hosts of the lab\ndatabase: 'sqlite:///x.db'   # ours\n\ntargets:\n"
WHO = "name: lab-a\n    address: 192.0.2.10\n    username: xocompat\n    password_env: LAB   # from the vault\n"
FIRST = PinPlace(0)
MARKED = "  - ? name\n    : lab-a\n    ? address\n    : a.org\n    ? username\n    : x\n    ? password_env\n    : LAB\n"
OTHER = f"  - {{name: lab-b, address: 192.0.2.20, username: x, password_env: LAB, tls: {{pin: '{OLD}'}}}}\n"


def _pinned(text: str, place: PinPlace = FIRST) -> str:
    found = with_pin(text, place, NEW)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'tls: {{pin: "{OLD}"}}  # seen', f'tls: {{pin: "{NEW}"}}  # seen'),
        (f"tls: {{ pin: '{OLD}' }}", f'tls: {{ pin: "{NEW}" }}'),
        (f"tls: {{pin: {OLD}, minimum: '1.0'}}", f"tls: {{pin: \"{NEW}\", minimum: '1.0'}}"),
        ("tls: {insecure: true}", f'tls: {{pin: "{NEW}"}}'),
        ('tls: {minimum: "1.1", insecure: yes}', f'tls: {{minimum: "1.1", pin: "{NEW}"}}'),
        ("tls: {ca: lab.pem}", f'tls: {{pin: "{NEW}"}}'),
        ("tls: {ca: lab.pem, insecure: false}", f'tls: {{pin: "{NEW}", insecure: false}}'),
        ("tls: {minimum: 1.2}", f'tls: {{pin: "{NEW}", minimum: 1.2}}'),
        ("tls: {insecure: false}", f'tls: {{pin: "{NEW}", insecure: false}}'),
        ('tls: {"ca": "lab.pem"}', f'tls: {{"pin": "{NEW}"}}'),
        ("tls: {}", f'tls: {{pin: "{NEW}"}}'),
        ("tls:   # none yet", f'tls: {{pin: "{NEW}"}}   # none yet'),
        ("tls: ~", f'tls: {{pin: "{NEW}"}}'),
        (f"tls:\n      pin: {OLD}  # old\n      minimum: 1.0", f'tls:\n      pin: "{NEW}"  # old\n      minimum: 1.0'),
        ("tls:\n      # our own\n      ca: a.pem  # of 2024", f'tls:\n      # our own\n      pin: "{NEW}"  # of 2024'),
        ("tls:\n      minimum: '1.0'", f'tls:\n      pin: "{NEW}"\n      minimum: \'1.0\''),
        ("tags: [ä, \U0001f512]\n    tls: {insecure: true}", f'tags: [ä, \U0001f512]\n    tls: {{pin: "{NEW}"}}'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\n\n# the end", ""])
def test_a_way_to_trust_is_replaced_where_it_stands(before: str, after: str, end: str) -> None:
    text = f"{HEAD}  - {WHO}    {{}}{end}"
    assert _pinned(text.replace("{}", before)) == text.replace("{}", after)


@pytest.mark.parametrize(
    ("entry", "after"),
    [
        (f"  - {WHO}", f'  - {WHO}    tls: {{pin: "{NEW}"}}\n'),
        (f"  - {WHO}    tags: [lab]\n", f'  - {WHO}    tls: {{pin: "{NEW}"}}\n    tags: [lab]\n'),
        (
            "  -\n    password_env: LAB\n    tags:\n    - lab\n    username: x\n    name: lab-a\n    address: a.org",
            "  -\n    password_env: LAB\n    tags:\n    - lab\n    username: x\n    name: lab-a\n    address: a.org"
            f'\n    tls: {{pin: "{NEW}"}}',
        ),
        (
            "  - {name: lab-a, address: 192.0.2.10, username: x, password_env: LAB}",
            f'  - {{name: lab-a, address: 192.0.2.10, username: x, password_env: LAB, tls: {{pin: "{NEW}"}}}}',
        ),
        (
            "  - {name: lab-a, address: a.example, username: x,   # us\n     password_file: lab.txt,\n     tags: [x]}",
            "  - {name: lab-a, address: a.example, username: x,   # us\n     password_file: lab.txt, "
            f'tls: {{pin: "{NEW}"}},\n     tags: [x]}}',
        ),
    ],
)
def test_where_nothing_is_said_of_trust_it_is_said_behind_the_login(entry: str, after: str) -> None:
    assert _pinned(HEAD + entry) == HEAD + after


@pytest.mark.parametrize(
    ("also", "after"),
    [
        ("[192.0.2.11, 192.0.2.12]", f'[{{address: 192.0.2.11, pin: "{NEW}"}}, 192.0.2.12]'),
        ("['192.0.2.11:8443']", f"[{{address: '192.0.2.11:8443', pin: \"{NEW}\"}}]"),
        ("[fe80::1]", f'[{{address: "fe80::1", pin: "{NEW}"}}]'),
        ("\n    - 192.0.2.11  # second\n    - b", f'\n    - {{address: 192.0.2.11, pin: "{NEW}"}}  # second\n    - b'),
        ("[{address: b}]", f'[{{address: b, pin: "{NEW}"}}]'),
        (f'[{{address: b, pin: "{OLD}"}}]', f'[{{address: b, pin: "{NEW}"}}]'),
        (
            "\n    - tls:\n        insecure: true\n        minimum: '1.0'\n      address: b",
            f"\n    - tls:\n        pin: \"{NEW}\"\n        minimum: '1.0'\n      address: b",
        ),
        ("\n    - address: b", f'\n    - address: b\n      pin: "{NEW}"'),
    ],
)
def test_a_member_gets_its_own_pin(also: str, after: str) -> None:
    text = f"{HEAD}  - {WHO}    tls: {{insecure: true}}\n    also: {{}}\n"
    assert _pinned(text.replace("{}", also, 1), PinPlace(0, 0)) == text.replace("{}", after, 1)


def test_lines_end_as_they_did() -> None:
    text = f"{HEAD}  - {WHO}{OTHER}".replace("\n", "\r\n")
    changed = _pinned(text)
    assert changed.replace("\r\n", "").isprintable()
    assert changed.replace(f'    tls: {{pin: "{NEW}"}}\r\n', "") == text


def test_a_file_that_is_json_stays_json() -> None:
    text = '{"targets":[{"name":"lab-a","address":"a.example","username":"x","password_env":"LAB","also":["b"]}]}'
    assert _pinned(text) == text.replace('"LAB"', f'"LAB", "tls": {{"pin": "{NEW}"}}')


def test_a_key_behind_those_that_are_marked_as_such_needs_no_mark() -> None:
    assert _pinned(HEAD + MARKED) == f'{HEAD}{MARKED}    tls: {{pin: "{NEW}"}}\n'


def test_a_comment_above_the_next_key_stays_there() -> None:
    text = f"{HEAD}  - {WHO}    # what it is for\n\n    # (more)\n    tags: [lab]\n"
    assert _pinned(text) == text.replace("the vault\n", f'the vault\n    tls: {{pin: "{NEW}"}}\n')


@pytest.mark.parametrize("ends", ["\n", "\n\n# the end", ""])
@pytest.mark.parametrize(
    "tls",
    [
        "tls:\n      ca: # ours\n        lab.pem",
        "tls:\n      ca: >-\n        lab.pem\n      # end",
        "'tls' :\n      'insecure' : true",
        "? tls\n    : ? ca\n      : lab.pem",
    ],
)
def test_what_cannot_be_written_back_as_it_was_is_left_alone(tls: str, ends: str) -> None:
    assert with_pin(f"{HEAD}  - {WHO}    {tls}{ends}", FIRST, NEW) is None


def test_a_file_that_is_no_configuration_is_left_alone() -> None:
    assert with_pin("targets: [&a {name: x}, *a]", FIRST, NEW) is None
    assert with_pin("- x", FIRST, NEW) is None


_SPACE = st.sampled_from(["", " ", "   # lab\n      ", "\n      "])
_QUOTED = st.sampled_from(["{}", "'{}'", '"{}"'])
_TLS = st.sampled_from(
    [{}, {"pin": OLD}, {"ca": "a b.pem"}, {"insecure": "true"}, {"insecure": "no", "ca": "x"}, {"minimum": "1.0"}]
)


@st.composite
def _files(draw: st.DrawFn) -> tuple[str, int, int]:
    """A configuration of some targets in some styles, the number of targets, and which one is meant."""
    count = draw(st.integers(1, 4))
    entries = [draw(_entry(number)) for number in range(count)]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = "# top\ntargets:\n" + "".join(entries) + draw(st.sampled_from(["", "\n# end\n", "sweep: {every: 1h}\n"]))
    return text.replace("\n", newline), count, draw(st.integers(0, count - 1))


@st.composite
def _entry(draw: st.DrawFn, number: int) -> str:
    keys = [("name", f"lab-{number}"), ("address", "192.0.2.1"), ("username", "x y"), ("password_env", "LAB")]
    written = [f"{name}: {draw(_QUOTED).format(value)}" for name, value in draw(st.permutations(keys))]
    tls = {key: draw(_QUOTED).format(value) if key != "insecure" else value for key, value in draw(_TLS).items()}
    inner = f",{draw(_SPACE)} ".join(f"{key}: {value}" for key, value in tls.items())
    if draw(st.booleans()):
        whole = [*written, *([f"tls: {{{inner}}}"] if draw(st.booleans()) else [])]
        return f"  - {{{draw(_SPACE)}{f',{draw(_SPACE)} '.join(whole)}{draw(_SPACE)}}}\n"
    block = "tls:\n" + "\n".join(f"      {key}: {value}  # why" for key, value in tls.items())
    style = draw(st.sampled_from([[], [f"tls: {{{inner}}}"], [block] if tls else ["tls:"]]))
    whole = draw(st.permutations([*written, *style]))
    return "  - " + "\n    ".join(whole) + "\n"


@settings(max_examples=300, deadline=None)
@given(_files())
def test_any_style_is_edited_and_only_what_is_meant_changes(made: tuple[str, int, int]) -> None:
    text, _, at = made
    before, problems = tree_of(text, "")
    assert before
    assert not problems
    changed = with_pin(text, PinPlace(at), NEW)
    if changed is None:
        assert re.search(r"\{[^}]*\n", text), "only braces that span lines are too hard"
        return
    after, _ = tree_of(changed, "")
    assert after
    tls = dict(before["targets"][at].get("tls") or {})
    kept = {key: value for key, value in tls.items() if key == "minimum" or value is False}
    assert after["targets"][at].pop("tls") == {**kept, "pin": NEW}
    before["targets"][at].pop("tls", None)
    assert after == before
    parts = [op for op in SequenceMatcher(None, text, changed, autojunk=False).get_opcodes() if op[0] != "equal"]
    begin, end = parts[0][1], parts[-1][2]
    assert end - begin <= len(OLD) + 12
    assert "#" not in text[begin:end]
    assert _pinned(changed, PinPlace(at)) == changed
