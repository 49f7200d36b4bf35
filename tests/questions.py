"""A question for each kind of reply, by the name of its golden files."""

QUESTIONS = {
    "check-partial-eol": "XenServer 7.2",
    "check-full": "XCP-ng 8.3",
    "check-unlisted": "XenServer 6.0",
    "check-ambiguous": "8.2",
    "check-several": "XenServer 7.2, XCP-ng 8.2",
    "check-range": "XenServer >=7.0,<7.4",
    "check-other-day": "XCP-ng 8.3 on 2028-12-01",
    "unknown-version": "XenServer 7.7",
    "unknown-product": "Proxmux 8",
    "unsupported-platform": "Xen on Debian",
    "unknown-command": "upgrde XenServer 7.2",
    "nothing-named": "good morning",
    "newest": "which version should I use?",
    "compare": "compare 8.2 and 8.3",
    "compare-ambiguous": "8.1 vs 8.2",
    "list": "list",
    "issues": "issues",
    "issues-of-a-release": "issues XenServer 7.2",
    "issue": "issues XSO-868",
    "upgrade": "upgrade XenServer 7.2",
    "features": "feature",
    "feature": "feature vTPM",
    "unknown-feature": "feature vTMP",
    "timeline": "timeline",
    "advisory": "XSA-486",
    "advisory-of-xo": "CVE-2026-133469",
    "unknown-advisory": "XSA-999",
    "advisories": "advisories XenServer 8",
    "help": "help",
    "help-of-a-command": "help check",
}
"""Every platform that draws replies draws these."""

OF_PATCHES = {
    "advisory-of-a-fleet": "XSA-486",
    "advisory-of-orchestras": "CVE-2026-133469",
    "fleet-with-holes": "fleet",
    "fleet-vulnerable": "fleet vulnerable",
    "xo-one": "xo old",
    "xo": "xo",
    "patches": "patches",
}
"""They draw these, too, of `tests.chat.fleet.patched_desk`."""
