"""Questions that are put without a command's name: a table from phrases to the command and the words that they mean.

A phrase is matched whole, once words of courtesy are set aside and whatever the case; `{}` stands for what it names.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from bot.chat.command import CommandSpec
from bot.chat.commands import ALERTS, CHANGES, CHECK, COMPARE, FLEET, HELP, LIST, TIMELINE, UPGRADE
from bot.text import plain

WORDS_MAX = 200
"""Nobody asks one of these questions in more characters."""


class Question(NamedTuple):
    """Phrases of one meaning, parted by bars or line ends.

    `words` are what follows the command's name, with `{}` for what the phrases name.
    The right is the command's: who may not see the fleet is told so, as `fleet` tells it.
    """

    command: CommandSpec
    words: str
    phrases: str


NEWEST = Question(
    CHECK,
    "{}",
    """
        latest | latest {} | {} latest | newest | newest {} | {} newest | latest version | latest version of {}
        latest {} version | newest version | newest version of {} | latest release | latest release of {}
        latest {} release | newest release | newest release of {} | what is latest | what is latest {}
        what is newest {} | what is the latest version of {} | what is current version of {}
        current version of {} | current {} | recommended version | recommended version of {}
        which version should I use | which version do you recommend | which version of {} should I use
        which {} should I use | which {} version should I use | what version should I use | what should I use
        what should I install | which should I install | which version should I install
        which version of {} should I install | which {} should I install | what do you recommend
        what should I run | which version should I run | what is best version
    """,
)
"""The newest release with support of each product, or of the product that is named."""

OVERVIEW = Question(
    FLEET,
    "",
    """
        status | overview | summary | state | how are things | how is it going | what is up | dashboard
    """,
)
"""The fleet for those who may see one, else what there is to ask: nobody is refused who did not ask for hosts."""

QUESTIONS = (
    NEWEST,
    OVERVIEW,
    Question(
        HELP,
        "",
        """
        ? | ?? | ??? | hello | hi | hey | hallo | what can you do | what can I ask | what do you do | what can I type
        how does this work | how do I use this | how do I use you | usage | options | who are you | man
        commands | help me | I need help | what are you | what is this | which commands are there | menu | start
        """,
    ),
    Question(
        TIMELINE,
        "",
        """
        eol | eol dates | end of life | end of life dates | next eol | what ends next | what ends soon
        which ends next | what is ending | what is next to go eol | what is going eol | what is going eol next
        what is eol | what is eol next | which versions are eol
        which releases are eol | when does support end | support dates | dates | lifecycle | release dates
        what goes eol next | what expires next | which release ends next | which version ends next
        """,
    ),
    Question(
        TIMELINE,
        "{}",
        """
        {} eol dates | eol dates of {} | {} timeline | {} lifecycle | {} release dates | {} end of life dates
        """,
    ),
    Question(
        LIST,
        "",
        """
        which versions are supported | which releases are supported | what is supported | supported versions
        supported releases | which versions do you know | compatibility list | host compatibility list
        versions | releases | which versions work | supported hosts | what works
        """,
    ),
    Question(
        CHANGES,
        "",
        """
        what changed | what has changed | did list change | has list changed | what is new
        """,
    ),
    Question(
        UPGRADE,
        "{} to {}",
        """
        can I upgrade from {} to {} | can I upgrade {} to {} | can we upgrade from {} to {} | can we upgrade {} to {}
        how do I upgrade from {} to {} | how do I upgrade {} to {} | how do we upgrade from {} to {}
        how to upgrade from {} to {} | how to upgrade {} to {} | upgrade from {} to {} | upgrade path from {} to {}
        can {} be upgraded to {} | can I go from {} to {} | can we go from {} to {} | how do I get from {} to {}
        can I migrate from {} to {} | can I update from {} to {} | can I update {} to {} | how to get from {} to {}
        is it possible to upgrade from {} to {} | is upgrade from {} to {} possible | is upgrade from {} to {} supported
        """,
    ),
    Question(
        UPGRADE,
        "{}",
        """
        how do I upgrade {} | how to upgrade {} | can I upgrade {} | how do we upgrade {} | upgrade path of {}
        upgrade path for {} | what can I upgrade {} to | where can I go from {} | {} upgrade path
        """,
    ),
    Question(
        COMPARE,
        "{}, {}",
        """
        {} vs {} | {} versus {} | difference between {} and {} | differences between {} and {}
        what is difference between {} and {} | what are differences between {} and {} | {} compared to {}
        what changes between {} and {} | what changed between {} and {} | how does {} differ from {}
        {} compared with {} | what differs between {} and {} | comparison of {} and {} | comparison {} and {}
        difference from {} to {} | diff {} and {}
        """,
    ),
    Question(
        FLEET,
        "",
        """
        hosts | host | pools | servers | machines | inventory | targets | which hosts do we have
        which hosts are there | what do we run | what do we have | what hosts do we have | host list
        is pool ok | is my pool fine | are pools ok | are hosts ok | are hosts fine | is everything ok
        is everything fine | are we ok | are we fine | are we good | how is fleet | is fleet ok | how are hosts
        how are pools | how is pool | how many hosts do we have | how many hosts | are hosts supported
        is pool supported | are we supported | hosts status | status of hosts | status of fleet | fleet status
        pool status | which versions do we run | is pool healthy | what are we running | what is running
        what versions do we run | what version are we on
        """,
    ),
    Question(
        FLEET,
        "eol",
        """
        anything eol | is anything eol | anything out of support | anything past end of life | eol hosts
        hosts eol | which of our hosts are eol | which hosts are eol | which pools are eol | eol pools
        do we have eol hosts | do we have anything eol | are any hosts eol | which hosts are out of support
        which of our hosts are out of support | which hosts are unsupported
        which hosts get no security updates | which of our hosts get no security updates | who is eol
        hosts past end of life | which hosts are past end of life | is anything out of support
        which hosts need upgrade | which of our hosts need upgrade | which hosts must be upgraded
        what must we upgrade | what do we need to upgrade | what should we upgrade | what needs upgrade
        """,
    ),
    Question(
        FLEET,
        "ending",
        """
        which hosts end soon | which of our hosts end soon | anything ending soon | which hosts are ending
        which hosts are eol soon | which of our hosts are eol soon | anything eol soon | hosts ending soon
        which hosts go eol next | which of our hosts go eol next
        """,
    ),
    Question(
        FLEET,
        "unreachable",
        """
        which hosts are down | which of our hosts are down | what is down | who is down | anything down
        is anything down | unreachable | is anything unreachable | anything unreachable | is any host unreachable
        | hosts down | which hosts do not answer | which hosts don't answer
        which hosts are unreachable | which hosts are offline | unreachable hosts | hosts unreachable
        which of our hosts are unreachable | which of our hosts do not answer | is any host down
        """,
    ),
    Question(
        FLEET,
        "restart",
        """
        which hosts need restart | which hosts need reboot | who needs restart | who needs reboot
        which of our hosts need restart | which of our hosts need reboot | what needs restart
        what needs reboot | pending restarts | pending reboots | does anything need restart
        """,
    ),
    Question(
        FLEET,
        "{}",
        """
        who is on {} | who runs {} | who is running {} | who uses {} | who still runs {}
        who is still on {} | what is on {} | what runs {} | what is running {} | hosts on {} | hosts with {}
        hosts running {} | hosts in {} | host on {} | servers on {} | which hosts are on {} | which hosts run {}
        which hosts have {} | which hosts are running {} | which of our hosts are on {}
        which of our hosts run {} | which of our hosts are running {} | what hosts are on {} | what hosts run {}
        do any hosts run {} | are any hosts on {} | pools on {} | pools running {} | which pools are on {}
        which pools run {} | is anyone on {} | is anybody on {} | anyone on {} | anybody on {}
        is anything on {} | do we run {} | do we still run {} | are we on {} | where do we run {}
        how many hosts are on {} | how many hosts run {} | how many hosts on {} | how many {} hosts do we have
        which hosts are {} | which of our hosts are {}
        """,
    ),
    Question(
        ALERTS,
        "",
        """
        what is wrong | is anything wrong | anything wrong | open alerts | any alerts | which alerts are open
        are there alerts | are there any alerts | what is open | anything to do | what do I have to do
        what is firing | show alerts
        """,
    ),
)
"""The first phrase that fits counts."""

_WORDS = """
    please pls plz hey hi hello hallo thanks thank thx you kindly just quickly the a an our my me us now currently today
    actually exactly show tell give see can could would xocompat /xocompat still any all here there really so well
"""
COURTESY = frozenset(_WORDS.split())
"""Set aside in phrases and in what is typed: "can you show me all our hosts" is "hosts"."""

_NAMED_MAX = 6
"""What a question names has so many words at most: "who is on Citrix Hypervisor 8.2 CU1 LTSR"."""

_PARTED = re.compile(r"[|\n]")
_BETWEEN = re.compile(r"[\s?!.,;:]+")
_IS = re.compile(r"\b(what|who|which|where|how)'?s\b", re.IGNORECASE)
_ASIDE = "?!.,;:\"'()"


class Asked(NamedTuple):
    """A question that was put: what it names, and the words that say on which day."""

    question: Question
    named: tuple[str, ...] = ()
    day: str = ""

    @property
    def words(self) -> str:
        """What the question's command takes."""
        return f"{self.question.words.format(*self.named)} {self.day}".strip()


def question_in(typed: str) -> Asked | None:
    """The question that words put; None if they put none of these. Quick for what is no question."""
    if len(typed) > WORDS_MAX:
        return None
    phrases = _phrases()
    if question := phrases.whole.get(typed.strip().casefold()):  # "?" has no word
        return Asked(question)
    if phrases.literals.isdisjoint(_BETWEEN.split(typed.casefold())):
        return None
    from bot.days import cut_day  # its words are read for what may be a question only

    words = _IS.sub(r"\1 is", plain(typed))
    undated, day = cut_day(words)
    found = _matching(phrases, undated)
    if found and day:
        return found._replace(day=day)
    return found or _matching(phrases, words)


def _matching(phrases: "_Phrases", words: str) -> Asked | None:
    kept = [(key, word.rstrip("?!.,;:")) for word in words.split() if (key := _key(word)) not in COURTESY and key]
    keys = [key for key, _ in kept]
    if question := phrases.whole.get(" ".join(keys)):
        return Asked(question)
    had = frozenset(keys)
    for phrase in phrases.open:
        if phrase.literals <= had and (spans := _spans(phrase.runs, keys)):
            named = (" ".join(word for _, word in kept[start:end]) for start, end in spans)
            return Asked(phrase.question, tuple(named))
    return None


class _OpenPhrase(NamedTuple):
    """A phrase that names something: its words before, between and after the names, and all of them."""

    question: Question
    runs: tuple[tuple[str, ...], ...]
    literals: frozenset[str]


class _Phrases(NamedTuple):
    """Phrases as they are compared, without courtesy: those that name nothing by their words."""

    whole: dict[str, Question]
    open: tuple[_OpenPhrase, ...]
    literals: frozenset[str]
    """Every question has one of these words: what has none need not be compared."""


@cache
def _phrases() -> _Phrases:
    whole: dict[str, Question] = {}
    open_: list[_OpenPhrase] = []
    literals: set[str] = set()
    for question in QUESTIONS:
        for phrase in filter(None, map(str.strip, _PARTED.split(question.phrases))):
            keys = [key for word in phrase.split() if (key := _key(word)) and key not in COURTESY]
            literals.update(keys)
            if "{}" not in keys:
                whole.setdefault(" ".join(keys) or phrase, question)
                continue
            runs: list[list[str]] = [[]]
            for key in keys:
                if key == "{}":
                    runs.append([])
                else:
                    runs[-1].append(key)
            open_.append(_OpenPhrase(question, tuple(map(tuple, runs)), frozenset(keys) - {"{}"}))
    return _Phrases(whole, tuple(open_), frozenset(literals - {"{}"}))


def _key(word: str) -> str:
    return word.strip(_ASIDE).casefold()


def _spans(runs: Sequence[tuple[str, ...]], keys: Sequence[str]) -> list[tuple[int, int]]:
    """Where what a phrase names stands in the words, each from a place to one behind it; nothing if they don't fit."""
    first, *between, last = runs
    at, end = len(first), len(keys) - len(last)
    if tuple(keys[:at]) != first or at >= end or tuple(keys[end:]) != last:
        return []
    spans: list[tuple[int, int]] = []
    for run in between:
        places = range(at + 1, end - len(run))
        if (to := next((i for i in places if tuple(keys[i : i + len(run)]) == run), None)) is None:
            return []
        spans.append((at, to))
        at = to + len(run)
    spans.append((at, end))
    return spans if all(to - start <= _NAMED_MAX for start, to in spans) else []
