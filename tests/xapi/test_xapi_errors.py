"""The texts of what can go wrong with a host or a Xen Orchestra: each is whole, and says what to do."""

import string

import pytest

from bot.xapi import errors as of_hosts
from bot.xapi.errors import HOST, ErrorSubject, ErrorText, ProbeError
from bot.xapi.observation import FailureCode
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xo import errors as of_orchestras

LAB = Endpoint("192.0.2.1", 443, Trust(TlsMode.CA))
TEXTS = {
    f"{module.__name__}.{name}": text
    for module in (of_hosts, of_orchestras)
    for name, text in vars(module).items()
    if isinstance(text, ErrorText)
}
NOT_PROBED = {FailureCode.UNKNOWN_HOST, FailureCode.REFUSED_ADDRESS, FailureCode.BUSY, FailureCode.SITE_SILENT}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("subject", [HOST, of_orchestras.SUBJECT], ids=lambda subject: subject.api)
def test_a_text_is_whole_for_whatever_was_asked(text: ErrorText, subject: ErrorSubject) -> None:
    failure = ProbeError(text, "{detail} of {its} own.").failure("lab", LAB, "xocompat", "LAB_PASSWORD", subject)
    assert failure.code is text.code
    assert "lab" in failure.message
    assert failure.what.endswith(".")
    assert failure.mend == "" or failure.mend.endswith((".", "?"))
    takes_detail = "detail" in [field for _, field, _, _ in string.Formatter().parse(text.what + text.mend)]
    assert ("{detail} of {its} own." in failure.message) == takes_detail, "a detail is never read as a template"


def test_every_code_of_a_probe_has_a_text() -> None:
    assert {text.code for text in TEXTS.values()} == set(FailureCode) - NOT_PROBED


def test_a_failure_elsewhere_names_the_address_where_it_happened() -> None:
    error = ProbeError(of_hosts.PIN_MISMATCH)
    error.at = LAB._replace(host="192.0.2.2")
    failure = error.failure("lab", LAB)
    assert failure.what.startswith("lab's coordinator 192.0.2.2 showed")
    assert "`xocompat trust lab 192.0.2.2`" in failure.mend
    assert error.failure("lab", error.at).what.startswith("lab showed")
