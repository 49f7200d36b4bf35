"""Open data: the same documents over HTTP and in a folder, for everybody, with nothing of the fleet in them."""

import csv
import io
import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from bot.app.web import pages
from bot.chat.open_data import open_data
from bot.settings.model import Settings
from bot.web.metrics import ProbeMetrics
from bot.web.server import Wsgi
from tests.app.conftest import START, Clock, House
from tests.published import validators

OPENEOX, LIST, ENDOFLIFE = "/data/openeox/xcp-ng/8.3.json", "/data/list.json", "/data/endoflife.json"


class Got:
    """What an application answered."""

    def __init__(self, app: Wsgi, path: str, method: str = "GET", **headers: str) -> None:
        told: list[Any] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "wsgi.input": BytesIO(),
            "REMOTE_ADDR": "203.0.113.9",
            "HTTP_X_FORWARDED_FOR": "198.51.100.7",
            **headers,
        }
        self.body = b"".join(app(environ, lambda status, sent: told.extend((status, dict(sent)))))
        self.status, self.headers = int(told[0].split()[0]), told[1]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def app(house: House) -> Wsgi:
    """The pages of a house, behind a proxy."""
    house.sweep()
    return pages(Settings(), house.watched, ProbeMetrics(), None, None, proxied=True)


def test_a_stranger_gets_every_document_and_nothing_of_the_fleet(app: Wsgi, house: House) -> None:
    ports = house.watched.ports()
    names = {host.host.name for host in house.store.fleet.hosts()}
    every = open_data(ports, START.date())
    for path, text in every.items():
        got = Got(app, f"/data/{path}")
        assert (got.status, got.body.decode()) == (200, text)
        assert not any(name in text for name in names)
    validators.openeox().validate(Got(app, OPENEOX).json)
    validators.endoflife("FullProductListResponse").validate(Got(app, ENDOFLIFE).json)
    validators.cle().validate(Got(app, "/data/cle/xenserver.json").json)
    assert Got(app, LIST).json["rows"][0]["label"] == "XCP-ng 8.3 LTS"
    rows = csv.DictReader(io.StringIO(Got(app, "/data/releases.csv").body.decode()))
    assert len(list(rows)) == len(ports.matrix.releases)


def test_who_has_a_document_already_is_told_so(app: Wsgi) -> None:
    first = Got(app, LIST)
    tag = first.headers["etag"]
    assert first.headers["cache-control"].startswith("public, max-age=")
    assert first.headers["content-type"] == "application/json"
    for shown in (tag, f"W/{tag}", f'"another", {tag}', "*"):
        again = Got(app, LIST, HTTP_IF_NONE_MATCH=shown)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert "content-length" not in again.headers
    assert Got(app, LIST, HTTP_IF_NONE_MATCH='"another"').status == 200
    head = Got(app, LIST, "HEAD")
    assert (head.status, head.body, head.headers) == (200, b"", first.headers)


def test_what_is_not_there_is_not_found(app: Wsgi) -> None:
    for path in ("/data/", "/data", "/data/openeox/", "/data/nothing.json", "/data/../etc/passwd", "/dat", "/"):
        assert Got(app, path).status == 404
    assert Got(app, LIST, "POST").status == 405


def test_documents_follow_the_day_and_records_stay(app: Wsgi, clock: Clock) -> None:
    before = {path: Got(app, path).headers["etag"] for path in (LIST, ENDOFLIFE, OPENEOX)}
    clock.pass_by(3)
    after = {path: Got(app, path).headers["etag"] for path in before}
    assert {path for path in before if before[path] != after[path]} == {LIST, ENDOFLIFE}
    assert Got(app, LIST).json["as_of"] == str(START.date() + timedelta(days=3))
