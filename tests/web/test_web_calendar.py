"""The calendar: each release's days, as a calendar program reads them."""

from datetime import UTC, datetime

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.web.calendar import OCTETS_MAX, calendar

MADE = datetime(2026, 11, 23, 8, tzinfo=UTC)


def _release(matrix: Matrix, product: Product, number: str) -> Release:
    release = matrix.release(product, number)
    assert release
    return release


def _events(text: str) -> list[dict[str, str]]:
    lines = text.replace("\r\n ", "").split("\r\n")
    events: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events:
            events[-1][name] = value
    return events


def test_a_release_has_its_end_of_life_as_a_day(matrix: Matrix) -> None:
    [event] = _events(calendar([_release(matrix, Product.XENSERVER, "7.2")], MADE))
    assert event["SUMMARY"] == "XenServer 7.2: end of life"
    assert (event["DTSTART;VALUE=DATE"], event["DTEND;VALUE=DATE"]) == ("20180413", "20180414")
    assert event["DTSTAMP"] == "20261123T080000Z"


def test_the_end_of_maintenance_is_an_event_of_its_own_where_it_comes_first(matrix: Matrix) -> None:
    with_maintenance = [r for r in matrix.releases if (end := r.lifecycle.maintenance_ends) and end != r.lifecycle.eol]
    assert with_maintenance
    for release in with_maintenance:
        summaries = [event["SUMMARY"] for event in _events(calendar([release], MADE))]
        assert [text.split(": ")[1] for text in summaries] == ["maintenance ends", "end of life"]


def test_every_event_of_all_releases_has_an_id_of_its_own_that_stays(matrix: Matrix) -> None:
    once, again = (_events(calendar(matrix.releases, at)) for at in (MADE, MADE.replace(year=2027)))
    ids = [event["UID"] for event in once]
    assert len(ids) == len(set(ids))
    assert ids == [event["UID"] for event in again]


def test_the_same_release_twice_is_there_once(matrix: Matrix) -> None:
    release = _release(matrix, Product.XCP_NG, "8.2")
    assert calendar([release, release], MADE) == calendar([release], MADE)


def test_lines_end_as_the_standard_says_and_none_is_too_long(matrix: Matrix) -> None:
    text = calendar(matrix.releases, MADE)
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= OCTETS_MAX


def test_without_releases_it_is_an_empty_calendar() -> None:
    text = calendar([], MADE)
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert "VEVENT" not in text
