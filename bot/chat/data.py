"""The JSON of CONTRACT.md section 2, which scripts rely on to the letter."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any

from bot.chat.verdict import feature_answer, recommendation
from bot.matrix.assess import Assessment
from bot.matrix.feature import Feature
from bot.matrix.issue import KnownIssue
from bot.matrix.release import Citation, Product, Release
from bot.matrix.requirement import Requirement
from bot.matrix.support import ListRow
from bot.query.query import Query

Data = dict[str, Any]


class LazyData(Mapping[str, Any]):
    """Data of a reply, some of which are made when they are read: a large fleet's are megabytes, and chat reads none.

    `made` has for each of those what makes it.
    """

    def __init__(self, known: Data, made: Mapping[str, Callable[[], Any]]) -> None:
        self._known, self._made = known, made

    def __getitem__(self, key: str) -> Any:
        return self._known[key] if key in self._known else self._made[key]()

    def __iter__(self) -> Iterator[str]:
        return chain(self._known, self._made)

    def __len__(self) -> int:
        return len(self._known) + len(self._made)


def query_data(words: str, day: date, query: Query, assessments: Iterable[Assessment]) -> Data:
    """A look-up with its verdicts, or with suggestions for what is unknown; with the features that were asked about."""
    assessed = tuple(assessments)
    return {
        "query": words,
        "as_of": day.isoformat(),
        "outcome": query.outcome.value,
        "assessments": [
            assessment_data(assessment) | _features_data(query.features, assessment) for assessment in assessed
        ],
        "suggestions": [suggestion_name(suggestion, day) for suggestion in query.suggestions],
        "unused": list(query.unused),
    } | (_features_data(query.features, assessed[0]) if assessed else {})


def _features_data(features: Sequence[Feature], assessment: Assessment) -> Data:
    found = [
        {
            "id": feature.id,
            "answer": feature_answer(feature, assessment).value,
            "from": since.number if (since := feature.of(assessment.release.product).release) else None,
        }
        for feature in features
    ]
    return {} if not found else {"feature": found[0]} if len(found) == 1 else {"features": found}


def assessment_data(assessment: Assessment) -> Data:
    """One verdict; `requirements` where it is supported under some only."""
    release, support = assessment.release, assessment.support
    required = [requirement_data(requirement) for requirement in assessment.requirements]
    return {
        "product": release.product.value,
        "release": release.number,
        "name": assessment.name,
        "prerelease": assessment.prerelease,
        "support": {
            "level": support.level.value,
            "official": support.official,
            "extra_features": support.extra_features,
        },
        "lifecycle": lifecycle_data(assessment),
        "badges": [badge.value for badge in assessment.badges],
        **({"requirements": required} if required else {}),
        "known_issues": [issue_data(issue, release) for issue in assessment.known_issues],
        "recommendation": recommendation(assessment),
        "sources": [source_data(source) for source in assessment.sources],
    }


def lifecycle_data(assessment: Assessment) -> Data:
    """Dates as `YYYY-MM-DD`, `YYYY-MM` where no day is known, or null. None is of a prerelease."""
    life = assessment.lifecycle
    return {
        "stage": assessment.stage.value,
        "released_on": str(life.released) if life.released else None,
        "maintenance_ends_on": str(life.maintenance_ends) if life.maintenance_ends else None,
        "eol_on": str(life.eol) if life.eol else None,
        "lts": life.is_lts(assessment.on),
        "days_left": assessment.days_left,
    }


def issue_data(issue: KnownIssue, release: Release | None = None) -> Data:
    """A known issue, as it concerns a release if one is given."""
    summary = issue.summary_for(release) if release else issue.summary
    return {"id": issue.id, "summary": summary.replace("`", ""), "url": issue.url}


def requirement_data(requirement: Requirement) -> Data:
    """What is required, by whose word."""
    sources = [source_data(source) for source in requirement.sources]
    return {"id": requirement.id, "text": requirement.text.replace("`", ""), "sources": sources}


def row_data(row: ListRow, day: date, issues: Iterable[KnownIssue]) -> Data:
    """A row of the list on a day."""
    return {
        "label": row.label(day),
        "product": row.product.value,
        "releases": [release.number for release in row.releases],
        "badges": [badge.value for badge in row.badges(day)],
        "known_issues": [issue_data(issue) for issue in issues],
    }


def source_data(source: Citation) -> Data:
    """A source; `url` is null for a document without a public address."""
    return {"title": source.title, "url": source.url}


def suggestion_name(suggestion: Release | Product, day: date) -> str:
    """A suggestion as it can be typed again."""
    return suggestion.value if isinstance(suggestion, Product) else suggestion.name(day)
