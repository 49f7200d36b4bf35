"""Fetching over real connections: whatever a server does, there is a page of a bounded size, or a reason in words."""

import time
from pathlib import Path

import pytest

from bot.published.fetch import SIZE_MAX, Failed, Fetched, FetchLimits, NotModified, fetch, shown_source
from tests.published.pages import Page, serving

TEXT = b"- XCP-ng 8.3\n"
QUICK = FetchLimits(connect=1, read=0.3, whole=3, pauses=(1.0, 4.0))
NEW_PLACE = (("Location", "/elsewhere.md"),)


class Pauses:
    """Pauses that were made, without waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


def _message(answer: object) -> str:
    assert isinstance(answer, Failed), answer
    return answer.message


def test_a_page_comes_with_its_tag(pauses: Pauses) -> None:
    with serving(Page(TEXT, headers=(("ETag", '"a1"'),))) as pages:
        assert fetch(pages.url, None, pauses) == Fetched(TEXT, '"a1"')
        assert "if-none-match" not in pages.asked[0].headers


def test_a_page_that_is_known_does_not_come_again(pauses: Pauses) -> None:
    with serving(Page(status=304)) as pages:
        assert fetch(pages.url, '"a1"', pauses) == NotModified()
        assert pages.asked[0].headers["if-none-match"] == '"a1"'


def test_not_modified_is_no_answer_to_who_knows_nothing(pauses: Pauses) -> None:
    with serving(Page(status=304)) as pages:
        assert "its server answers 304" in _message(fetch(pages.url, None, pauses))


def test_a_file_is_read(tmp_path: Path, pauses: Pauses) -> None:
    file = tmp_path / "list.md"
    file.write_bytes(TEXT)
    assert fetch(str(file), None, pauses) == Fetched(TEXT)


@pytest.mark.parametrize("name", ["missing.md", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, pauses: Pauses, name: str) -> None:
    assert "can't be read" in _message(fetch(str(tmp_path / name), None, pauses))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"x" * (20 * 2**20), "is larger than 2 MiB"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html></html>", "is a web page"),
        (b"<HTML lang=en>", "is a web page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is no text"),
        (b"- XCP-ng 8.3 \xe2\x98", "is no text in UTF-8, or it is damaged"),
        (b" \n", "is empty"),
    ],
)
def test_what_is_no_page_is_refused_and_asked_for_once(pauses: Pauses, body: bytes, said: str) -> None:
    with serving(Page(body)) as pages:
        answer = fetch(pages.url, None, pauses)
        assert said in _message(answer)
        assert (len(pages.asked), pauses.seconds) == (1, [])


def test_a_page_without_end_is_left_early(pauses: Pauses) -> None:
    with serving(Page(b"x" * (SIZE_MAX + 1), length=10**12)) as pages:
        assert "is larger than 2 MiB" in _message(fetch(pages.url, None, pauses))


def test_a_page_of_the_largest_size_is_taken(pauses: Pauses) -> None:
    with serving(Page(b"x" * SIZE_MAX)) as pages:
        assert fetch(pages.url, None, pauses) == Fetched(b"x" * SIZE_MAX)


def test_a_page_that_breaks_off_is_none(pauses: Pauses) -> None:
    with serving(Page(TEXT, length=len(TEXT) + 1)) as pages:
        answer = fetch(pages.url, None, pauses)
        assert (isinstance(answer, Failed) and answer.passing, len(pages.asked)) == (True, 3)


def test_what_is_sent_compressed_is_refused(pauses: Pauses) -> None:
    with serving(Page(TEXT, headers=(("Content-Encoding", "gzip"),))) as pages:
        assert "compressed" in _message(fetch(pages.url, None, pauses))


def test_a_redirect_is_followed(pauses: Pauses) -> None:
    with serving(Page(status=302, headers=NEW_PLACE), Page(TEXT)) as pages:
        assert fetch(pages.url, None, pauses) == Fetched(TEXT)
        assert pages.asked[1].path == "/elsewhere.md"


def test_redirects_without_end_are_left(pauses: Pauses) -> None:
    with serving(Page(status=301, headers=NEW_PLACE)) as pages:
        assert "more than 5 times" in _message(fetch(pages.url, None, pauses))
        assert (len(pages.asked), pauses.seconds) == (6, [])


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "ftp://example.org/list.md", "http://192.0.2.1/list.md", "http://localhost/list.md"]
)
def test_a_redirect_leads_over_https_or_stays_on_its_machine(pauses: Pauses, place: str) -> None:
    with serving(Page(status=302, headers=(("Location", place),))) as pages:
        assert "not https" in _message(fetch(pages.url, None, pauses))


def test_a_cookie_is_not_kept(pauses: Pauses) -> None:
    cookie = ("Set-Cookie", "a=b; Path=/")
    with serving(Page(status=302, headers=(*NEW_PLACE, cookie)), Page(TEXT)) as pages:
        fetch(pages.url, None, pauses)
        assert "cookie" not in pages.asked[1].headers


def test_passwords_of_a_netrc_are_not_sent(tmp_path: Path, pauses: Pauses, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(Page(TEXT)) as pages:
        fetch(pages.url, None, pauses)
        assert "authorization" not in pages.asked[0].headers


def test_a_server_in_trouble_is_asked_again_after_a_pause(pauses: Pauses) -> None:
    with serving(Page(status=500), Page(TEXT)) as pages:
        assert fetch(pages.url, None, pauses) == Fetched(TEXT)
        assert pauses.seconds == [1.0]


def test_a_server_that_stays_in_trouble_is_left_after_three_tries(pauses: Pauses) -> None:
    with serving(Page(status=503)) as pages:
        answer = fetch(pages.url, None, pauses)
        assert (answer, len(pages.asked)) == (Failed(_message(answer), passing=True), 3)


def test_a_page_that_is_not_there_is_told_at_once(pauses: Pauses) -> None:
    with serving(Page(status=404)) as pages:
        answer = fetch(pages.url, None, pauses)
        assert isinstance(answer, Failed)
        assert not answer.passing
        assert answer.message.startswith(f"{pages.url} can't be had: its server answers 404. Set `list.url`")
        assert len(pages.asked) == 1


def test_a_silent_server_is_left(pauses: Pauses) -> None:
    with serving(Page(TEXT, drip=30)) as pages:
        begun = time.monotonic()
        answer = fetch(pages.url, None, pauses, QUICK._replace(pauses=()))
        assert (isinstance(answer, Failed) and answer.passing, time.monotonic() - begun < 10) == (True, True)


def test_a_server_that_gives_a_byte_now_and_then_is_left_when_time_is_up(pauses: Pauses) -> None:
    with serving(Page(TEXT * 100, drip=0.05)) as pages:
        begun = time.monotonic()
        answer = fetch(pages.url, None, pauses, QUICK._replace(whole=0.5))
        assert "took longer than 0.5 seconds" in _message(answer)
        assert time.monotonic() - begun < 10


def test_nobody_listens(pauses: Pauses) -> None:
    with serving(Page(TEXT)) as pages:
        url = pages.url
    answer = fetch(url, None, pauses, QUICK)
    assert answer == Failed(f"{url} can't be reached. Look at the network, or try again later.", passing=True)
    assert pauses.seconds == [1.0]


def test_a_password_in_an_address_is_never_told(pauses: Pauses) -> None:
    assert shown_source("https://ann:secret@example.org/list.md?a=b") == "https://example.org/list.md?a=b"
    assert shown_source("/etc/list.md") == "/etc/list.md"
    with serving(Page(status=404)) as pages:
        assert "secret" not in _message(fetch(pages.url.replace("//", "//ann:secret@"), None, pauses))
