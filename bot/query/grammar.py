"""The whole grammar of a question: undo what chat did, take the day out, part it, and look up what each part asks for.

Loaded for the first question that is no plain name with its number.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from bot.days import take_days
from bot.matrix.feature import Feature
from bot.matrix.release import Product, Release
from bot.query.claims import Claim, QuestionPart
from bot.query.leftover import leftover
from bot.query.query import Outcome, Query, QueryPart
from bot.query.records import Record, records
from bot.query.spellings import Match, Number, Spellings, Wanted
from bot.query.suggest import MOST, nearest, same
from bot.query.tokens import FeatureNames, Scanner, Token, without_remarks
from bot.query.versions import grown
from bot.query.words import XEN
from bot.text import Span, blanked, shown, undressed

MOST_PARTS = 50
"""Parts beyond these are not read: nobody asks for more, and an answer has room for fewer."""
BRANDS = {
    "xcp-ng": Product.XCP_NG,
    "xenserver": Product.XENSERVER,
    "citrix hypervisor": Product.XENSERVER,
    "citrix xenserver": Product.XENSERVER,
}
"""What hosts call themselves (`product_brand`)."""
_VERSION = re.compile(
    r"\d{1,4}(?:\.\d{1,4}){0,3}(?: (?:cu|sp|fp)\d)?(?:-?(?:rc|beta|alpha|preview)\.?\d*|[-_][\w.-]{1,20})?",
    re.ASCII | re.IGNORECASE,
)
"""A `product_version`, with a prerelease or a build behind it: "7.0.0-125380c"."""


class Grammar:
    """Reads questions against one Matrix."""

    def __init__(self, features: Iterable[Feature], spellings: Spellings) -> None:
        self._spellings = spellings
        self._features = FeatureNames(features)
        self._scanner = Scanner(self._spellings.codenames, self._spellings.is_number)

    def read(self, text: str, today: date | None = None) -> Query:
        """Read any text. Total: it never raises, and its time grows with the length of the text.

        `today` is what "in 2 years" counts from. Whoever understands a piece leaves blanks in its place; what is left
        in the end and is no courtesy is named.
        """
        typed = undressed(text)
        machines = [each for each in records(typed) if not each.codename or each.codename in self._spellings.codenames]
        days = take_days(blanked(typed, (place for each in machines for place in each.places)).replace("_", " "), today)
        rest, remarks = without_remarks(days.rest)
        rest, features = self._features.take(rest)
        tokens = [*self._scanner.parts(rest, features)]
        answers = [(claim, self._part(claim)) for claim in self._claims(rest, tokens)]
        if machines:  # beside them a word of which nothing is known names no platform
            answers = [(claim, part) for claim, part in answers if claim.wanted or not claim.name]
            answers = sorted([*map(self._of_machine, machines), *answers], key=lambda answer: answer[0].used[:1])
        parts, used = _answered(answers)
        used += [(token.start, token.end) for token in features]
        left, misses = leftover(typed, [token for part in tokens for token in part], used, [*days.bare, *remarks])
        asked = tuple(self._features.by_id[name] for name in dict.fromkeys(token.value for token in features))
        return Query(parts, days.on, days.bad, asked, tuple(left), misses)

    def identify(self, brand: str, version: str, is_preview: bool = False) -> QueryPart | None:
        """The release of a host's own brand and version; None if the brand is none of ours or the version is none.

        The version is read as a typed one is, its level, its prerelease and its build by the same rule.
        """
        product = BRANDS.get(brand.strip().casefold())
        if product is None or not _VERSION.fullmatch(version.strip()):
            return None
        read = grown(next(self._scanner.parts(version.replace("_", "-"))), self._spellings.is_number)[0].wanted
        wanted = read if isinstance(read, Number) else Number(version.strip())
        if is_preview and not wanted.prerelease:
            wanted = wanted._replace(prerelease="preview")
        return self._part(Claim(f"{brand.strip()} {version.strip()}", wanted, product))

    def _of_machine(self, said: Record) -> tuple[Claim, QueryPart]:
        text = f"{said.brand} {said.version}".strip() or said.codename
        claim = Claim(text, Number(said.codename or said.version), used=said.places)
        return claim, self.identify(said.brand, said.version, said.is_preview) or self._part(claim)

    def _claims(self, text: str, parts: Iterable[Sequence[Token]]) -> list[Claim]:
        claims: list[Claim] = []
        carried: Token | None = None
        for tokens in parts:
            part = QuestionPart(grown(tokens, self._spellings.is_number), text, carried)
            claims.extend(part.claims())
            carried = part.carries()
            if len(claims) > 2 * MOST_PARTS:
                break
        known = [claim for claim in claims if not claim.name or claim.wanted]
        if known:  # unknown words beside it are only talk
            return [claim for claim in claims if claim in known or claim.is_bare_name or claim.resembles]
        likely = [claim for claim in claims if claim.resembles]
        return (likely or claims)[:1]

    def _part(self, claim: Claim) -> QueryPart:
        text, wanted, product = shown(claim.text), claim.wanted, claim.product
        if claim.platform == XEN and (meant := self._everywhere(wanted, Product.XENSERVER)):
            return QueryPart(text, Outcome.UNKNOWN_PRODUCT, suggestions=meant)  # "xen 7.2" is likely one of ours
        if claim.platform:
            every = tuple(Product)
            return QueryPart(text, Outcome.UNSUPPORTED_PLATFORM, suggestions=every, platform=claim.platform)
        if claim.name:
            return QueryPart(text, Outcome.UNKNOWN_PRODUCT, suggestions=self._meant(claim))
        near: Iterable[Release] = ()
        if wanted is None:
            near = reversed(self._spellings.ascending[product]) if product else ()
        elif product and claim.is_hypervisor:
            near = self._spellings.hypervisors(product, wanted)
        if wanted and not near:
            found = {of: self._spellings.match(of, wanted) for of in ([product] if product else Product)}
            matches = {of: match for of, match in found.items() if match}
            if len(matches) > 1 and isinstance(wanted, Number) and self._spellings.is_preview(wanted.text):
                del matches[Product.XENSERVER]  # 8.3 alone is XCP-ng's, not the preview that called itself so
            if matches:
                levels, (first, *others) = {match.level for match in matches.values()}, matches.values()
                releases = tuple(release for match in matches.values() for release in match.releases)
                match = Match(releases, first.level if len(levels) == 1 else None, first.prerelease)
                return match.part(text, None if others else next(iter(matches)))
            near = nearest(self._spellings, product, wanted)
        return QueryPart(text, Outcome.UNKNOWN_VERSION, suggestions=tuple(near), product=product)

    def _meant(self, claim: Claim) -> tuple[Release | Product, ...]:
        """What an unknown name may mean: the product that it resembles, else the same version of any."""
        product, wanted = claim.resembles, claim.wanted
        if product is None:
            return self._everywhere(wanted) or tuple(Product)
        if wanted is None:
            return (product,)
        near = same(self._spellings, product, wanted)
        return near or (product, *nearest(self._spellings, product, wanted)[: MOST - 1])

    def _everywhere(self, wanted: Wanted | None, first: Product = Product.XCP_NG) -> tuple[Release, ...]:
        """The same version of every product."""
        if wanted is None:
            return ()
        order = sorted(Product, key=lambda product: product is not first)
        return tuple(release for product in order for release in same(self._spellings, product, wanted))


def _answered(read: Sequence[tuple[Claim, QueryPart]]) -> tuple[tuple[QueryPart, ...], list[Span]]:
    """What is answered, each thing once and in its order, and what it was read from."""
    if any(part.releases for _, part in read):
        read = [(claim, part) for claim, part in read if part.releases or not _is_noise(claim, part)]
    products = {part.product for claim, part in read if claim.wanted}
    parts: dict[tuple[object, ...], QueryPart] = {}
    used: list[Span] = []
    for claim, part in read:
        key = (part.releases or part.platform or part.text.lower(), part.level, part.prerelease)
        if claim.product and claim.wanted is None and claim.product in products:  # "my XCP-ng host says: ..."
            used += claim.used
        elif key in parts or len(parts) < MOST_PARTS:
            parts.setdefault(key, part)
            used += claim.used
    return tuple(parts.values()), used


def _is_noise(claim: Claim, part: QueryPart) -> bool:
    """Whether it may count something, or is a version of something else that no release has: "uname 4.19.0"."""
    names_other = claim.name and claim.wanted and not claim.resembles
    return claim.is_doubtful or bool(names_other and not any(isinstance(near, Release) for near in part.suggestions))
