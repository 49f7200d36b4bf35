"""What is seen to be wrong with a secret's value: each way in which it is set or copied wrongly, and nothing else."""

import pytest

from bot.settings.secret_values import is_of_slack, password_doubts, token_mistakes

NAMED = "has the variable's name in its value"
QUOTES = "has quotes in its value"
BLANK = "has white space in its value"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("s3cret", []),
        ("s3cret==", []),
        ("a=b", []),
        ("-_.~+/", []),
        ('"s3cret"', [QUOTES]),
        ("'s3cret", [QUOTES]),
        ("s3cret`", [QUOTES]),
        ("“s3cret”", [QUOTES]),
        ("«s3cret»", [QUOTES]),
        ("TOKEN=s3cret", [NAMED]),
        ("export TOKEN=s3cret", [NAMED]),
        ("set TOKEN = s3cret", [NAMED]),
        ('TOKEN="s3cret"', [QUOTES, NAMED]),
        ("s3 cret", [BLANK]),
        ("s3cret\n", [BLANK]),
        ("\ts3cret", [BLANK]),
        ("\ufeffs3cret", ["has a character that no token has (U+FEFF)"]),
        ("s3cret\u200b", ["has a character that no token has (U+200B)"]),
        ("s3\u00a0cret", [BLANK, "has a character that no token has (U+00A0)"]),
        ("s3\u2011cret", ["has a character that no token has (U+2011)"]),
        ("s3cret\x1b", ["has a character that no token has (U+001B)"]),
        ("s3cr\udcff", ["has a character that no token has (U+DCFF)"]),
    ],
)
def test_a_token_that_was_set_or_copied_wrongly_is_told(value: str, told: list[str]) -> None:
    found = [*token_mistakes("TOKEN", value)]
    assert [each.what for each in found] == told
    assert "s3" not in str(found)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("s3 crét", []),
        ("'s3cret", []),
        ('s3"cret', []),
        ('"', []),
        ("PASS=s3cret", []),
        ('"s3cret"', ["has quotes around it"]),
        ("'s3cret'", ["has quotes around it"]),
        ("“s3cret”", ["has quotes around it"]),
        (" s3cret", ["has white space around it"]),
        ("s3cret\r", ["has white space around it"]),
        ('"s3cret"\n', ["has white space around it", "has quotes around it"]),
        ("PASSWORD=s3cret", [NAMED]),
        ("export PASSWORD='s3cret'", [NAMED]),
        ("\ufeffs3cret", ["has a character that is not seen (U+FEFF)"]),
        ("s3\u200bcret", ["has a character that is not seen (U+200B)"]),
        ("s3cret\x00", ["has a character that is not seen (U+0000)"]),
    ],
)
def test_a_password_may_have_any_sign_and_what_is_doubtful_is_told(value: str, told: list[str]) -> None:
    found = [*password_doubts("PASSWORD", value)]
    assert [each.what for each in found] == told
    assert "s3" not in str(found)


@pytest.mark.parametrize(
    ("value", "holds"),
    [("xoxb-1", True), (" 'xapp-1'", True), ("xoxe.xoxp-1", True), ("xenial", False), ("a-xoxb-1", False)],
)
def test_a_token_of_slacks_is_known(value: str, holds: bool) -> None:
    assert is_of_slack(value) is holds
