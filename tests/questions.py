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
    "list": "list",
    "issues": "issues",
    "issues-of-a-release": "issues XenServer 7.2",
    "issue": "issues XSO-868",
    "upgrade": "upgrade XenServer 7.2",
    "features": "feature",
    "feature": "feature vTPM",
    "unknown-feature": "feature vTMP",
    "timeline": "timeline",
    "help": "help",
    "help-of-a-command": "help check",
}
"""Every platform that draws replies draws these."""
