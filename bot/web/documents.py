"""Documents that anybody may read and keep for a while: with an ETag, and 304 for who has the same already."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import NamedTuple, Self

from bot.web.server import Handler, HttpRequest, HttpResponse

MAX_AGE = 3600
"""Seconds for which a copy is as good: dates change on a day, and what is shown is of a day."""

_TAG = re.compile(r'(?:W/)?("[^"]*")|(\*)')


class Document(NamedTuple):
    """Bytes with their media type; `tag` is another one where any byte is (RFC 9110, section 8.8.3)."""

    body: bytes
    type: str
    tag: str

    @classmethod
    def of(cls, text: str, type: str) -> Self:
        body = text.encode()
        return cls(body, type, f'"{sha256(body).hexdigest()[:32]}"')


def documents(known: Callable[[], Mapping[str, Document]]) -> Handler:
    """Answers with the document at a path, of those that there are now. Pages of others may read them, too (CORS)."""

    def answer(request: HttpRequest) -> HttpResponse:
        document = known().get(request.path)
        if document is None:
            return HttpResponse(404, "not found\n")
        headers = {
            "etag": document.tag,
            "cache-control": f"public, max-age={MAX_AGE}",
            "access-control-allow-origin": "*",
            "x-content-type-options": "nosniff",
        }
        shown = _TAG.findall(request.headers.get("if-none-match", ""))
        if any(tag == document.tag or star for tag, star in shown):
            return HttpResponse(304, "", headers)
        return HttpResponse(200, document.body, {"content-type": document.type, **headers})

    return answer
