"""Renews data/ as a whole: a bundle that came is checked, compared, and used unless something speaks against it.

It fails closed: whatever is wrong, the data in use stays. What is shipped is the floor; of it and the bundle that was
accepted last the one of the later day is in use.
"""

from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from bot.catalogue import message, number, say, say_about, say_counted
from bot.matrix.load import Raw, data_day
from bot.matrix.release import Product
from bot.published.bundle import SIZE_MAX, Bundle, BundleError, checked_content, read_bundle
from bot.published.data_diff import DataChange, DataFact, data_changes, side_in_words
from bot.published.fetch import Failed, Fetched, FetchResult, Wanted, nothing_stored, shown_source
from bot.published.renewals import NewRenewal, Renewals, StoredRenewal, checked_by, newest

BUNDLE = Wanted(
    message("a bundle of data"), message("what `xocompat export --format data` wrote"), "data.url", SIZE_MAX
)

BETTER_MAX = 2
"""So many things may look better at once, before somebody is asked (CONTRACT.md section 5)."""

Get = Callable[[str, str | None], FetchResult]
"""Gets the bundle of a source, if it is not the one with the tag."""


class DataInUse(NamedTuple):
    """The content in use (as bot.matrix.load.build takes it), the day that it is of, and where it came from.

    `stored` is None where it is what is shipped.
    """

    content: Raw
    day: date
    stored: StoredRenewal | None = None


class DataRenewal(NamedTuple):
    """What became of an attempt. `changes` is what moved, or would; `problem` is why nothing is used of what came.

    `day` is the one that the bundle is of, None where none could be read; `waits`: only `sync --force` takes it.
    `passing`: nothing came, and something may later. `stored` is the bundle as the database has it, where it is in use.
    """

    source: str
    day: date | None = None
    digest: str | None = None
    changes: tuple[DataChange, ...] = ()
    problem: str | None = None
    waits: bool = False
    passing: bool = False
    stored: StoredRenewal | None = None


class DataFollower(NamedTuple):
    """Follows one source. `shipped` is what came with this version. Without `renewals` nothing was ever renewed."""

    source: str
    get: Get
    shipped: Callable[[], Raw]
    now: Callable[[], datetime]
    renewals: Renewals | None = None

    @property
    def name(self) -> str:
        """The source as it may be shown: without a password."""
        return shown_source(self.source)

    def check(self) -> DataRenewal:
        """Get the bundle and compare it; nothing is stored. UnavailableError if the database could not be reached."""
        in_use = data_in_use(self.shipped(), self.renewals)
        answer = self.get(self.source, None)
        if not isinstance(answer, Fetched):
            return self._without(answer)
        found, _ = self._judged(answer.body, in_use, force=False)
        return found

    def latest(self, renewals: Renewals) -> DataRenewal | None:
        """What is stored, without asking the source: the bundle in use with what it moved when it came, and why
        nothing came or was used since. None where nothing was ever asked."""
        in_use, attempts = data_in_use(self.shipped(), renewals), renewals.attempts(self.name)
        stored = in_use.stored
        if stored is None and attempts is None:
            return None
        problem = attempts.error if attempts else None
        return DataRenewal(
            source=self.name,
            day=in_use.day,
            digest=stored.digest if stored else None,
            problem=problem,
            passing=bool(attempts and attempts.passing),
            stored=stored,
        )

    def sync(self, renewals: Renewals, force: bool = False) -> DataRenewal:
        """Get the bundle, and use it from now on unless something is wrong; `force`: though much looks better."""
        in_use = data_in_use(self.shipped(), renewals)
        known = in_use.stored if in_use.stored and in_use.stored.source == self.name else None
        answer = self.get(self.source, known.etag if known else None)
        if not isinstance(answer, Fetched) and not (known and not isinstance(answer, Failed)):
            failed = self._without(answer)
            renewals.failed(self.name, failed.problem or "", failed.passing, self.now())
            return failed
        if not isinstance(answer, Fetched):
            renewals.fetched(self.name, self.now())
            return DataRenewal(self.name, in_use.day, known.digest if known else None, stored=known)
        found, content = self._judged(answer.body, in_use, force)
        if content is None:
            if found.problem:
                renewals.failed(self.name, found.problem, False, self.now())
            else:
                renewals.fetched(self.name, self.now())
            return found
        new = NewRenewal(
            source=self.name,
            digest=found.digest or "",
            etag=answer.etag,
            day=found.day or in_use.day,
            changes=found.changes,
            checked_by=checked_by(),
            text=answer.body.decode(),
            content=content,
        )
        stored = renewals.save(new, self.now())
        renewals.fetched(self.name, self.now())
        return found._replace(stored=stored)

    def _without(self, answer: FetchResult) -> DataRenewal:
        failed = answer if isinstance(answer, Failed) else nothing_stored()
        return DataRenewal(self.name, problem=failed.message, passing=failed.passing)

    def _judged(self, body: bytes, in_use: DataInUse, force: bool) -> tuple[DataRenewal, Raw | None]:
        """What a bundle is worth, with its content if that is to be used from now on."""
        digest = sha256(body).hexdigest()
        stored = in_use.stored
        if stored and stored.digest == digest:
            return DataRenewal(self.name, stored.day, digest, stored=stored), None
        found = DataRenewal(self.name, digest=digest)
        try:
            bundle = read_bundle(body)
            found = found._replace(day=bundle.day)
            self._check_day(bundle, in_use.day)
            content = checked_content(bundle)
            _check_shape(in_use.content, content)
        except BundleError as error:
            return found._replace(problem=error.about(self.name)), None
        # A day that is yet to come would keep every other bundle out until then.
        day = min(bundle.day, self.now().date())
        found = found._replace(day=day, changes=data_changes(in_use.content, content))
        if not force and (why := why_it_waits(self.name, found.changes)):
            return found._replace(problem=why, waits=True), None
        return found, content

    def _check_day(self, bundle: Bundle, used: date) -> None:
        if bundle.day < min(used, self.now().date()):
            raise BundleError(
                message("{bundle} is of {day}, and the data in use is of {used}: only newer data is used."),
                day=bundle.day.isoformat(),
                used=used.isoformat(),
            )


def data_in_use(shipped: Raw, renewals: Renewals | None) -> DataInUse:
    """The newest valid one of what is shipped and what was accepted. UnavailableError if the database is away."""
    day = data_day(shipped)
    renewed = newest(renewals, lambda: day) if renewals else None
    return DataInUse(renewed[1], renewed[0].day, renewed[0]) if renewed else DataInUse(shipped, day)


def why_it_waits(bundle: str, changes: tuple[DataChange, ...]) -> str | None:
    """Why somebody has to say that a bundle is right, if it is so. Names the first things that look better."""
    lost = [change for change in changes if change.is_lost_release]
    better = lost if lost else [change for change in changes if change.is_better]
    if not lost and len(better) <= BETTER_MAX:
        return None
    named = ", ".join(map(_moved, better[: BETTER_MAX + 1]))
    if (more := len(better) - BETTER_MAX - 1) > 0:
        named = say("{items} and {more} more", items=named, more=number(more))
    if lost:
        text = message("{bundle} loses releases ({changes}): if that is right, `xocompat sync --force` takes it.")
        return say(text, bundle=bundle, changes=named)
    return say_counted(
        len(better),
        "{bundle} makes {count} thing better at once ({changes}): if that is right, `xocompat sync --force` takes it.",
        "{bundle} makes {count} things better at once ({changes}): if that is right, `xocompat sync --force` takes it.",
        bundle=bundle,
        changes=named,
    )


_MOVED = {
    DataFact.ENTRY: message("{subject} gone"),
    DataFact.RELEASED: message("{subject} released {before} → {after}"),
    DataFact.MAINTENANCE_ENDS: message("{subject} maintenance ends {before} → {after}"),
    DataFact.EOL: message("{subject} eol {before} → {after}"),
    DataFact.LTS_SINCE: message("{subject} lts since {before} → {after}"),
    DataFact.SUPPORT: message("{subject} support {before} → {after}"),
    DataFact.AFFECTS: message("{subject} affects {before} → {after}"),
    DataFact.REQUIRED_OF: message("{subject} required of {before} → {after}"),
    DataFact.STEP: message("{subject} step {before} → {after}"),
    DataFact.FIXED_FROM: message("{subject} fixed from {before} → {after}"),
    DataFact.EXPLOITED: message("{subject} exploited {before} → {after}"),
    DataFact.AFFECTED: message("{subject} affected {before} → {after}"),
    DataFact.DETAILS: message("{subject} details {before} → {after}"),
}
"""What looks better, in few words; of entries only that they are gone."""


def _moved(change: DataChange) -> str:
    before, after = (
        side_in_words(side) if side else say_about("a value", "not known") for side in (change.before, change.after)
    )
    return say(_MOVED[change.fact], subject=change.subject, before=before, after=after)


def _check_shape(before: Raw, after: Raw) -> None:
    """BundleError where a whole list is gone, or more than half of one: that is no renewal, whoever says so."""
    for file, content in before.items():
        for key, value in content.items():
            if isinstance(value, (list, dict)) and key != "in_development":
                left: Any = after.get(file, {}).get(key) or ()
                if value and 2 * len(left) < len(value):
                    raise BundleError(
                        message("{bundle} has {left} of the {all} {key} in {file}.yaml that are in use."),
                        left=number(len(left)),
                        all=number(len(value)),
                        key=key,
                        file=file,
                    )
    there = {release["product"] for release in after["releases"]["releases"]}
    if gone := [product for product in Product if product.value not in there]:
        raise BundleError(message("{bundle} has no release of {product}."), product=gone[0].value)
