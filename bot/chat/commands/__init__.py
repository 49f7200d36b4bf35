"""Every command, written once: help, shell, Slack and README come from this list. The most used come first."""

from bot.chat.command import CommandSpec, Right

CHECK = CommandSpec(
    name="check",
    takes="RELEASE[, RELEASE ...] [on DATE]",
    about="support, lifecycle and known issues of a release",
    examples=(
        ("XenServer 7.2", "the verdict"),
        ("XenServer 7.2, XCP-ng 8.2", "one verdict each"),
        ("XenServer >=7.0,<7.4", "every release in a range"),
        ("XCP-ng 8.3 on 2028-12-01", "as of another day"),
    ),
    right=Right.LOOKUP,
    module="check",
    details="The word `check` can be left out. A number that both products have shows both.",
)

LIST = CommandSpec(
    name="list",
    takes="[xcp-ng|xenserver]",
    about="the compatibility list, row by row",
    examples=(("list xcp-ng", "one product"), ("list on 2024-11-14", "as it was on a day")),
    right=Right.LOOKUP,
    module="listing",
)

ISSUES = CommandSpec(
    name="issues",
    takes="[ID | RELEASE]",
    about="known issues, with links",
    examples=(("issues XenServer 7.2", "what breaks on a release"), ("issues XSO-868", "one issue in full")),
    right=Right.LOOKUP,
    module="issues",
)

UPGRADE = CommandSpec(
    name="upgrade",
    takes="RELEASE [on DATE]",
    about="the supported upgrade path, step by step",
    examples=(("upgrade XenServer 7.2", "the steps, and what to check first"),),
    right=Right.LOOKUP,
    module="upgrade",
)

FEATURE = CommandSpec(
    name="feature",
    takes="[NAME]",
    about="which release a feature needs",
    examples=(("feature vTPM", "the first release of each product that has it"), ("feature", "all of them")),
    right=Right.LOOKUP,
    module="feature",
)

TIMELINE = CommandSpec(
    name="timeline",
    takes="[xcp-ng|xenserver]",
    about="releases, end-of-life dates, what ends next",
    examples=(("timeline xenserver", "one product"),),
    right=Right.LOOKUP,
    module="timeline",
)

HELP = CommandSpec(
    name="help",
    takes="[COMMAND]",
    about="what there is to ask",
    examples=(("help upgrade", "more about one command"),),
    right=Right.LOOKUP,
    module="help",
)

PROBE = CommandSpec(
    name="probe",
    takes="HOST",
    about="ask a host what it runs",
    examples=(("probe lab-a", "what each host of its pool runs, with the verdict"),),
    right=Right.PROBE,
    module="probe",
    slow=True,
    picks=True,
    details="HOST is a name of the inventory in the configuration; an address is never asked.",
)

COMMANDS = {spec.name: spec for spec in (CHECK, PROBE, LIST, ISSUES, UPGRADE, FEATURE, TIMELINE, HELP)}
