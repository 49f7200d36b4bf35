"""Every command, written once: help, shell, Slack and README come from this list. The most used come first.

What they are for is marked as messages, which whoever shows them says; the words to type are no messages.
"""

from bot.catalogue import message
from bot.chat.command import CommandSpec, Right

CHECK = CommandSpec(
    name="check",
    takes="RELEASE[, RELEASE ...] [on DATE]",
    about=message("support, lifecycle and known issues of a release"),
    examples=(
        ("XenServer 7.2", message("the verdict")),
        ("XenServer 7.2, XCP-ng 8.2", message("one verdict each")),
        ("XenServer >=7.0,<7.4", message("every release in a range")),
        ("XCP-ng 8.3 on 2028-12-01", message("as of another day")),
    ),
    right=Right.LOOKUP,
    module="check",
    details=message("The word `check` can be left out. A number that both products have shows both."),
)

LIST = CommandSpec(
    name="list",
    takes="[xcp-ng|xenserver]",
    about=message("the compatibility list, row by row"),
    examples=(("list xcp-ng", message("one product")), ("list on 2024-11-14", message("as it was on a day"))),
    right=Right.LOOKUP,
    module="list",
)

ISSUES = CommandSpec(
    name="issues",
    takes="[ID | RELEASE]",
    about=message("known issues, with links"),
    examples=(
        ("issues XenServer 7.2", message("what breaks on a release")),
        ("issues XSO-868", message("one issue in full")),
        ("issues VDI_IO_ERROR", message("those with an error code")),
    ),
    right=Right.LOOKUP,
    module="issues",
)

UPGRADE = CommandSpec(
    name="upgrade",
    takes="RELEASE [on DATE]",
    about=message("the supported upgrade path, step by step"),
    examples=(
        ("upgrade XenServer 7.2", message("the steps, and what to check first")),
        ("upgrade 7.6 to 8.3", message("the steps to a release of your choice")),
    ),
    right=Right.LOOKUP,
    module="upgrade",
)

FEATURE = CommandSpec(
    name="feature",
    takes="[NAME]",
    about=message("which release a feature needs"),
    examples=(
        ("feature vTPM", message("the first release of each product that has it")),
        ("feature", message("all of them")),
    ),
    right=Right.LOOKUP,
    module="feature",
)

TIMELINE = CommandSpec(
    name="timeline",
    takes="[xcp-ng|xenserver]",
    about=message("releases, end-of-life dates, what ends next"),
    examples=(("timeline xenserver", message("one product")),),
    right=Right.LOOKUP,
    module="timeline",
)

COMPARE = CommandSpec(
    name="compare",
    takes="RELEASE, RELEASE",
    about=message("two releases side by side, and the way from one to the other"),
    examples=(
        ("compare XCP-ng 8.2, XCP-ng 8.3", message("what differs, and how to get from one to the other")),
        ("compare 8.2 and 8.3", message("a number that both products have is taken of the other's product")),
        ("XCP-ng 8.3 vs XenServer 8", message("the same, as one would ask it")),
    ),
    right=Right.LOOKUP,
    module="compare",
    details=message("Only what differs is shown: support, lifecycle, features, known issues."),
)

CHANGES = CommandSpec(
    name="changes",
    takes="",
    about=message("how the published list differs from the one in use"),
    examples=(("changes", message("rows that came, went or changed, and where the vendors' dates disagree")),),
    right=Right.LOOKUP,
    module="changes",
    details=message(
        "In chat it tells of the page as it was read last, which happens once a day; a shell reads it anew."
    ),
    follows=True,
)

ADVISORY = CommandSpec(
    name="advisory",
    takes="[ID]",
    about=message("a security advisory: what it is, who has the fix"),
    examples=(
        ("XSA-517", message("what it is, where it is fixed, and your hosts")),
        ("advisory CVE-2026-133469", message("by any of its ids, or a hotfix's name")),
    ),
    right=Right.LOOKUP,
    module="advisory",
    details=message(
        "ID is an XSA, CVE, VSA, GHSA or CTX number, or a hotfix such as XS82ECU1086; `advisory` can be left out."
    ),
)

ADVISORIES = CommandSpec(
    name="advisories",
    takes="[RELEASE]",
    about=message("known security advisories, the gravest first"),
    examples=(
        ("advisories XCP-ng 8.3", message("those of a release")),
        ("advisories xo", message("those of Xen Orchestra itself")),
    ),
    right=Right.LOOKUP,
    module="advisories",
)

ACCESS = CommandSpec(
    name="access",
    takes="[probe|fleet|operate]",
    about=message("what you may do here, and asking for more"),
    examples=(
        ("access", message("which rights you have here")),
        ("access fleet", message("tells those who run xocompat that you ask for the right to see the fleet")),
    ),
    right=Right.LOOKUP,
    module="access",
    details=message(
        "Each right is asked for once a day at most. Those who run xocompat grant it in its configuration."
    ),
    follows=True,
)

HELP = CommandSpec(
    name="help",
    takes="[COMMAND]",
    about=message("what there is to ask"),
    examples=(("help upgrade", message("more about one command")),),
    right=Right.LOOKUP,
    module="help",
)

PROBE = CommandSpec(
    name="probe",
    takes="HOST",
    about=message("ask a host what it runs"),
    examples=(("probe lab-a", message("what each host of its pool runs, with the verdict")),),
    right=Right.PROBE,
    module="probe",
    slow=True,
    picks=True,
    details=message("HOST is a name of the inventory in the configuration; an address is never asked."),
)

ALERTS = CommandSpec(
    name="alerts",
    takes="[all | ID ...] [on DATE]",
    about=message("see the open alerts, and what was done about them"),
    examples=(
        ("alerts", message("what is open, the worst first")),
        ("alerts all", message("those that ended, too")),
        ("alerts 17", message("one in full, with all its hosts")),
        ("alerts on 2028-12-01", message("what would be open on that day")),
    ),
    right=Right.FLEET,
    module="alerts",
)

ACK = CommandSpec(
    name="ack",
    takes="ID ... [planned DATE] [NOTE]",
    about=message("acknowledge alerts"),
    examples=(
        ("ack 17", message("silent until it gets worse")),
        ("ack 17 18", message("several at once")),
        ("ack 17 planned 2028-12-01", message("the day is kept and shown, and told once it is over")),
        ("ack 17 waiting for new hardware", message("with a note for everybody who reads the alert")),
    ),
    right=Right.OPERATE,
    module="alerts.acknowledge",
    channel=True,
    details=message(
        "An acknowledged alert fires again when a stricter threshold is crossed, when it gets worse, or when the "
        "day that it was planned for is over; its note stays until another one takes its place. A note that begins "
        "with a number stands behind a colon: `ack 17: 3 hosts wait`. `alerts` shows the IDs."
    ),
)

SNOOZE = CommandSpec(
    name="snooze",
    takes="ID ... 7d | 1w | DATE | next",
    about=message("silence alerts for a while"),
    examples=(
        ("snooze 17 7d", message("for a week")),
        ("snooze 17 2028-12-01", message("until a day, or a moment in UTC: 2028-12-01T15:00Z")),
        ("snooze 17 next", message("until the next threshold is crossed")),
    ),
    right=Right.OPERATE,
    module="alerts.snooze",
    channel=True,
    details=message(
        "When the time is over, the alert fires again and that is told once; a stricter threshold ends it early."
    ),
)

WATCH = CommandSpec(
    name="watch",
    takes="RELEASE | pool NAME | all [lead 90d]",
    about=message("tell this channel about a release, a pool or all hosts"),
    examples=(
        ("watch XCP-ng 8.3", message("with or without hosts on it")),
        ("watch pool lab lead 90d,30d", message("90 and 30 days before, and on the day")),
        ("watch all", message("whatever is wrong with any host")),
    ),
    right=Right.OPERATE,
    module="watches.watch",
    channel=True,
    details=message("Without `lead` the leads of the configuration count."),
)

UNWATCH = CommandSpec(
    name="unwatch",
    takes="RELEASE | pool NAME | all",
    about=message("stop telling this channel about what it watches"),
    examples=(("unwatch XCP-ng 8.3", message("its open alerts end with the next sweep")),),
    right=Right.OPERATE,
    module="watches.unwatch",
    channel=True,
    details=message("`unwatch all` undoes `watch all`, nothing else. What the configuration sends to a channel stays."),
)

WATCHES = CommandSpec(
    name="watches",
    takes="",
    about=message("see what this channel is told about"),
    examples=(("watches", message("what it watches, and what the configuration sends to it")),),
    right=Right.OPERATE,
    module="watches",
    channel=True,
)

DIGEST = CommandSpec(
    name="digest",
    takes="[on|off]",
    about=message("turn this channel's weekly digest on or off"),
    examples=(("digest off", message("no weekly summary here")), ("digest", message("whether it is on"))),
    right=Right.OPERATE,
    module="digest",
    channel=True,
)

FLEET = CommandSpec(
    name="fleet",
    takes="[WORDS] [on DATE]",
    about=message("see all watched hosts with their verdicts, worst first"),
    examples=(
        ("fleet", message("every host, as the last sweep saw it; a large fleet release by release")),
        ("fleet eol lab", message("hosts past their end of life that have the tag lab")),
        ("fleet XCP-ng 8.2", message("hosts on a release")),
        ("fleet unreachable", message("hosts that do not answer")),
        ("fleet vulnerable", message("hosts with known holes whose fix does not run there")),
        ("fleet eol page 2", message("the next hundred")),
        ("fleet lab csv", message("all of them as a file")),
    ),
    right=Right.FLEET,
    module="fleet",
    details=message(
        "WORDS narrow it down, and all must hold: eol, ending, maintenance, unreachable, reachable, unlisted, partial,"
        " unknown, prerelease, off, mixed, vulnerable, restart, a tag, a pool, a site, a target, a host, a product or a"
        " release. Nobody is asked: `sweep` does that."
    ),
)

SITES = CommandSpec(
    name="sites",
    takes="",
    about=message("see sites, their workers, when each was last heard"),
    examples=(("sites", message("every site, the silent ones first")),),
    right=Right.FLEET,
    module="sites",
    details=message("A site's targets are called SITE/TARGET: `probe paris/lab-a`, `fleet paris`."),
)

PATCHES = CommandSpec(
    name="patches",
    takes="[WORDS]",
    about=message("see which updates hosts miss"),
    examples=(
        ("patches", message("those that wait for a restart first")),
        ("patches prod", message("those of a tag; the words are those of fleet")),
    ),
    right=Right.FLEET,
    module="patches",
    details=message("A Xen Orchestra of the configuration tells it, at most once an hour."),
)

XO = CommandSpec(
    name="xo",
    takes="[NAME]",
    about=message("see your Xen Orchestras with their known holes"),
    examples=(("xo", message("each one's release, its holes, and what to update to")),),
    right=Right.FLEET,
    module="xo",
)

SWEEP = CommandSpec(
    name="sweep",
    takes="[on DATE]",
    about=message("ask the whole fleet now"),
    examples=(
        ("sweep", message("every target is asked, channels are told what they should know")),
        ("sweep on 2028-12-01", message("what that day would bring; nothing is stored or sent")),
    ),
    right=Right.OPERATE,
    module="sweep",
    slow=True,
    details=message(
        "The same happens by itself every few hours (`sweep.every` in the configuration). In a shell it also asks "
        "each Xen Orchestra for its version and for missing updates, for 30 seconds at most."
    ),
)

AUDIT = CommandSpec(
    name="audit",
    takes="[WORDS]",
    about=message("see who asked and did what"),
    examples=(("audit", message("the latest")), ("audit probe lab-a", message("entries in which all words occur"))),
    right=Right.OPERATE,
    module="audit",
)

GROUPS = {
    message("Releases and hosts"): (CHECK, PROBE, FLEET, ALERTS, SWEEP, SITES),
    message("The list and the vendors' dates"): (LIST, ISSUES, UPGRADE, COMPARE, FEATURE, TIMELINE, CHANGES),
    message("Security"): (ADVISORY, ADVISORIES, PATCHES, XO),
    message("What channels are told"): (ACK, SNOOZE, WATCH, UNWATCH, WATCHES, DIGEST, AUDIT),
    message("More"): (ACCESS, HELP),
}
"""As help shows them."""

COMMANDS = {spec.name: spec for specs in GROUPS.values() for spec in specs}
