"""What a question's part asks for: words that are only talk are set aside, and each version goes to its product."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from typing import NamedTuple

from bot.matrix.release import Product
from bot.query.spellings import HYPERVISOR_NAMES, Number, Wanted, digits
from bot.query.suggest import is_one_name, resembling
from bot.query.tokens import Token
from bot.query.words import ARTICLES, DISTRIBUTIONS, XEN, TokenKind
from bot.text import Span, fold

OWNING = (TokenKind.PRODUCT, TokenKind.PLATFORM)
_OF_ONE_NAME = (
    (TokenKind.PRODUCT, TokenKind.UNKNOWN),
    (TokenKind.PLATFORM, TokenKind.UNKNOWN),
    (TokenKind.UNKNOWN, TokenKind.FILLER),
)
"""What may be one name with a mistake in it."""
_OF_A_LIST = (*OWNING, TokenKind.NUMBER, TokenKind.JOINT, None)
"""What a whole number stands behind in a list; behind another word it may count something."""
_FOREIGN = (TokenKind.UNKNOWN, TokenKind.FEATURE)
"""A number behind one of these may be of something else."""
_FOUR_PLACES = 3
_LONGEST_NAME = 3
_MOST_WORDS = 20
_XEN_MAJORS = ((3,), (4,))
"""Of the Xen that a host has inside ("xcp-ng 8.3 xen 4.17"); no release has them."""


class Claim(NamedTuple):
    """One thing that a question asks for.

    `product` or `platform` owns the version; `name` is an unknown word in their place, `resembles` what it may mean.
    `is_doubtful`: a whole number in a sentence, which may count something. `is_bare_name`: the part is only a name.
    `is_hypervisor`: the product was called Citrix Hypervisor, and nothing else. `used` is what it was read from.
    """

    text: str
    wanted: Wanted | None = None
    product: Product | None = None
    platform: str = ""
    name: str = ""
    resembles: Product | None = None
    is_doubtful: bool = False
    is_bare_name: bool = False
    is_hypervisor: bool = False
    used: tuple[Span, ...] = ()


class QuestionPart:
    """One part of a question, between commas. `carried` is the name that one without a name is about.

    A name in front of a version owns it ("XenServer 7.2 and 7.3"), or one behind it where none is in front ("8.2 of
    XCP-ng", "7.2 XenServer"). In a stretch without a name the last name before it counts, in this part or an earlier
    one, then the next name.
    """

    def __init__(self, found: Sequence[Token], text: str, carried: Token | None) -> None:
        self._text = text
        self._carried = carried
        items = self._mistyped(found)
        stretches = [*accumulate(item.kind is TokenKind.JOINT for item in items)]
        numbered = {at for item, at in zip(items, stretches, strict=True) if item.kind is TokenKind.NUMBER}
        self._items = [  # code names are also words ("George says 7.2 is fine"): beside a number they name nothing
            item._replace(kind=TokenKind.FILLER, value="", wanted=None)
            if item.kind is TokenKind.CODENAME and at in numbered
            else item
            for item, at in zip(items, stretches, strict=True)
        ]
        self._stretch = {item.start: at for item, at in zip(items, stretches, strict=True)}
        """Between which words like "and" what begins at a place stands."""
        self._names = [item for item in self._items if item.kind in OWNING]
        self._before: dict[int, TokenKind | None] = {}
        """What stands in front of what begins at a place, but for the word "version"."""
        kind: TokenKind | None = None
        for item in self._items:
            self._before[item.start] = kind
            kind = kind if item.kind is TokenKind.VERSION else item.kind
        self._owners = {item: self._owner(item) for item in self._items if item.wanted}
        """The owner of each version: a product, a platform, a word of which nothing is known, or None."""

    def claims(self) -> list[Claim]:
        """What the part asks for, in its order; platforms last."""
        claims = [*self._of_products(), *self._of_platforms()]
        words = [item for item in self._items if item.kind is TokenKind.UNKNOWN]
        if words and not claims and not self._owners:  # nothing in the part is known
            said = (item for item in self._items if item.kind not in (TokenKind.UNKNOWN, TokenKind.JOINT))
            bare = all(self._typed(item).lower() in ARTICLES for item in said)
            claims.append(self._of_name(_name(words), Claim(""))._replace(is_bare_name=bare))
        return claims

    def carries(self) -> Token | None:
        """What the next part is about if it names nothing."""
        owners = [owner for owner in self._owners.values() if owner]
        for item in reversed(self._items):
            if item.kind is TokenKind.PRODUCT or (item.kind is TokenKind.PLATFORM and item in owners):
                return item
        return None if any(owner.kind is TokenKind.UNKNOWN for owner in owners) else self._carried

    def _mistyped(self, found: Sequence[Token]) -> list[Token]:
        """Joins what is one mistyped name: "Citrix Hipervisor", "xen sever"."""
        joined: list[Token] = []
        for item in found:
            last = joined[-1] if joined else item
            if item.start - last.end <= 1 and (last.kind, item.kind) in _OF_ONE_NAME:
                first, second = ("".join(re.findall(r"[^\W_]+", fold(self._typed(each)))) for each in (last, item))
                if is_one_name(first, second):
                    joined[-1] = Token(TokenKind.UNKNOWN, first + second, last.start, item.end)
                    continue
            joined.append(item)
        return joined

    def _owner(self, version: Token) -> Token | None:
        near = [item for item in self._items if self._stretch[item.start] == self._stretch[version.start]]
        signs = ("N" if item.kind in OWNING else "V" if item.wanted else "o" for item in near)
        line = "".join(sign for item, sign in zip(near, signs, strict=True) if item.kind is not TokenKind.VERSION)
        behind = [name for name in self._names if name.start > version.start]
        # names stand behind their versions: each right behind it, or none right in front of one
        if re.fullmatch("o*V.*No*", line) and not (re.search("V(?!N)", line) and "NV" in line):
            return behind[0]
        earlier = [name for name in self._names if name.start < version.start]
        if earlier and self._stretch[earlier[-1].start] == self._stretch[version.start]:
            return earlier[-1]
        if self._before[version.start] is TokenKind.UNKNOWN:
            words = [item for item in self._items if item.start < version.start and item.kind is not TokenKind.VERSION]
            run = [*takewhile(lambda item: item.kind is TokenKind.UNKNOWN, reversed(words))]
            return _name(run[:_LONGEST_NAME][::-1])
        return earlier[-1] if earlier else self._carried or next(iter(behind), None)

    def _versions_of(self, *owners: Token) -> list[Token]:
        """The versions that belong to any of these owners."""
        return [version for version, owner in self._owners.items() if owner in owners]

    def _of_products(self) -> Iterator[Claim]:
        for at, item in enumerate(self._items):
            if item.kind is TokenKind.PRODUCT:
                yield from self._without_version(item, self._items[at + 1 : at + 3])
            if not item.wanted:
                continue
            owner, text = self._owners[item], self._typed(item)
            kind = owner.kind if owner else None
            claim = Claim(text, item.wanted, is_doubtful=self._is_doubtful(item, kind), used=_places(item))
            if owner is None:
                yield claim
            elif kind is TokenKind.UNKNOWN:
                yield self._of_name(owner, claim)
            elif kind is TokenKind.PRODUCT:
                yield self._of_product(owner, item, claim)

    def _is_doubtful(self, version: Token, of: TokenKind | None) -> bool:
        wanted, before = version.wanted, self._before[version.start]
        if not isinstance(wanted, Number):
            return False
        is_year = len(wanted.text) == 4 and wanted.text[:2] in ("19", "20") and before not in OWNING
        return (
            (wanted.is_whole and (before not in _OF_A_LIST or is_year))
            or (before in _FOREIGN and of is not TokenKind.UNKNOWN)
            or wanted.text.count(".") >= _FOUR_PLACES
        )

    def _of_product(self, owner: Token, version: Token, claim: Claim) -> Claim:
        """A version of a product. "XenServer (formerly CH) 8" is 8: one of its names is not Citrix Hypervisor."""
        names, text = self._alike(owner), f"{self._typed(owner)} {claim.text}"
        if owner.end <= version.start and not (version.value or self._text[owner.end : version.start].strip(" -")):
            text = self._text[owner.start : version.end]
        called = [name for name in names if self._stretch.get(name.start) == self._stretch.get(owner.start)]
        is_hypervisor = all(map(self._calls_hypervisor, called))
        used = (*_places(*names), *claim.used)
        return claim._replace(text=text, product=Product(owner.value), is_hypervisor=is_hypervisor, used=used)

    def _without_version(self, item: Token, behind: Sequence[Token]) -> Iterator[Claim]:
        """A product that no version of the part belongs to; in "XenServer/XCP-ng 8.2" the version is for both."""
        names = self._alike(item)
        if names[0] != item or self._versions_of(*names):
            return
        claim = Claim(self._typed(item), None, Product(item.value), used=_places(*names))
        if [other.kind for other in behind] == [TokenKind.JOINT, TokenKind.PRODUCT]:
            for shared in [version for version in self._versions_of(behind[1]) if version.start > item.start][:1]:
                text, used = f"{claim.text} {self._typed(shared)}", (*claim.used, *_places(shared))
                claim = claim._replace(text=text, wanted=shared.wanted, used=used)
        yield claim

    def _of_name(self, name: Token, claim: Claim) -> Claim:
        """Something unknown, with its version if it has one ("Foo 7.2")."""
        text, words = self._typed(name), name.value.split(",")[:_MOST_WORDS]
        resembled = map(resembling, ("".join(words).replace("-", ""), *words))
        return claim._replace(
            text=f"{text} {claim.text}".strip(),
            name=text,
            resembles=next((product for product in resembled if product), None),
            used=((name.start, name.end), *claim.used),
        )

    def _of_platforms(self) -> Iterator[Claim]:
        """Platforms that cannot work. Xen takes the distribution that it comes with; beside another platform a
        distribution is its guest. Of several names of one maker ("VMware", "VMware ESXi") the longest counts."""
        platforms = [item for item in self._items if item.kind is TokenKind.PLATFORM]
        guests = [item for item in platforms if item.value in DISTRIBUTIONS]
        by_maker: dict[str, list[Token]] = {}
        for item in platforms:
            if item not in guests or len(guests) == len(platforms):
                by_maker.setdefault(item.value.partition(" ")[0], []).append(item)
        for named in by_maker.values():
            name = max((item.value for item in named), key=len)
            if name == XEN and guests:
                name, named = f"{XEN} on {guests[0].value}", [*named, *guests]
            versions = self._versions_of(*named)
            if not self._is_beside_release(name, named[0], versions):
                start, end = min(item.start for item in (*named, *versions)), max(i.end for i in (*named, *versions))
                wanted = versions[0].wanted if versions else None
                yield Claim(self._text[start:end], wanted, platform=name, used=_places(*named, *versions))

    def _is_beside_release(self, name: str, named: Token, versions: Sequence[Token]) -> bool:
        """A guest's system ("Debian 12 on XCP-ng 8.3"), a host's inner Xen, or, where it has no version of its own,
        whatever stands in the same part ("from VMware to XCP-ng 8.3")."""
        wanted = [version.wanted for version in versions]
        is_inner = name == XEN and all(isinstance(w, Number) and digits(w.text)[:1] in _XEN_MAJORS for w in wanted)
        if versions and not is_inner and name not in DISTRIBUTIONS:
            return False
        owned = [item for item, owner in self._owners.items() if owner is None or owner.kind is not TokenKind.PLATFORM]
        is_near = versions or name in DISTRIBUTIONS
        return any(not is_near or self._stretch[item.start] == self._stretch[named.start] for item in owned)

    def _alike(self, name: Token) -> list[Token]:
        """All names of a product in the part; of one that an earlier part named, that, too."""
        alike = [item for item in self._names if item[:2] == name[:2]]
        return alike if name in alike else [*alike, name]

    def _calls_hypervisor(self, name: Token) -> bool:
        return " ".join(self._typed(name).lower().replace("-", " ").split()) in HYPERVISOR_NAMES

    def _typed(self, item: Token) -> str:
        return item.value if item.kind is TokenKind.NUMBER and item.value else self._text[item.start : item.end]


def _name(words: Sequence[Token]) -> Token:
    """Unknown words as one name; its value has them between commas."""
    return Token(TokenKind.UNKNOWN, ",".join(word.value for word in words), words[0].start, words[-1].end)


def _places(*items: Token) -> tuple[Span, ...]:
    """Where items stand, with what was said of them elsewhere."""
    return tuple(span for item in items for span in ((item.start, item.end), *item.said))
