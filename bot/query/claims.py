"""What a question's part asks for: words that are only talk are set aside, and each version goes to its product."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

from bot.matrix.release import Product
from bot.query.days import Span
from bot.query.spellings import HYPERVISOR_NAMES, Number, Wanted, digits
from bot.query.suggest import is_one_name, resembling
from bot.query.versions import Item
from bot.query.words import ARTICLES, DISTRIBUTIONS, XEN, TokenKind
from bot.text import fold

_OF_ONE_NAME = (
    (TokenKind.PRODUCT, TokenKind.UNKNOWN),
    (TokenKind.PLATFORM, TokenKind.UNKNOWN),
    (TokenKind.UNKNOWN, TokenKind.FILLER),
)
"""What may be one name with a mistake in it."""


def segments(items: Sequence[Item]) -> list[range]:
    """The stretches between "and", "or", "/"."""
    joints = [at for at, item in enumerate(items) if item.kind is TokenKind.JOINT]
    return [range(start + 1, end) for start, end in pairwise([-1, *joints, len(items)])]


def _mistyped(items: Sequence[Item], text: str) -> list[Item]:
    """Joins what is one mistyped name: "Citrix Hipervisor", "xen sever"."""
    joined: list[Item] = []
    for item in items:
        last = joined[-1] if joined else item
        if item.start - last.end <= 1 and (last.kind, item.kind) in _OF_ONE_NAME:
            halves = ["".join(re.findall(r"[^\W_]+", fold(text[each.start : each.end]))) for each in (last, item)]
            if is_one_name(*halves):
                joined[-1] = Item(TokenKind.UNKNOWN, "".join(halves), last.start, item.end)
                continue
        joined.append(item)
    return joined


def _without_codenames(items: Sequence[Item]) -> list[Item]:
    """Code names are also words ("George says 7.2 is fine"): beside a number they name nothing."""
    kept = [*items]
    for segment in segments(items):
        has_number = any(items[at].kind is TokenKind.NUMBER for at in segment)
        for at in segment if has_number else ():
            if items[at].kind is TokenKind.CODENAME:
                kept[at] = Item(TokenKind.FILLER, "", items[at].start, items[at].end)
    return kept


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
        items = (self._items[at] for at in stretch if self._items[at].kind is not TokenKind.VERSION)
        line = "".join("N" if item.kind in OWNING else "V" if item.wanted else "o" for item in items)
        return bool(re.fullmatch("o*V.*No*", line)) and not (re.search("V(?!N)", line) and "NV" in line)


_OF_A_LIST = (*OWNING, TokenKind.NUMBER, TokenKind.JOINT, None)
"""What a whole number stands behind in a list; behind another word it may count something."""
_FOREIGN = (TokenKind.UNKNOWN, TokenKind.FEATURE)
"""A number behind one of these may be of something else."""
_FOUR_PLACES = 3
_LONGEST_NAME = 3
_XEN_MAJORS = ((3,), (4,))
_MOST_WORDS = 20


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
    """One part of a question, between commas. `carried` is the name that one without a name is about."""

    def __init__(self, items: Sequence[Item], text: str, carried: Item | None) -> None:
        self._text = text
        self._items = _without_codenames(_mistyped(items, text))
        self._carried = carried
        self._owners = Owners(self._items, is_carried=carried is not None)

    def claims(self) -> list[Claim]:
        """What the part asks for, in its order; platforms last."""
        claims = [claim for at, item in enumerate(self._items) for claim in self._claims_of(at, item)]
        claims.extend(self._platforms())
        words = [item for item in self._items if item.kind is TokenKind.UNKNOWN]
        if words and not claims and not self._owners.of:  # nothing in the part is known
            name = self._text[words[0].start : words[-1].end]
            said = (item for item in self._items if item.kind not in (TokenKind.UNKNOWN, TokenKind.JOINT))
            bare = all(self._typed(item).lower() in ARTICLES for item in said)
            used = ((words[0].start, words[-1].end),)
            claims.append(
                Claim(name, name=name, resembles=_resembled(words[:_MOST_WORDS]), is_bare_name=bare, used=used)
            )
        return claims

    def carries(self) -> Item | None:
        """What the next part is about if it names nothing."""
        owning = set(self._owners.of.values())
        for at in range(len(self._items) - 1, -1, -1):
            item = self._items[at]
            if item.kind is TokenKind.PRODUCT or (item.kind is TokenKind.PLATFORM and at in owning):
                return item
        return None if FOREIGN in owning else self._carried

    def _claims_of(self, at: int, item: Item) -> Iterator[Claim]:
        if item.kind is TokenKind.PRODUCT:
            yield from self._without_version(at, item)
        if not item.wanted:
            return
        before = self._owners.kind_before(at)
        number = item.wanted if isinstance(item.wanted, Number) else None
        doubtful = number is not None and (
            (number.is_whole and (before not in _OF_A_LIST or _is_year(number.text, before)))
            or (before in _FOREIGN and self._owners.of[at] != FOREIGN)
            or number.text.count(".") >= _FOUR_PLACES
        )
        claim = Claim(self._typed(item), item.wanted, is_doubtful=doubtful, used=self._places(at))
        owner = self._owners.of[at]
        if owner == NOBODY:
            yield claim
        elif owner == FOREIGN:
            yield self._foreign(at, claim)
        elif owner == CARRIED and self._carried:
            if self._carried.kind is TokenKind.PRODUCT:  # a platform has had its claim in the part that named it
                text = f"{self._typed(self._carried)} {claim.text}"
                product, called_so = Product(self._carried.value), _calls_hypervisor(self._typed(self._carried))
                yield claim._replace(text=text, product=product, is_hypervisor=called_so)
        elif self._items[owner].kind is TokenKind.PRODUCT:
            product, text = Product(self._items[owner].value), self._together(owner, at)
            called_so, used = self._is_hypervisor(owner), (*self._names(owner), *claim.used)
            yield claim._replace(text=text, product=product, is_hypervisor=called_so, used=used)

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
            text, used = f"{self._typed(item)} {self._typed(version)}", (*self._names(at), *self._places(shared[0]))
            yield Claim(text, version.wanted, Product(item.value), used=used)
        else:
            yield Claim(self._typed(item), None, Product(item.value), used=self._names(at))

    def _foreign(self, at: int, claim: Claim) -> Claim:
        """A version of something unknown ("Foo 7.2")."""
        before = [item for item in self._items[at - 1 :: -1] if item.kind is not TokenKind.VERSION]
        words = list(takewhile(lambda item: item.kind is TokenKind.UNKNOWN, before))[:_LONGEST_NAME][::-1]
        name = self._text[words[0].start : words[-1].end]
        used = ((words[0].start, words[-1].end), *claim.used)
        return claim._replace(text=f"{name} {claim.text}", name=name, resembles=_resembled(words), used=used)

    def _platforms(self) -> Iterator[Claim]:
        """Platforms that cannot work; beside a release, one without a version of its own is no question."""
        for name, places in _by_name(self._items).items():
            versions = self._owners.versions_of(places)
            if not self._is_beside_release(name, places[0], versions):
                named = [self._items[at] for at in (*places, *versions)]
                text = self._text[min(item.start for item in named) : max(item.end for item in named)]
                wanted = self._items[versions[0]].wanted if versions else None
                yield Claim(text, wanted, platform=name, used=self._places(*places, *versions))

    def _is_beside_release(self, name: str, at: int, versions: list[int]) -> bool:
        """A guest's system ("Debian 12 on XCP-ng 8.3"), or where hosts come from ("from VMware to XCP-ng 8.3")."""
        stretch = next(segment for segment in self._owners.segments if at in segment)
        of_products = [
            place
            for place, owner in self._owners.of.items()
            if owner < 0 or self._items[owner].kind is TokenKind.PRODUCT
            if (name not in DISTRIBUTIONS and not (name == XEN and versions)) or place in stretch
        ]
        # The Xen that a host has inside ("xcp-ng 8.3 xen 4.17") is of 3 or 4, which no release has.
        wanted = [self._items[at].wanted for at in versions]
        is_inner_xen = name == XEN and all(isinstance(w, Number) and digits(w.text)[:1] in _XEN_MAJORS for w in wanted)
        return bool(of_products) and (name in DISTRIBUTIONS or not versions or is_inner_xen)

    def _places(self, *at: int) -> tuple[Span, ...]:
        """Where items stand, with what was said of them elsewhere."""
        return tuple(span for item in map(self._items.__getitem__, at) for span in ((item.start, item.end), *item.said))

    def _names(self, of: int) -> tuple[Span, ...]:
        """Where the name of a product stands, each time."""
        return self._places(*(at for at, item in enumerate(self._items) if item[:2] == self._items[of][:2]))

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


def _is_year(number: str, before: TokenKind | None) -> bool:
    return len(number) == 4 and number[:2] in ("19", "20") and before not in OWNING


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
