"""The hosts of a fleet with their verdicts."""

from datetime import date

from bot.fleet.verdicts import host_verdicts
from bot.matrix.matrix import Matrix
from bot.query.query import QueryPart
from bot.query.reader import Reader
from tests.alerts.fleets import host

DAY = date(2025, 6, 20)


class CountingReader(Reader):
    """A reader that counts what it is asked."""

    count = 0

    def identify(self, brand: str, version: str, is_preview: bool) -> QueryPart | None:
        self.count += 1
        return super().identify(brand, version, is_preview)


def test_the_worst_come_first(matrix: Matrix, reader: Reader) -> None:
    hosts = [host("new", "8.3.0"), host("odd", "9.9.9"), host("soon"), host("old", "8.1.0"), host("older", "7.4.0")]
    found = host_verdicts(matrix, reader, hosts, DAY)
    assert [finding.host.host.name for finding in found] == ["older", "old", "odd", "soon", "new"]
    assert [finding.is_eol for finding in found] == [True, True, False, False, False]
    assert [finding.assessment is None for finding in found] == [False, False, True, False, False]


def test_a_prerelease_stands_between_what_nobody_knows_and_what_is_supported(matrix: Matrix, reader: Reader) -> None:
    preview = host("preview", "8.3.0")
    preview = preview._replace(host=preview.host._replace(product_brand="XenServer"))
    found = host_verdicts(matrix, reader, [host("soon"), preview, host("odd", "9.9.9"), host("old", "8.1.0")], DAY)
    assert [finding.host.host.name for finding in found] == ["old", "odd", "preview", "soon"]
    assert [finding.assessment and finding.assessment.prerelease for finding in found] == [None, None, "preview", None]


def test_each_version_is_read_once(matrix: Matrix) -> None:
    counting = CountingReader(matrix)
    found = host_verdicts(
        matrix, counting, [host(f"xen-{number}", ("8.2.1", "8.3.0")[number % 2]) for number in range(100)], DAY
    )
    assert counting.count == 2
    assert len({id(finding.assessment) for finding in found}) == 2
