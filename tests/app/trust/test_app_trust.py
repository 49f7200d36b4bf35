"""`trust` in a shell, over real TLS: what is shown, what is confirmed, and what is written."""

import json
from collections.abc import Callable

import pytest

from bot.cli import main
from bot.simulator import SimCertificate, SimHost, SimTls, Simulator, lone, release
from tests.app.trust.lab import OTHER, Lab
from tests.cli.running import Ran

Trust = Callable[..., Ran]


@pytest.fixture
def trust(lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Trust:
    """Runs `trust` in the lab's folder; the standard input is no terminal."""
    monkeypatch.chdir(lab.folder)
    monkeypatch.setenv("LAB_PASSWORD", "demo")

    def run(*words: str) -> Ran:
        capsys.readouterr()
        status = main(["trust", *words])
        return Ran(status, *capsys.readouterr())

    return run


def test_it_shows_the_fingerprint_in_both_forms_and_whose_it_is(lab: Lab, trust: Trust) -> None:
    lab.write("tls: {insecure: true}")
    lab.simulator["xen-1"].forget()
    ran = trust("lab-a")
    digest = lab.simulator["xen-1"].address.pin
    assert f"sha256:{digest.hex()}" in ran.out
    assert digest.hex(":").upper() in ran.out
    assert "made for CN=xen-1; valid from 1 Jan 2020 until 1 Jan 2045 (in" in ran.out
    assert "openssl x509 -noout -fingerprint -sha256" in ran.out
    assert (lab.simulator["xen-1"].seen.handshakes, lab.simulator["xen-1"].seen.bytes) == (1, 0)


@pytest.mark.parametrize(
    ("tls", "said"),
    [
        ("tls: {insecure: true}", "trusts whatever is shown (`insecure`)"),
        ("tags: [lab]", "the system's authorities count"),
        ("tls: {ca: lab.pem}", "trusts what the authority in"),
        (f'tls: {{pin: "{OTHER}"}}', f"pins another: `{OTHER}`"),
    ],
)
def test_it_says_what_the_inventory_has_now_and_writes_over_it_on_yes(
    lab: Lab, trust: Trust, tls: str, said: str
) -> None:
    before = lab.write(tls)
    ran = trust("lab-a", "--yes")
    assert (ran.status, ran.err) == (0, "")
    assert said in ran.out
    assert "Pinned in xocompat.yaml." in ran.out
    pinned = f'tls: {{pin: "{lab.pin("xen-1")}"}}'
    if tls.startswith("tls"):
        assert lab.text == before.replace(tls, pinned)
    else:
        assert lab.text == before.replace(tls, f"{pinned}\n    {tls}")
    assert main(["probe", "lab-a"]) == 0


def test_what_is_pinned_already_is_left_alone(lab: Lab, trust: Trust) -> None:
    before = lab.write(f"tls: {{pin: '{lab.pin('xen-1')}'}}")
    ran = trust("lab-a", "--json")
    assert (ran.status, ran.err, lab.text) == (0, "", before)
    assert ran.json == {
        "name": "lab-a",
        "address": str(lab.simulator["xen-1"].address),
        "seen": lab.pin("xen-1"),
        "pinned": lab.pin("xen-1"),
        "changed": False,
        "written": False,
    }


def test_where_nobody_can_be_asked_nothing_changes_and_it_says_how_to_confirm(lab: Lab, trust: Trust) -> None:
    before = lab.write(f'tls: {{pin: "{OTHER}"}}')
    ran = trust("lab-a", "--json")
    assert (ran.status, lab.text, len(ran.err.splitlines())) == (1, before, 1)
    assert "Nothing was changed." in ran.err
    assert f"xocompat trust lab-a --pin {lab.pin('xen-1')} (or --yes)" in ran.err
    assert (ran.json["seen"], ran.json["pinned"]) == (lab.pin("xen-1"), OTHER)
    assert (ran.json["changed"], ran.json["written"]) == (True, False)


@pytest.mark.parametrize("form", ["{0.pin_text}", "{1}", "SHA256 Fingerprint={1}"])
def test_a_fingerprint_given_beforehand_is_the_only_one_that_is_pinned(lab: Lab, trust: Trust, form: str) -> None:
    address = lab.simulator["xen-1"].address
    before = lab.write("tls: {insecure: true}")
    refused = trust("lab-a", "--pin", OTHER, "--yes")
    assert (refused.status, lab.text) == (1, before)
    assert "another certificate than --pin names. Nothing was changed." in refused.err
    ran = trust("lab-a", "--json", "--pin", form.format(address, address.pin.hex(":").upper()))
    assert (ran.status, ran.json["written"]) == (0, True)
    assert lab.pin("xen-1") in lab.text


def test_a_member_is_pinned_by_its_address(lab: Lab, trust: Trust) -> None:
    member = lab.simulator["xen-2"].address
    before = lab.write("tls: {insecure: true}", also=f"[{member.host}]")
    ran = trust("lab-a", member.host, "--yes", "--json")
    assert (ran.status, ran.json["seen"], ran.json["address"]) == (0, lab.pin("xen-2"), str(member))
    assert lab.text == before.replace(f"[{member.host}]", f'[{{address: {member.host}, pin: "{lab.pin("xen-2")}"}}]')


def test_an_address_that_is_not_listed_is_never_asked(lab: Lab, trust: Trust) -> None:
    other = lab.simulator["old-1"].address
    lab.simulator["old-1"].forget()
    before = lab.write("tls: {insecure: true}", also="[192.0.2.9]")
    for words in (("lab-a", "192.0.2.10"), ("lab-a", "https://192.0.2.9"), ("lab-a", f"{other.host}:{other.port}")):
        ran = trust(*words, "--yes")
        assert (ran.status, ran.out, lab.text) == (2, "", before)
    for name in ("lab-x", str(other), "192.0.2.9"):
        assert trust(name, "--yes").status == 1
    assert lab.simulator["old-1"].seen.connections == 0


def test_a_host_that_is_away_is_one_line_and_1(lab: Lab, trust: Trust) -> None:
    with Simulator([lone(SimHost("gone-1", release("XCP-ng", "8.3")))]) as other:
        before = Lab(other, lab.folder).write("tls: {insecure: true}", "gone-1")
    ran = trust("lab-a", "--yes", "--json")
    assert (ran.status, ran.json["seen"], lab.text) == (1, None, before)
    assert ran.err.startswith("xocompat: lab-a did not answer: nothing listens on its address.")
    assert len(ran.err.splitlines()) == 1


def test_old_tls_is_spoken_only_where_the_target_allows_it_and_stays_allowed(lab: Lab, trust: Trust) -> None:
    assert lab.simulator["old-1"].now.offered_tls is SimTls.OLD
    before = lab.write("tls: {insecure: true}", "old-1")
    ran = trust("lab-a", "--yes")
    assert (ran.status, lab.text) == (1, before)
    assert "older TLS than 1.2" in ran.err
    lab.write('tls: {insecure: true, minimum: "1.0"}', "old-1")
    assert trust("lab-a", "--yes").status == 0
    assert f'tls: {{pin: "{lab.pin("old-1")}", minimum: "1.0"}}' in lab.text


def test_what_a_certificate_says_of_itself_steers_no_terminal(lab: Lab, trust: Trust) -> None:
    evil = SimCertificate("<!channel>\x1b[31m\nPinned.", names=("127.0.0.1",))
    with Simulator([lone(SimHost("evil-1", release("XCP-ng", "8.3"), certificate=evil))]) as other:
        Lab(other, lab.folder).write("tls: {insecure: true}", "evil-1")
        ran = trust("lab-a")
    assert "\x1b" not in ran.out
    assert "made for CN=<!channel> Pinned.; valid from" in ran.out


def test_an_inventory_of_the_environment_is_told_what_to_set(
    lab: Lab, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"name": "lab-a", "address": str(lab.simulator["xen-1"].address), "username": "x", "password_env": "P"}
    monkeypatch.setenv("XOCOMPAT_TARGETS", json.dumps([entry]))
    before = lab.write("tls: {insecure: true}")
    ran = trust("lab-a", "--yes", "--json")
    assert (ran.status, ran.json["written"], lab.text) == (1, False, before)
    by_hand = f'under lab-a, "tls": {{"pin": "{lab.pin("xen-1")}"}}'
    assert f"variable XOCOMPAT_TARGETS. Nothing was changed. Put it in by hand: {by_hand}" in ran.err


def test_a_file_that_cannot_be_replaced_is_told_with_what_to_put_in(lab: Lab, trust: Trust) -> None:
    text = lab.write("tls: {insecure: # for now\n      true}")
    ran = trust("lab-a", "--yes")
    assert (ran.status, lab.text) == (1, text)
    assert f'by hand: under lab-a, "tls": {{"pin": "{lab.pin("xen-1")}"}}' in ran.err


@pytest.mark.parametrize("words", [(), ("lab-a", "--pin", "sha256:12"), ("lab-a", "a", "b")])
def test_wrong_words_are_wrong_usage(lab: Lab, trust: Trust, words: tuple[str, ...]) -> None:
    lab.write("tls: {insecure: true}")
    ran = trust(*words)
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 1)
