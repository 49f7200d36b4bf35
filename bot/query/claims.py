"""Which product or platform of a question's part each version belongs to."""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from bot.matrix.release import Product
from bot.query.canonical import HYPERVISOR_NAMES
from bot.query.sifting import segments, sift
from bot.query.spellings import Number, Wanted, digits
from bot.query.suggest import resembling
from bot.query.versions import Item
from bot.query.words import ARTICLES, DISTRIBUTIONS, XEN, TokenKind

NOBODY, CARRIED, FOREIGN = -1, -2, -3
"""In place of an owner: none is named; the one of the part before; a word of which nothing is known."""

OWNING = (TokenKind.PRODUCT, TokenKind.PLATFORM)


class Owners:
    """Finds the owner of every version of a part.

    A name in front of a version owns it ("XenServer 7.2 and 7.3"), or one behind it where none is in front ("8.2 of
    XCP-ng", "7.2 XenServer"). In a stretch without a name the last name before it counts, in this part or (if
    `is_carried`) in an earlier one, then the next name.
    """

    def __init__(self, items: Sequence[Item], *, is_carried: bool) -> None:
        self._items = items
        self._is_carried = is_carried
        self._names = [at for at, item in enumerate(items) if item.kind in OWNING]
        self.segments = segments(items)
        self.of = {at: self._owner(at, stretch) for stretch in self.segments for at in stretch if items[at].wanted}
        """The place of the owner of the version at a place, or one of the signs below 0."""

    def versions_of(self, owners: Sequence[int]) -> list[int]:
        """The places of all versions that belong to any of these owners."""
        return [at for at, owner in self.of.items() if owner in owners]

    def kind_before(self, at: int) -> TokenKind | None:
        """What stands in front of a place, but for the word "version"."""
        while at > 0 and self._items[at - 1].kind is TokenKind.VERSION:
            at -= 1
        return self._items[at - 1].kind if at else None

    def _owner(self, at: int, stretch: range) -> int:
        before = [name for name in self._names if name in stretch and name < at]
        if self._names_follow(stretch):
            return next(name for name in self._names if name > at)
        if before:
            return before[-1]
        if self.kind_before(at) is TokenKind.UNKNOWN:
            return FOREIGN
        earlier = [name for name in self._names if name < at]
        if earlier:
            return earlier[-1]
        return CARRIED if self._is_carried else next((name for name in self._names if name > at), NOBODY)

    def _names_follow(self, stretch: range) -> bool:
        """Whether names stand behind their versions: each right behind it, or none right in front of one."""
        told = [at for at in stretch if self._items[at].kind in OWNING or self._items[at].wanted]
        if len(told) < 2 or not self._items[told[0]].wanted or self._items[told[-1]].wanted:
            return False
        versions = [at for at in told if self._items[at].wanted]
        if all(self._kind_behind(at) in OWNING for at in versions):
            return True
        return all(self.kind_before(at) not in OWNING for at in versions)

    def _kind_behind(self, at: int) -> TokenKind | None:
        return self._items[at + 1].kind if at + 1 < len(self._items) else None


_OF_A_LIST = (*OWNING, TokenKind.NUMBER, TokenKind.JOINT, None)
"""What a whole number stands behind in a list; behind another word it may count something."""
_LONGEST_NAME = 3
_XEN_MAJORS = ((3,), (4,))
_MOST_WORDS = 20


class Claim(NamedTuple):
    """One thing that a question asks for.

    `product` or `platform` owns the version; `name` is an unknown word in their place, `resembles` what it may mean.
    `is_doubtful`: a whole number in a sentence, which may count something. `is_bare_name`: the part is only a name.
    `is_hypervisor`: the product was called Citrix Hypervisor, and nothing else.
    """

    text: str
    wanted: Wanted | None = None
    product: Product | None = None
    platform: str = ""
    name: str = ""
    resembles: Product | None = None
    is_doubtful: bool = False
    is_bare_name: bool = False
    is_carried: bool = False
    is_hypervisor: bool = False


class Carried(NamedTuple):
    """The product or platform that a part without one is about, as it was typed."""

    kind: TokenKind
    value: str
    text: str


class QuestionPart:
    """One part of a question, between commas."""

    def __init__(self, items: Sequence[Item], text: str, carried: Carried | None) -> None:
        self._text = text
        self._items = sift(items, text)
        self._carried = carried
        self._owners = Owners(self._items, is_carried=carried is not None)

    def claims(self) -> list[Claim]:
        """What the part asks for, in its order; platforms last."""
        claims = [claim for at, item in enumerate(self._items) for claim in self._claims_of(at, item)]
        claims.extend(self._platforms())
        if not claims and not self._owners.of:
            claims.extend(self._unknown_name())
        return claims

    def carries(self) -> Carried | None:
        """What the next part is about if it names nothing."""
        owning = set(self._owners.of.values())
        for at in range(len(self._items) - 1, -1, -1):
            item = self._items[at]
            if item.kind is TokenKind.PRODUCT or (item.kind is TokenKind.PLATFORM and at in owning):
                return Carried(item.kind, item.value, self._typed(item))
        return None if FOREIGN in owning else self._carried

    def _claims_of(self, at: int, item: Item) -> Iterator[Claim]:
        if item.kind is TokenKind.PRODUCT:
            yield from self._without_version(at, item)
        if not item.wanted:
            return
        whole = isinstance(item.wanted, Number) and item.wanted.is_whole
        doubtful = whole and self._owners.kind_before(at) not in _OF_A_LIST
        claim = Claim(self._typed(item), item.wanted, is_doubtful=doubtful)
        owner = self._owners.of[at]
        if owner == NOBODY:
            yield claim
        elif owner == FOREIGN:
            yield self._foreign(at, claim)
        elif owner == CARRIED:
            yield from self._of_carried(claim)
        elif self._items[owner].kind is TokenKind.PRODUCT:
            product, text = Product(self._items[owner].value), self._together(owner, at)
            yield claim._replace(text=text, product=product, is_hypervisor=self._is_hypervisor(owner))

    def _of_carried(self, claim: Claim) -> Iterator[Claim]:
        """A version of what an earlier part named; a platform has had its claim there."""
        if self._carried and self._carried.kind is TokenKind.PRODUCT:
            text = f"{self._carried.text} {claim.text}"
            product, called_so = Product(self._carried.value), _calls_hypervisor(self._carried.text)
            yield claim._replace(text=text, product=product, is_carried=True, is_hypervisor=called_so)

    def _is_hypervisor(self, owner: int) -> bool:
        """Whether all names of the owner in its stretch are Citrix Hypervisor: "XenServer (formerly CH) 8" is 8."""
        stretch = next(segment for segment in self._owners.segments if owner in segment)
        names = (self._items[at] for at in stretch if self._items[at][:2] == self._items[owner][:2])
        return all(_calls_hypervisor(self._typed(name)) for name in names)

    def _without_version(self, at: int, item: Item) -> Iterator[Claim]:
        """A product that no version of the part belongs to; in "XenServer/XCP-ng 8.2" the version is for both."""
        same = [place for place, other in enumerate(self._items) if other[:2] == item[:2]]
        if same[0] != at or self._owners.versions_of(same):
            return
        behind = [other.kind for other in self._items[at + 1 : at + 3]]
        shared = [place for place in self._owners.versions_of([at + 2]) if place > at]
        if behind == [TokenKind.JOINT, TokenKind.PRODUCT] and shared:
            version = self._items[shared[0]]
            yield Claim(f"{self._typed(item)} {self._typed(version)}", version.wanted, Product(item.value))
        else:
            yield Claim(self._typed(item), None, Product(item.value))

    def _foreign(self, at: int, claim: Claim) -> Claim:
        """A version of something unknown ("Foo 7.2")."""
        before = [item for item in self._items[at - 1 :: -1] if item.kind is not TokenKind.VERSION]
        words = list(takewhile(lambda item: item.kind is TokenKind.UNKNOWN, before))[:_LONGEST_NAME][::-1]
        name = self._text[words[0].start : words[-1].end]
        return claim._replace(text=f"{name} {claim.text}", name=name, resembles=_resembled(words))

    def _unknown_name(self) -> Iterator[Claim]:
        """A part in which nothing is known; nothing at all if it is only filler."""
        words = [item for item in self._items if item.kind is TokenKind.UNKNOWN]
        if words:
            name = self._text[words[0].start : words[-1].end]
            said = (item for item in self._items if item.kind not in (TokenKind.UNKNOWN, TokenKind.JOINT))
            bare = all(self._typed(item).lower() in ARTICLES for item in said)
            yield Claim(name, name=name, resembles=_resembled(words[:_MOST_WORDS]), is_bare_name=bare)

    def _platforms(self) -> Iterator[Claim]:
        """Platforms that cannot work; beside a release, one without a version of its own is no question."""
        for name, places in _by_name(self._items).items():
            versions = self._owners.versions_of(places)
            if not self._is_beside_release(name, places[0], versions):
                told = [self._items[at] for at in (*places, *versions)]
                text = self._text[min(item.start for item in told) : max(item.end for item in told)]
                yield Claim(text, self._items[versions[0]].wanted if versions else None, platform=name)

    def _is_beside_release(self, name: str, at: int, versions: list[int]) -> bool:
        """A guest's system ("Debian 12 on XCP-ng 8.3"), or where hosts come from ("from VMware to XCP-ng 8.3")."""
        stretch = next(segment for segment in self._owners.segments if at in segment)
        of_products = [
            place
            for place, owner in self._owners.of.items()
            if owner < 0 or self._items[owner].kind is TokenKind.PRODUCT
            if (name not in DISTRIBUTIONS and not (name == XEN and versions)) or place in stretch
        ]
        return bool(of_products) and (name in DISTRIBUTIONS or not versions or self._is_inner_xen(name, versions))

    def _is_inner_xen(self, name: str, versions: list[int]) -> bool:
        """Whether it is the Xen that a host has inside ("xcp-ng 8.3 xen 4.17"): of 3 or 4, which no release has."""
        wanted = [self._items[at].wanted for at in versions]
        return name == XEN and all(isinstance(w, Number) and digits(w.text)[:1] in _XEN_MAJORS for w in wanted)

    def _typed(self, item: Item) -> str:
        if item.kind is TokenKind.NUMBER and item.value:
            return item.value
        return self._text[item.start : item.end]

    def _together(self, owner: int, version: int) -> str:
        """A name and its version as typed if they stand side by side, else one after the other."""
        first, last = self._items[owner], self._items[version]
        if first.end <= last.start and not last.value and not self._text[first.end : last.start].strip(" -"):
            return self._text[first.start : last.end]
        return f"{self._typed(first)} {self._typed(last)}"


def _calls_hypervisor(name: str) -> bool:
    return " ".join(name.lower().replace("-", " ").split()) in HYPERVISOR_NAMES


def _resembled(words: Sequence[Item]) -> Product | None:
    """What an unknown name may mean: its words written together, or one of them."""
    together = "".join(item.value for item in words).replace("-", "")
    names = (together, *(item.value for item in words))
    return next((product for name in names if (product := resembling(name))), None)


def _by_name(items: Sequence[Item]) -> dict[str, list[int]]:
    """The places of platforms by the name to show. Xen takes the distribution that it comes with; of several names of
    one maker ("VMware", "VMware ESXi") the longest counts."""
    places = [at for at, item in enumerate(items) if item.kind is TokenKind.PLATFORM]
    distributions = [at for at in places if items[at].value in DISTRIBUTIONS]
    others = [at for at in places if at not in distributions] or distributions
    names: dict[str, list[int]] = {}
    for at in others:
        name, own = items[at].value, [at]
        if name == XEN and distributions:
            name, own = f"{XEN} on {items[distributions[0]].value}", [at, *distributions]
        maker = name.partition(" ")[0]
        same = next((known for known in names if known.partition(" ")[0] == maker), name)
        known_places = names.pop(same, [])
        names[max(same, name, key=len)] = [*known_places, *own]
    return names
