"""From "XenServer 7.2" to its Assessment, against parsing a version with `packaging`."""

from datetime import date

from packaging.version import Version

from bot.matrix.assess import assess
from bot.matrix.load import load_matrix
from bot.matrix.recommend import recommend
from bot.query.reader import Reader
from tests.bench.timing import microseconds

DAY = date(2026, 11, 23)


def measure() -> dict[str, object]:
    """Microseconds a look-up; also without the kept recommendations, and for a sentence."""
    matrix = load_matrix()
    reader = Reader(matrix)

    def look_up(words: str = "XenServer 7.2") -> None:
        for release in reader.read(words).releases:
            assess(matrix, release, DAY)

    def anew() -> None:
        recommend.cache_clear()
        look_up()

    reference = microseconds(lambda: Version("7.2"))
    ours = microseconds(look_up)
    return {
        "us": round(ours, 2),
        "us_without_kept_recommendations": round(microseconds(anew, calls=2_000), 2),
        "us_sentence": round(microseconds(lambda: look_up("is XenServer 7.2 still supported?"), calls=2_000), 2),
        "reference": "packaging.version.Version('7.2')",
        "reference_us": round(reference, 2),
        "ratio": round(ours / reference, 2),
    }
