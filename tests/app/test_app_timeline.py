"""`GET /timeline.svg`: open to all, and so of the vendors' dates alone; a shell's picture has the fleet's numbers."""

from io import BytesIO
from xml.etree import ElementTree as ET

from bot.app.web import pages
from bot.chat.commands.timeline import timeline_picture
from bot.chat.hosts import hosts_by_release
from bot.matrix.release import Product
from bot.settings.model import Settings
from bot.web.metrics import ProbeMetrics
from tests.app.conftest import START, Clock, House


def _get(house: House, method: str = "GET") -> tuple[str, dict[str, str], str]:
    told: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/timeline.svg",
        "wsgi.input": BytesIO(),
        "REMOTE_ADDR": "203.0.113.9",
        "HTTP_X_FORWARDED_FOR": "198.51.100.7",
    }
    app = pages(Settings(), house.watched, ProbeMetrics(), None, None, proxied=True)
    body = b"".join(app(environ, lambda status, headers: told.append((status, headers))))
    return told[0][0], dict(told[0][1]), body.decode()


def test_a_stranger_gets_the_picture_and_nothing_of_the_fleet(house: House) -> None:
    house.sweep()
    status, headers, body = _get(house)
    assert status == "200 OK"
    assert headers["content-type"] == "image/svg+xml"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert ET.fromstring(body).get("role") == "img"
    assert "host" not in body
    assert not any(host.host.name in body for host in house.store.fleet.hosts())
    assert _get(house, "HEAD")[2] == ""
    assert _get(house, "POST")[0].startswith("405")


def test_it_is_of_the_day(house: House, clock: Clock) -> None:
    before = _get(house)[2]
    assert before == _get(house)[2]
    assert "23 Nov 2026" in before
    clock.pass_by(800)
    assert "31 Jan 2029" in _get(house)[2]


def test_who_may_see_the_fleet_gets_its_numbers_at_the_ends(house: House) -> None:
    house.sweep()
    ports = house.watched.ports()
    assert ports.watched
    picture = timeline_picture(ports.matrix, Product, START.date())
    shown = picture.with_hosts(hosts_by_release(ports, ports.watched, START.date())).svg()
    assert shown.count("&#183; 1 host</text>") == 3
    assert "ended 13 Apr 2018 &#183; 1 host" in shown
