"""What a question's part asks for: words that are only talk are set aside, and each version goes to its product."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
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
        self._items = self._without_codenames(self._mistyped(found))
        self._owners = {at: self._owner(at) for at, item in enumerate(self._items) if item.wanted}
        """The owner of the version at each place: a product, a platform, a word of which nothing is known, or None."""

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

    def _without_codenames(self, items: list[Token]) -> list[Token]:
        """Code names are also words ("George says 7.2 is fine"): beside a number they name nothing."""
        for stretch in _stretches(items):
            if any(items[at].kind is TokenKind.NUMBER for at in stretch):
                for at in stretch:
                    if items[at].kind is TokenKind.CODENAME:
                        items[at] = items[at]._replace(kind=TokenKind.FILLER, value="", wanted=None)
        return items

    def _owner(self, at: int) -> Token | None:
        stretch = self._stretch(at)
        line = "".join(
            "N" if item.kind in OWNING else "V" if item.wanted else "o"
            for item in (self._items[place] for place in stretch)
            if item.kind is not TokenKind.VERSION
        )
        names = [(place, item) for place, item in enumerate(self._items) if item.kind in OWNING]
        behind = [item for place, item in names if place > at]
        # names stand behind their versions: each right behind it, or none right in front of one
        if re.fullmatch("o*V.*No*", line) and not (re.search("V(?!N)", line) and "NV" in line):
            return behind[0]
        if own := [item for place, item in names if place in stretch and place < at]:
            return own[-1]
        if self._kind_before(at) is TokenKind.UNKNOWN:
            before = (item for item in reversed(self._items[:at]) if item.kind is not TokenKind.VERSION)
            return _name([*takewhile(lambda item: item.kind is TokenKind.UNKNOWN, before)][:_LONGEST_NAME][::-1])
        earlier = [item for place, item in names if place < at]
        return earlier[-1] if earlier else self._carried or next(iter(behind), None)

    def _stretch(self, at: int) -> range:
        """Where a place is, between two words like "and"."""
        return next(stretch for stretch in _stretches(self._items) if at in stretch)

    def _kind_before(self, at: int) -> TokenKind | None:
        """What stands in front of a place, but for the word "version"."""
        before = (item.kind for item in reversed(self._items[:at]))
        return next((kind for kind in before if kind is not TokenKind.VERSION), None)

    def _versions_of(self, *owners: Token) -> list[int]:
        """The places of the versions that belong to any of these owners."""
        return [at for at, owner in self._owners.items() if owner in owners]

    def _of_products(self) -> Iterator[Claim]:
        for at, item in enumerate(self._items):
            if item.kind is TokenKind.PRODUCT:
                yield from self._without_version(at, item)
            if not item.wanted:
                continue
            owner, claim = self._owners[at], self._of_version(at, item.wanted)
            if owner is None:
                yield claim
            elif owner.kind is TokenKind.UNKNOWN:
                yield self._of_name(owner, claim)
            elif owner.kind is TokenKind.PRODUCT:
                yield self._of_product(owner, at, claim)

    def _of_version(self, at: int, wanted: Wanted) -> Claim:
        before, owner = self._kind_before(at), self._owners[at]
        is_owned_before = owner is not None and owner.kind is TokenKind.UNKNOWN
        is_doubtful = isinstance(wanted, Number) and (
            (wanted.is_whole and (before not in _OF_A_LIST or _is_year(wanted.text, before)))
            or (before in _FOREIGN and not is_owned_before)
            or wanted.text.count(".") >= _FOUR_PLACES
        )
        return Claim(self._typed(self._items[at]), wanted, is_doubtful=is_doubtful, used=_places(self._items[at]))

    def _of_product(self, owner: Token, at: int, claim: Claim) -> Claim:
        """A version of a product. "XenServer (formerly CH) 8" is 8: one of its names is not Citrix Hypervisor."""
        version, names = self._items[at], self._alike(owner)
        stretch = self._stretch(self._items.index(owner)) if owner in self._items else ()
        called = [item for item in names if item == owner or self._items.index(item) in stretch]
        is_beside = owner.end <= version.start and not self._text[owner.end : version.start].strip(" -")
        return claim._replace(
            text=self._text[owner.start : version.end] if is_beside and not version.value
            else f"{self._typed(owner)} {claim.text}",
            product=Product(owner.value),
            is_hypervisor=all(map(self._calls_hypervisor, called)),
            used=(*_places(*names), *claim.used),
        )  # fmt: skip

    def _without_version(self, at: int, item: Token) -> Iterator[Claim]:
        """A product that no version of the part belongs to; in "XenServer/XCP-ng 8.2" the version is for both."""
        names = self._alike(item)
        if names[0] != item or self._versions_of(*names):
            return
        behind = self._items[at + 1 : at + 3]
        claim = Claim(self._typed(item), None, Product(item.value), used=_places(*names))
        if [other.kind for other in behind] == [TokenKind.JOINT, TokenKind.PRODUCT]:
            for shared in [self._items[place] for place in self._versions_of(behind[1]) if place > at][:1]:
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
            versions = [self._items[at] for at in self._versions_of(*named)]
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
        owned = [at for at, owner in self._owners.items() if owner is None or owner.kind is not TokenKind.PLATFORM]
        stretch = self._stretch(self._items.index(named))
        return any(at in stretch for at in owned) if versions or name in DISTRIBUTIONS else bool(owned)

    def _alike(self, name: Token) -> list[Token]:
        """All names of a product in the part; of one that an earlier part named, that, too."""
        return [item for item in dict.fromkeys((*self._items, name)) if item[:2] == name[:2]]

    def _calls_hypervisor(self, name: Token) -> bool:
        return " ".join(self._typed(name).lower().replace("-", " ").split()) in HYPERVISOR_NAMES

    def _typed(self, item: Token) -> str:
        return item.value if item.kind is TokenKind.NUMBER and item.value else self._text[item.start : item.end]


def _stretches(items: Sequence[Token]) -> list[range]:
    """The stretches between "and", "or", "/"."""
    joints = [at for at, item in enumerate(items) if item.kind is TokenKind.JOINT]
    return [range(start + 1, end) for start, end in pairwise([-1, *joints, len(items)])]


def _name(words: Sequence[Token]) -> Token:
    """Unknown words as one name; its value has them between commas."""
    return Token(TokenKind.UNKNOWN, ",".join(word.value for word in words), words[0].start, words[-1].end)


def _places(*items: Token) -> tuple[Span, ...]:
    """Where items stand, with what was said of them elsewhere."""
    return tuple(span for item in items for span in ((item.start, item.end), *item.said))


def _is_year(number: str, before: TokenKind | None) -> bool:
    return len(number) == 4 and number[:2] in ("19", "20") and before not in OWNING
