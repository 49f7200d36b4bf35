"""The log of lifecycle events: only added to, of one mind with the data, and valid by ECMA-428."""

from datetime import date
from hashlib import sha256

import pytest

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.published.lifecycle_events import EventType, LifecycleEvent, cle, lifecycle_events, not_in_log
from tests.published import validators

PUBLISHED = {
    Product.XCP_NG: (14, "21b62eb86f03570f"),
    Product.XENSERVER: (45, "0a17cf1f48b87906"),
}
"""How many events were published when this was written last, and the digest of them: they may never change. After
adding events, add to the numbers and renew the digests, which a reviewer sees."""


@pytest.mark.parametrize("product", Product)
def test_a_document_is_valid(product: Product) -> None:
    document = cle(product)
    validators.cle().validate(document)
    ids = [event["id"] for event in document["events"]]
    assert ids == list(range(len(ids), 0, -1)), "the newest first, none left out, none given twice"
    assert document["updatedAt"] == max(event["published"] for event in document["events"])


@pytest.mark.parametrize("product", Product)
def test_what_was_published_never_changes(product: Product) -> None:
    number, digest = PUBLISHED[product]
    events = lifecycle_events()[product]
    assert len(events) >= number
    assert sha256(repr([tuple(map(str, event)) for event in events[:number]]).encode()).hexdigest()[:16] == digest


def test_the_log_says_what_the_data_says(matrix: Matrix) -> None:
    assert list(not_in_log(matrix)) == []


def test_a_date_that_the_log_lacks_is_found(matrix: Matrix) -> None:
    first = matrix.releases[0]
    moved = first._replace(lifecycle=first.lifecycle._replace(eol=date(2029, 11, 30)))
    new = Matrix(
        (moved, *matrix.releases[1:]), matrix.published, (), (), {}, matrix.lifecycle_source, matrix.lifecycle_read_on
    )
    assert list(not_in_log(new)) == ["XCP-ng 8.3"]


def test_a_date_that_moved_is_withdrawn_and_told_anew(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    log, today = lifecycle_events(), date(2027, 3, 1)
    events = log[Product.XCP_NG]
    old = next(each for each in events if (each.release, each.type) == ("8.3", EventType.END_OF_LIFE))
    more = (
        LifecycleEvent(
            len(events) + 1, EventType.WITHDRAWN, today, today, event_id=old.id, reason="the vendor moved the date"
        ),
        LifecycleEvent(len(events) + 2, EventType.END_OF_LIFE, date(2029, 5, 31), today, "8.3"),
    )
    monkeypatch.setattr(
        "bot.published.lifecycle_events.lifecycle_events", lambda: {**log, Product.XCP_NG: (*events, *more)}
    )
    document = cle(Product.XCP_NG)
    validators.cle().validate(document)
    newest, withdrawn, *before = document["events"]
    assert (newest["effective"], withdrawn["eventId"]) == ("2029-05-31T00:00:00Z", old.id)
    assert before == [event for event in cle(Product.XCP_NG)["events"] if event["id"] <= len(events)]
    assert list(not_in_log(matrix)) == ["XCP-ng 8.3"], "the data have the old date still"
