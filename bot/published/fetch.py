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
    """What is fetched: its name in a sentence, its `form` at an address, the setting with its address (`key`), and how
    many bytes it may have."""

    name: str
    form: str
    key: str
    size_max: int

    @property
    def mend(self) -> str:
        """What to do where something else is there."""
        return f"Set `{self.key}` to the address of {self.form}, or to a file."


PAGE = Wanted("the list", "the page's text", "list.url", SIZE_MAX)
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
            return Failed(f"{path} can't be read: {error.strerror or error}. Set `{wanted.key}` to a file that can.")
    found: list[FetchResult] = []
    # A server that gives a byte now and then never runs into a limit between two reads.
    asking = threading.Thread(target=lambda: found.append(_tried(source, known, pause, bounds, wanted)), daemon=True)
    asking.start()
    asking.join(bounds.whole)
    return found[0] if found else _slow(source, bounds)


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
                return Failed(f"{asked} leads to an address that is not https. {wanted.mend}")
    return Failed(f"{asked} leads elsewhere more than {REDIRECTS_MAX} times. {wanted.mend}")


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
            what = f"{asked} can't be had now: its server answers {status}"
            return Failed(f"{what}. It is tried again later.", passing=True)
        if status != 200:
            return Failed(f"{asked} can't be had: its server answers {status}. {wanted.mend}")
        if response.headers.get("content-encoding", "identity") != "identity":
            return Failed(f"{asked} is sent compressed, which was not asked for. {wanted.mend}")
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
        size = wanted.size_max // 2**20
        return Failed(f"{asked} is larger than {size} MiB, so it is not {wanted.name}. {wanted.mend}")
    if not body.strip():
        return Failed(f"{asked} is empty. {wanted.mend}")
    try:
        is_text = "\0" not in body.decode()
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        return Failed(f"{asked} is no text in UTF-8, or it is damaged. {wanted.mend}")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(_WEB_PAGE):
        return Failed(f"{asked} is a web page, not {wanted.form}. {wanted.mend}")
    return Fetched(body, etag if etag and len(etag) < 200 and etag.isascii() and etag.isprintable() else None)


def _slow(source: str, bounds: FetchLimits) -> Failed:
    return Failed(f"{shown_source(source)} took longer than {bounds.whole:g} seconds. Try again later.", passing=True)


def _failed(asked: str, error: Exception, wanted: Wanted) -> Failed:
    """What went wrong, in words; an error's own may hold a proxy's password."""
    if isinstance(error, requests.exceptions.SSLError):
        return Failed(f"{asked} can't be trusted: its certificate does not hold. Look at the machine's CAs and clock.")
    if isinstance(error, requests.exceptions.ProxyError):
        return Failed(f"{asked} can't be reached: the proxy refuses. Look at HTTPS_PROXY.", passing=True)
    if isinstance(error, requests.Timeout):
        return Failed(f"{asked} does not answer. Try again later.", passing=True)
    if isinstance(error, (requests.ConnectionError, HTTPError, OSError)) and not isinstance(error, ValueError):
        return Failed(f"{asked} can't be reached. Look at the network, or try again later.", passing=True)
    return Failed(f"{asked} is no address that can be asked. {wanted.mend}")
