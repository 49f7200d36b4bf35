"""Gets a published text: from a file, or over the network with bounds for everything that a server could do to us."""

import threading
import time
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from bot import __version__
from bot.catalogue import Value, message, say

SIZE_MAX = 2 * 2**20
"""Bytes of a page; those that were published so far have 5,000."""

REDIRECTS_MAX = 5
CHUNK = 2**16
_HEADERS = {
    "User-Agent": f"xocompat/{__version__}",
    "Accept": "text/markdown, text/plain, */*;q=0.5",
    "Accept-Encoding": "identity",
}
_WEB_PAGE = (b"<!doctype html", b"<html")


class Wanted(NamedTuple):
    """What is fetched: its name in a sentence, its `form` at an address (both messages), the setting with its address
    (`key`), and how many bytes it may have."""

    name: str
    form: str
    key: str
    size_max: int

    @property
    def mend(self) -> str:
        """What to do where something else is there."""
        return say("Set `{key}` to the address of {form}, or to a file.", key=self.key, form=say(self.form))


PAGE = Wanted(message("the list"), message("the page's text"), "list.url", SIZE_MAX)
"""The page with the published list."""


class FetchLimits(NamedTuple):
    """In seconds: to connect, between two reads, and for everything together; and before each further try."""

    connect: float = 5.0
    read: float = 20.0
    whole: float = 60.0
    pauses: tuple[float, ...] = (1.0, 4.0)


class Fetched(NamedTuple):
    """The bytes of a page, and by which tag its server would know them again."""

    body: bytes
    etag: str | None = None


class NotModified(NamedTuple):
    """The page is the one whose tag was given."""


class Failed(NamedTuple):
    """Why there is no page: a sentence, and one with what to do where something can be done.

    `passing`: the network or the server may be well again later; else what is there is no page.
    """

    message: str
    passing: bool = False


FetchResult = Fetched | NotModified | Failed
Pause = Callable[[float], object]
"""Waits so many seconds."""


def fetch(
    source: str,
    known: str | None,
    pause: Pause,
    bounds: FetchLimits = FetchLimits(),  # noqa: B008 # a value
    wanted: Wanted = PAGE,
) -> FetchResult:
    """The text at an http or https address, or in a file. `known` is the tag of the text that is there already."""
    if "://" not in source:
        path = Path(source)
        try:
            with path.open("rb") as file:
                return _checked(file.read(wanted.size_max + 1), str(path), None, wanted)
        except OSError as error:
            text = message("{file} can't be read: {why}. Set `{key}` to a file that can.")
            return Failed(say(text, file=str(path), why=error.strerror or str(error), key=wanted.key))
    found: list[FetchResult] = []
    # A server that gives a byte now and then never runs into a limit between two reads.
    asking = threading.Thread(target=lambda: found.append(_tried(source, known, pause, bounds, wanted)), daemon=True)
    asking.start()
    asking.join(bounds.whole)
    return found[0] if found else _slow(source, bounds)


def nothing_stored() -> Failed:
    """For the answer that what is stored has not changed, where nothing is: no server should give it."""
    return Failed(say("The server says that nothing changed, but there is nothing yet that could have."), passing=True)


def shown_source(source: str) -> str:
    """A source as it may be shown: without a user and a password."""
    parts = urlsplit(source) if "://" in source else None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts else source


def _tried(source: str, known: str | None, pause: Pause, bounds: FetchLimits, wanted: Wanted) -> FetchResult:
    """Once more after each pause, as long as it may help."""
    ends = time.monotonic() + bounds.whole
    answer = _follow(source, known, bounds, ends, wanted)
    for seconds in bounds.pauses:
        if not (isinstance(answer, Failed) and answer.passing) or time.monotonic() + seconds >= ends:
            break
        pause(seconds)
        answer = _follow(source, known, bounds, ends, wanted)
    return answer


def _follow(source: str, known: str | None, bounds: FetchLimits, ends: float, wanted: Wanted) -> FetchResult:
    """Ask, and ask where the answer leads to: over https, or on the machine that was asked over http.

    An address of the operator's own network is as good as any other: whose list it is says its certificate.
    """
    begin = urlsplit(source)
    url, asked = source, shown_source(source)
    with _session() as session:
        for _ in range(REDIRECTS_MAX + 1):
            try:
                found = _ask(session, url, known, bounds, ends, wanted)
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                return _failed(asked, error, wanted)
            if not isinstance(found, _Elsewhere):
                return found
            url = urljoin(url, found.url)
            there = urlsplit(url)
            if there.scheme != "https" and (there.scheme, there.hostname) != (begin.scheme, begin.hostname):
                return _refused(wanted, message("{source} leads to an address that is not https."), source=asked)
    text = message("{source} leads elsewhere more than {most} times.")
    return _refused(wanted, text, source=asked, most=REDIRECTS_MAX)


def _refused(wanted: Wanted, text: str, /, **values: Value) -> Failed:
    """What is there is not what is wanted: a message, and what to do about it."""
    return Failed(f"{say(text, **values)} {wanted.mend}")


class _Elsewhere(NamedTuple):
    """A redirect."""

    url: str


def _session() -> requests.Session:
    """Proxies and CAs as the environment has them; no cookies, and no passwords out of a .netrc."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = lambda request: request
    session.headers.update(_HEADERS)
    return session


def _ask(
    session: requests.Session, url: str, known: str | None, bounds: FetchLimits, ends: float, wanted: Wanted
) -> FetchResult | _Elsewhere:
    tag = {"If-None-Match": known} if known else {}
    limits = (bounds.connect, bounds.read)
    with session.get(url, headers=tag, stream=True, allow_redirects=False, timeout=limits) as response:
        asked = shown_source(url)
        if response.is_redirect:
            return _Elsewhere(response.headers["location"])
        if response.status_code == 304 and known:
            return NotModified()
        status = response.status_code
        if status == 429 or status >= 500:
            text = message("{source} can't be had now: its server answers {status}. It is tried again later.")
            return Failed(say(text, source=asked, status=status), passing=True)
        if status != 200:
            text = message("{source} can't be had: its server answers {status}.")
            return _refused(wanted, text, source=asked, status=status)
        if response.headers.get("content-encoding", "identity") != "identity":
            text = message("{source} is sent compressed, which was not asked for.")
            return _refused(wanted, text, source=asked)
        body = _body(response, ends, wanted.size_max)
        return _slow(asked, bounds) if body is None else _checked(body, asked, response.headers.get("etag"), wanted)


def _body(response: requests.Response, ends: float, size_max: int) -> bytes | None:
    """What arrives, up to one byte too many; None if it takes too long."""
    body = bytearray()
    while len(body) <= size_max and (more := response.raw.read1(CHUNK)):
        body += more
        if time.monotonic() >= ends:
            return None
    return bytes(body[: size_max + 1])


def _checked(body: bytes, asked: str, etag: str | None, wanted: Wanted) -> Fetched | Failed:
    """What can't be the text of a page is refused before anybody reads it."""
    if len(body) > wanted.size_max:
        text = message("{source} is larger than {size} MiB, so it is not {name}.")
        return _refused(wanted, text, source=asked, size=wanted.size_max // 2**20, name=say(wanted.name))
    if not body.strip():
        return _refused(wanted, message("{source} is empty."), source=asked)
    try:
        is_text = "\0" not in body.decode()
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        return _refused(wanted, message("{source} is no text in UTF-8, or it is damaged."), source=asked)
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(_WEB_PAGE):
        text = message("{source} is a web page, not {form}.")
        return _refused(wanted, text, source=asked, form=say(wanted.form))
    return Fetched(body, etag if etag and len(etag) < 200 and etag.isascii() and etag.isprintable() else None)


def _slow(source: str, bounds: FetchLimits) -> Failed:
    text = message("{source} took longer than {seconds} seconds. Try again later.")
    return Failed(say(text, source=shown_source(source), seconds=f"{bounds.whole:g}"), passing=True)


def _failed(asked: str, error: Exception, wanted: Wanted) -> Failed:
    """What went wrong, in words; an error's own may hold a proxy's password."""
    if isinstance(error, requests.exceptions.SSLError):
        text = message("{source} can't be trusted: its certificate does not hold. Look at the machine's CAs and clock.")
        return Failed(say(text, source=asked))
    if isinstance(error, requests.exceptions.ProxyError):
        text = message("{source} can't be reached: the proxy refuses. Look at HTTPS_PROXY.")
        return Failed(say(text, source=asked), passing=True)
    if isinstance(error, requests.Timeout):
        return Failed(say("{source} does not answer. Try again later.", source=asked), passing=True)
    if isinstance(error, (requests.ConnectionError, HTTPError, OSError)) and not isinstance(error, ValueError):
        text = message("{source} can't be reached. Look at the network, or try again later.")
        return Failed(say(text, source=asked), passing=True)
    return _refused(wanted, message("{source} is no address that can be asked."), source=asked)
