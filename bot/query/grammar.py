"""The whole grammar of a question: undo what chat did, take the day out, part it, and look up what each part asks for.

Loaded for the first question that is no plain name with its number.
"""

from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.claims import Carried, Claim, QuestionPart
from bot.query.days import take_day
from bot.query.query import Outcome, Query, QueryPart
from bot.query.spellings import Spellings
from bot.query.suggest import MOST, nearest, same
from bot.query.text import plain, shown, without_remarks
from bot.query.tokens import Scanner
from bot.query.versions import items
from bot.query.words import XEN

MOST_PARTS = 50
"""Parts beyond these are not read: nobody asks for more, and an answer has room for fewer."""


class Grammar:
    """Reads questions against one Matrix."""

    def __init__(self, matrix: Matrix) -> None:
        self._spellings = Spellings(matrix)
        self._scanner = Scanner(self._spellings.codenames, self._spellings.is_decimal)

    def read(self, text: str) -> Query:
        """Read any text. Total: it never raises, and its time grows with the length of the text."""
        rest, on, bad_date = take_day(plain(text))
        return Query(self._parts(self._claims(without_remarks(rest))), on, bad_date)

    def _claims(self, text: str) -> list[Claim]:
        claims: list[Claim] = []
        carried: Carried | None = None
        for tokens in self._scanner.parts(text):
            part = QuestionPart(items(tokens, self._spellings.is_number), text, carried)
            found = part.claims()
            if found and found[0].is_carried and claims:
                last, product = claims[-1], found[0].product
                if last.wanted is None and last.product is product is not None:
                    claims.pop()  # "XenServer: 7.2" in two lines
            claims.extend(found)
            carried = part.carries()
            if len(claims) > 2 * MOST_PARTS:
                break
        known = [claim for claim in claims if not claim.name or claim.wanted]
        if known:  # unknown words beside it are only talk
            return [claim for claim in claims if claim in known or claim.is_bare_name or claim.resembles]
        likely = [claim for claim in claims if claim.resembles]
        return (likely or claims)[:1]

    def _parts(self, claims: list[Claim]) -> tuple[QueryPart, ...]:
        parts: dict[tuple[object, ...], QueryPart] = {}
        for claim in claims:
            part = self._part(claim)
            parts.setdefault((part.releases or part.platform or part.text.lower(), part.level), part)
        doubtful = {claim.text for claim in claims if claim.is_doubtful}
        known = any(part.releases for part in parts.values())
        answered = (p for p in parts.values() if p.releases or not known or p.text not in doubtful)
        return tuple(answered)[:MOST_PARTS]

    def _part(self, claim: Claim) -> QueryPart:
        text = shown(claim.text)
        if claim.platform == XEN and (meant := self._same_everywhere(claim, Product.XENSERVER)):
            # Xen with a number that only the products have is likely one of them ("xen 7.2").
            return QueryPart(text, Outcome.UNKNOWN_PRODUCT, suggestions=meant)
        if claim.platform:
            every = tuple(Product)
            return QueryPart(text, Outcome.UNSUPPORTED_PLATFORM, suggestions=every, platform=claim.platform)
        if claim.name:
            return QueryPart(text, Outcome.UNKNOWN_PRODUCT, suggestions=self._meant(claim))
        if claim.product:
            return self._of_product(claim, claim.product, text)
        return self._of_any_product(claim, text)

    def _of_product(self, claim: Claim, product: Product, text: str) -> QueryPart:
        if claim.wanted is None:
            newest_first = tuple(reversed(self._spellings.ascending[product]))
            return QueryPart(text, Outcome.UNKNOWN_VERSION, suggestions=newest_first, product=product)
        if claim.is_hypervisor and (meant := self._spellings.hypervisors(product, claim.wanted)):
            return QueryPart(text, Outcome.UNKNOWN_VERSION, suggestions=meant, product=product)
        if match := self._spellings.match(product, claim.wanted):
            return QueryPart(text, Outcome.ASSESSED, match.releases, level=match.level, product=product)
        near = nearest(self._spellings, product, claim.wanted)
        return QueryPart(text, Outcome.UNKNOWN_VERSION, suggestions=near, product=product)

    def _of_any_product(self, claim: Claim, text: str) -> QueryPart:
        wanted = claim.wanted
        found = {product: self._spellings.match(product, wanted) for product in Product} if wanted else {}
        matches = {product: match for product, match in found.items() if match}
        if not matches:
            near = nearest(self._spellings, None, wanted) if wanted else ()
            return QueryPart(text, Outcome.UNKNOWN_VERSION, suggestions=near)
        releases = tuple(release for match in matches.values() for release in match.releases)
        if len(matches) == 1:
            ((product, match),) = matches.items()
            return QueryPart(text, Outcome.ASSESSED, releases, level=match.level, product=product)
        levels = {match.level for match in matches.values()}
        level = levels.pop() if len(levels) == 1 else None
        return QueryPart(text, Outcome.AMBIGUOUS, releases, level=level)

    def _meant(self, claim: Claim) -> tuple[Release | Product, ...]:
        """What an unknown name may mean: the product that it resembles, else the same version of any."""
        product, wanted = claim.resembles, claim.wanted
        if product is None:
            return self._same_everywhere(claim) or tuple(Product)
        if wanted is None:
            return (product,)
        meant = same(self._spellings, product, wanted)
        return meant or (product, *nearest(self._spellings, product, wanted)[: MOST - 1])

    def _same_everywhere(self, claim: Claim, first: Product = Product.XCP_NG) -> tuple[Release, ...]:
        if claim.wanted is None:
            return ()
        order = sorted(Product, key=lambda product: product is not first)
        return tuple(release for product in order for release in same(self._spellings, product, claim.wanted))
