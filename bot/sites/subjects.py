"""The subjects, streams and consumers that join the centre and its sites: what permissions and settings speak of.

A site publishes `observed`, `inventory` and its answers, and hears `ask` and `probe`, each with its own name in it. The
centre makes streams and consumers; a site may only pull from the consumer that has its name, and acknowledge.
"""

from typing import NamedTuple

from bot.fleet.sites import SITE_NAME

PREFIX = "xocompat.v1"

ASK_STREAM = "XOCOMPAT_ASK"
"""Work queue: what sites are to ask. A durable consumer for each site, of the site's name, filtered by its subject."""

OBSERVED_STREAM = "XOCOMPAT_OBSERVED"
"""Work queue: what sites have found. All centres share one durable consumer."""

DEAD_STREAM = "XOCOMPAT_DEAD"
"""What no centre could record, set aside for people to look at."""

CENTRE = "centre"
"""The durable consumer of OBSERVED_STREAM, and the queue group of what centres hear."""

WORKERS = "workers"
"""The queue group of a site's workers: each probe goes to one of them."""


class SiteSubjects(NamedTuple):
    """The subjects of one site; `inbox` is the prefix under which answers reach its workers."""

    site: str

    @property
    def ask(self) -> str:
        return f"{PREFIX}.{self.site}.ask"

    @property
    def observed(self) -> str:
        return f"{PREFIX}.{self.site}.observed"

    @property
    def inventory(self) -> str:
        return f"{PREFIX}.{self.site}.inventory"

    @property
    def probe(self) -> str:
        return f"{PREFIX}.{self.site}.probe"

    @property
    def dead(self) -> str:
        return f"{PREFIX}.{self.site}.dead"

    @property
    def inbox(self) -> str:
        return f"_INBOX.{self.site}"

    @property
    def pull(self) -> str:
        """Where a worker asks the server for work."""
        return f"$JS.API.CONSUMER.MSG.NEXT.{ASK_STREAM}.{self.site}"

    @property
    def acks(self) -> str:
        """Where a worker says what became of that work."""
        return f"$JS.ACK.{ASK_STREAM}.{self.site}.>"


EVERY_SITE = SiteSubjects("*")
"""The subjects of all sites, as the centre hears them."""


def site_of(subject: str) -> str | None:
    """The site that a subject belongs to; None for any other text."""
    prefix, _, rest = subject.partition(f"{PREFIX}.")
    name = rest.partition(".")[0]
    return name if not prefix and SITE_NAME.fullmatch(name) else None
