"""Secrets that somebody typed by mistake, masked: for the log, the audit trail, and words that a reply repeats.

What they look like, as nobody knows them: a token of Slack's, of a Xen Orchestra or of another service, a password in a
URL or after its name, a private key. A mask too many costs a word, one too few a password.
"""

import re

MASK = "[secret]"

_SIGNS = (
    *("xox", "xapp-", "ticket=", "hooks.slack", "bearer", "basic", "://", "pass", "pw", "secret", "token", "key"),
    *("credential", "eyj", "akia", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_", "glpat-"),
)
"""One of these, or a word as long as a generator's, is in whatever _SECRETS finds: far quicker to look for."""

_GENERATED = 40

_NAMES = r"(?:pass(?:word|wd|phrase|code)?|pwd?|secret|token|(?:api|access|secret|private)[_ -]?key|credentials?)"

_SECRETS = re.compile(
    r"-----BEGIN[A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END[A-Z0-9 ]*PRIVATE KEY-----|\Z)"
    r"|(?:xox[a-z]|xapp)(?:\.xox[a-z])?-[\w.%-]+"
    r"|(?<=ticket=)[^&\s\"']+"
    r"|(?<=hooks\.slack\.com/)[^\s\"'>|]+"
    r"|(?<=\bbearer )\s*[\w.~+/=-]{6,}"
    r"|(?<=\bbasic )\s*[\w+/=-]{8,}"
    # A URL's password may hold whatever sign; one name alone before the host is a token if it is long.
    r"|(?P<user>://[^\s:/@\"'<>]{0,100}:)(?!\[secret\])[^\s\"'<>]{1,200}(?=@)"
    r"|(?<=://)[^\s:/@\"'<>]{16,200}(?=@)"
    rf"|(?P<name>{_NAMES}[\\\"'*`]*(?:\s?=\s?|:\s?(?=\S{{4}}))[\\]?)(?!\[secret\])(?:\"[^\"]*\"?|'[^']*'?|[^\s\"',;&<>]+)"
    r"|\bgh[opusr]_\w{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{16,}|\bAKIA[0-9A-Z]{12,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"
    # What a generator made: long, of letters both large and small and digits. No uuid, fingerprint or build is.
    r"|(?<![\w.:/-])(?-i:(?=[\w-]*[A-Z])(?=[\w-]*[a-z]))(?=[\w-]*\d)[\w-]{40,}(?![\w.-])",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)


def masked(text: str) -> str:
    """A text with MASK in place of whatever looks like a secret; names and addresses around it stay. Total."""
    if not any(map(text.lower().__contains__, _SIGNS)) and max(map(len, text.split()), default=0) < _GENERATED:
        return text
    return _SECRETS.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    return f"{found['user'] or found['name'] or ''}{MASK}"
