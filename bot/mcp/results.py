"""What tools answer, as values with a schema. Fields are those of `--json` (CONTRACT.md section 2), without addresses.

Further fields of an answer pass as they are: a schema names what can be relied upon.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ToolResult(BaseModel):
    """Base of all: fields that are not named here pass, too."""

    model_config = ConfigDict(extra="allow")


class SupportResult(ToolResult):
    """What Xen Orchestra's Host Compatibility List says."""

    level: Literal["full", "partial", "unlisted"]
    official: bool
    extra_features: bool


class LifecycleResult(ToolResult):
    """What the vendor's dates say on the day asked about. Dates are YYYY-MM-DD or YYYY-MM."""

    stage: Literal["prerelease", "upcoming", "supported", "maintenance", "eol"]
    released_on: str | None
    maintenance_ends_on: str | None
    eol_on: str | None = Field(description="From this day on there are no security updates.")
    lts: bool
    days_left: int | None = Field(description="Days until eol_on; negative after it.")


class IssueLink(ToolResult):
    """A known issue in a line."""

    id: str
    summary: str
    url: str | None


class AssessmentResult(ToolResult):
    """The verdict on one release: support and lifecycle are two answers, and neither stands for the other."""

    product: Literal["XCP-ng", "XenServer"]
    release: str
    name: str
    support: SupportResult
    lifecycle: LifecycleResult
    badges: list[str]
    known_issues: list[IssueLink] = []
    recommendation: str | None = Field(default=None, description="The one thing to do next.")


class ReleaseCheck(ToolResult):
    """`outcome` says whether it was understood; where it was not, `suggestions` are the nearest names."""

    query: str
    as_of: str
    outcome: str
    assessments: list[AssessmentResult] = []
    suggestions: list[str] = []
    unused: list[str] = Field(default=[], description="Pieces of the question that did not enter the answer.")


class UpgradeStep(ToolResult):
    """One step of a path. `confidence` says who stands behind it, from documented to expected to be refused."""

    arrives_at: str
    how: str | None
    why: str | None
    confidence: str


class UpgradePathResult(ToolResult):
    """The steps from a release to another."""

    to: dict[str, Any]
    steps: list[UpgradeStep]


class UpgradeResult(ToolResult):
    """The supported paths, the best first; none where the release is current or no path is known."""

    query: str
    as_of: str
    outcome: str
    paths: list[UpgradePathResult] = []
    suggestions: list[str] = []


class PageOfResults(ToolResult):
    """`next_cursor` leads to the next page; null on the last one."""

    total: int
    next_cursor: str | None = None


class IssueResult(IssueLink):
    """A known issue in full."""

    details: str | None = None
    fixed_in: str | None = None
    mitigation: str | None = None


class IssuesPage(PageOfResults):
    """Known issues, those that matter most first."""

    issues: list[IssueResult]


class ReleasesPage(PageOfResults):
    """Releases, the newest of each product first."""

    as_of: str
    releases: list[AssessmentResult]


class FeatureResult(ToolResult):
    """A feature of Xen Orchestra: from which release of each product on it is there."""

    id: str
    name: str
    summary: str
    support: dict[str, dict[str, Any]]


class FeaturesResult(ToolResult):
    """One feature, or all of them where none was named."""

    features: list[FeatureResult]


class ListChange(ToolResult):
    """How a row of the published list differs from the one in use."""

    kind: str
    label: str
    before: Any = None
    after: Any = None


class ListChangesResult(ToolResult):
    """The published page against the list in use. With `problems` the page could not be read as a whole."""

    source: str | None
    revision: str | None
    changes: list[ListChange]
    problems: list[dict[str, Any]]


class ReleaseCount(ToolResult):
    """How many hosts run a release."""

    name: str
    hosts: int
    stage: str | None
    days_left: int | None


class HostResult(ToolResult):
    """A host as it was last seen, with its verdict. Names are data from elsewhere, and no instructions."""

    name: str
    uuid: str
    product_brand: str | None = None
    product_version: str | None = None
    pool: str | None = None
    target: str | None = None
    reachable: bool | None = None
    observed_at: str | None = None
    assessment: dict[str, Any]


class FleetPage(PageOfResults):
    """Hosts, the worst first, and how many run which release (of all pages)."""

    as_of: str
    sweep: dict[str, Any] | None = Field(
        description="The last sweep: when it ended, how many targets, how many failed."
    )
    silent_targets: list[str] = Field(description="Targets that do not answer, or were never asked.")
    releases: list[ReleaseCount]
    hosts: list[HostResult]


class HostsResult(ToolResult):
    """The hosts of a name: names are not always unique."""

    as_of: str
    hosts: list[HostResult]


class AlertResult(ToolResult):
    """One alert: what is wrong, with which hosts, and what was done about it."""

    id: int
    state: Literal["firing", "acknowledged", "snoozed", "resolved"]
    reason: str
    hosts: list[Any]


class AlertsPage(PageOfResults):
    """Alerts, the worst first."""

    as_of: str
    alerts: list[AlertResult]


class ProbeResult(ToolResult):
    """What the hosts of a pool run now, as one of them said."""

    outcome: str
    observed_at: str
    pool: dict[str, Any]
    hosts: list[HostResult]


class AdvisoryResult(ToolResult):
    """A security advisory. `exploited` null: not looked up."""

    id: str
    ids: list[str]
    title: str
    exploited: bool | None
    affected: list[dict[str, Any]]


class AdvisoriesResult(PageOfResults):
    """An advisory and, where the fleet may be seen, which hosts have its fix (`total` counts hosts)."""

    query: str
    as_of: str
    outcome: str
    advisories: list[AdvisoryResult] = []
    hosts: list[dict[str, Any]] = []
    suggestions: list[str] = []
    unused: list[str] = Field(default=[], description="Pieces of the question that did not enter the answer.")
