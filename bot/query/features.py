"""Features of Xen Orchestra in a question, by their names and the other words that the data has for them."""

import re
from collections.abc import Iterable

from bot.matrix.feature import Feature
from bot.query.tokens import Token
from bot.query.words import VOCABULARY, TokenKind
from bot.text import blanked

_WORD = re.compile(r"[^\W\d_]+")
_OFTEN_MEANT_OTHERWISE = frozenset(
    {"smart", "json", "transport", "nested", "checkpoint", "coalesce", "maintenance mode"}
)
"""Words for a feature when it is asked for by name, and for much else in a sentence."""


class FeatureNames:
    """Finds features in a text, whose words may have signs and numbers in them."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self.by_id = {feature.id: feature for feature in features}
        self._ids: dict[str, str] = {}
        for feature in self.by_id.values():
            for name in (feature.id, feature.name, *feature.aliases):
                phrase = name.lower().replace("-", " ")
                kind, _ = VOCABULARY.get(phrase, (TokenKind.TOOL, ""))
                if kind is TokenKind.TOOL and name.lower() not in _OFTEN_MEANT_OTHERWISE:
                    self._ids |= {phrase: feature.id, f"{phrase}s": feature.id}
        self._first_words = {_WORD.findall(phrase)[0] for phrase in self._ids}
        longest_first = sorted(self._ids, key=len, reverse=True)
        spellings = "|".join(re.escape(phrase).replace(r"\ ", "[ -]") for phrase in longest_first)
        self._pattern = re.compile(rf"(?<![\w.-])(?:{spellings})(?![\w-]|\.\d)", re.IGNORECASE)

    def take(self, text: str) -> tuple[str, list[Token]]:
        """A text with blanks in place of features, and these as tokens."""
        if self._first_words.isdisjoint(_WORD.findall(text.lower())):
            return text, []
        found = [
            Token(TokenKind.FEATURE, self._ids[match[0].lower().replace("-", " ")], match.start(), match.end())
            for match in self._pattern.finditer(text)
        ]
        return blanked(text, ((token.start, token.end) for token in found)), found
