"""What alerts say, rule by rule: the sign, the words around the subject's name, and the details in words.

A new rule is a row of `WORDING` here; what it finds, and why that is gone, stands in bot.alerts.rules.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.alerts.alert import Alert, Detail, Rule
from bot.chat.reply import Mark, RichText, Strong, line, with_code
from bot.chat.wording import counted, day_in_words, distance, joined, moment_in_words, plural, span, with_more

Values = Mapping[str, Any]


class RuleWording(NamedTuple):
    """The words of a rule.

    `sign` stands before the sentence, `clauses` are the words before the subject's name and those after it, on a day.
    `digest` is what the weekly digest says it is about, `next_step` what to do where no release says it; `subject`
    stands in place of the subject's name, where that is no name. `upgrade_after_eol`: once the release has ended, the
    next step is to leave it.
    """

    sign: Callable[[Alert, date], str]
    clauses: Callable[[Alert, date], tuple[str, str]]
    digest: str
    next_step: str = ""
    subject: str = ""
    upgrade_after_eol: bool = False


def sentence(alert: Alert, day: date) -> RichText:
    """What an alert says on a day, without a full stop: the first line of its message."""
    if not alert.is_open:
        after = f": {resolution_in_words(alert.why_resolved) or 'resolved'}"
        return line(Mark("✅", ""), " ", Strong(alert.subject.name), *with_code(after))
    wording = WORDING[alert.rule]
    before, after = wording.clauses(alert, day)
    subject = Strong(wording.subject or alert.subject.name)
    return line(Mark(wording.sign(alert, day), ""), f" {before}", subject, *with_code(after))


def _is_ahead(alert: Alert, day: date) -> bool:
    return alert.due is not None and alert.due > day


def _end_of_life(alert: Alert, day: date) -> tuple[str, str]:
    due = alert.due
    if due is None:
        return "", " has an end of life"
    if due > day:
        return "", f" gets no security updates from {day_in_words(due)}: {span((due - day).days)} left"
    return "", f" reached end of life on {day_in_words(due)} ({distance(due, day)}): it gets no security updates"


def _end_of_maintenance(alert: Alert, day: date) -> tuple[str, str]:
    due = alert.due
    if due is None:
        return "", " has an end of maintenance"
    if due > day:
        return "", f" gets critical updates only from {day_in_words(due)}: {span((due - day).days)} left"
    return "", f" has got critical updates only since {day_in_words(due)}"


def _support(alert: Alert, _: date) -> tuple[str, str]:
    known = _LACKS.get(alert.detail.values.get("lack", ""))
    return "", known[1] if known else f": {detail_in_words(alert.detail)}"


_LACKS = {
    "unlisted": ("not on the Host Compatibility List", " is not on the Host Compatibility List"),
    "unofficial": ("no official support", " has no official support by Xen Orchestra"),
    "partial": ("partial support", " is only partially supported by Xen Orchestra"),
    "prerelease": ("pre-release", " is a pre-release: for tests, without support or timely security fixes"),
}
"""What a release lacks, by itself and after its name."""


def _unknown_version(alert: Alert, _: date) -> tuple[str, str]:
    why = detail_in_words(alert.detail)
    return "", f": {why}" if why else " is a version that I do not know"


def _silence(alert: Alert, _: date) -> tuple[str, str]:
    """Since when a target does not answer, and why; the failure's words name the target and that once more."""
    name, values = alert.subject.name, alert.detail.values
    if text := str(values.get("text", "")):
        return "", f" has not answered{' ' if text.startswith('since ') else ': '}{text}"
    since, why = _moment(values.get("since")), values.get("error") or ""
    why = why.removeprefix(f"{name} did not answer: ")
    why = f"it {why.removeprefix(f'{name} ')}" if why.startswith(f"{name} ") else why
    asked = f" since {since}" if since else ""
    said = (
        f" has never answered{f', asked{asked}' if asked else ''}"
        if values.get("never")
        else f" has not answered{asked}"
    )
    return "", f"{said}{f': {why}' if why else ''}"


def _waiting(alert: Alert, _: date) -> tuple[str, str]:
    hosts, since = counted(len(alert.hosts), "host"), _day(alert.detail.values.get("since"))
    has = plural(len(alert.hosts), "has", "have")
    return f"{hosts} on ", f" {has} waited for a restart since {since}: what was updated does not run yet"


def _patch_skew(alert: Alert, _: date) -> tuple[str, str]:
    """How members differ, and since when that is seen: nobody says when it began."""
    seen = day_in_words(alert.opened_at.date())
    return "Pool ", f" has been seen at several patch levels since {seen}: {detail_in_words(alert.detail)}"


def _old_updates(alert: Alert, _: date) -> tuple[str, str]:
    said = detail_in_words(alert.detail)
    return f"Updates are too old on {counted(len(alert.hosts), 'host')} with ", f": {said}. {_SIX_MONTHS}"


_SIX_MONTHS = "It is supported only with updates of the last six months"


def _certificate(alert: Alert, day: date) -> tuple[str, str]:
    return "", f": {_ends_on(alert, day, 'the certificate', 'the certificates')}"


def _licence(alert: Alert, day: date) -> tuple[str, str]:
    kind = alert.detail.kind
    if kind == "trial_pool":
        return "Pool ", f" is too large for a trial: {detail_in_words(alert.detail)}"
    said = _ends_on(alert, day, "the trial" if kind == "trial" else "the licence", "the licences")
    return "", f": {said}{'. After a trial no VM can be started' if kind == 'trial' else ''}"


def _ends_on(alert: Alert, day: date, one: str, many: str) -> str:
    """When what hosts have ends, or has ended: of several the first."""
    due, count = alert.due or day, len(alert.hosts)
    what = f"{one} of {alert.hosts[0].name}" if count == 1 else f"{many} of {count:,} hosts"
    if count == 1 and alert.hosts[0].name == alert.subject.name:  # a pool of one: its name stands before
        what = f"its {one.removeprefix('the ')}"
    if due > day:
        first = f"{plural(count, 'ends', 'end')}{'' if count == 1 else ', the first'} on {day_in_words(due)}"
        return f"{what} {first}: {span((due - day).days)} left"
    if due == day:
        return f"{what} {plural(count, 'ends', 'end')} today{'' if count == 1 else ', at least one of them'}"
    ended = "ended" if count == 1 else "have ended or soon will, the first"
    return f"{what} {ended} on {day_in_words(due)}"


def _holes(alert: Alert, _: date) -> tuple[str, str]:
    hosts, lack = counted(len(alert.hosts), "host"), plural(len(alert.hosts), "lacks", "lack")
    return f"{hosts} on ", f" {lack} the fix of {detail_in_words(alert.detail)}"


def _orchestra(alert: Alert, _: date) -> tuple[str, str]:
    server = alert.detail.values.get("server") or "an unknown version"
    return "", f" runs xo-server {server} and, by that number, has {detail_in_words(alert.detail)}"


def _known_holes(values: Values) -> str:
    """`3 known holes: CVE-1 (used by attackers), XSA-2 and 1 more; 4 more are less grave; 2 hosts wait for a restart`.

    Those below the bar of `security.tell` are counted alone: a probe's number has them, too.
    """
    names = [f"{each['id']}{' (used by attackers)' if each['exploited'] else ''}" for each in values["holes"]]
    waits = values.get("restarts")
    restart = f"; {counted(waits, 'host')} {plural(waits, 'waits', 'wait')} for a restart" if waits else ""
    less = f"; {quiet:,} more {plural(quiet, 'is', 'are')} less grave" if (quiet := values.get("quiet")) else ""
    return f"{counted(len(names), 'known hole')}: {with_more(names, HOLES_NAMED)}{less}{restart}"


HOLES_NAMED = 3
"""So many known holes are named in a sentence."""


def holes_in_words(holes: Sequence[Mapping[str, Any]], of: int) -> list[str]:
    """Known holes line by line, with how many hosts have them where it is not all `of` them."""
    return [
        f"{each['id']}{' (used by attackers)' if each['exploited'] else ''}: {each['title']}"
        + (f" ({counted(each['hosts'], 'host')})" if each["hosts"] not in (0, of) else "")
        for each in holes
    ]


UNTOLD = 5
"""So many holes of which nothing can be told are named."""


def _untold(values: Values) -> str:
    """Of which holes nobody can tell whether they are closed."""
    names = values.get("untold") or ()
    if not names:
        return ""
    named = joined(names) if len(names) <= UNTOLD else with_more(names, UNTOLD)
    return f"; whether {named} {plural(len(names), 'is', 'are')} fixed there cannot be told"


def _day(text: str | None) -> str:
    return day_in_words(date.fromisoformat(text)) if text else "a day that is not known"


WORDING: Mapping[Rule, RuleWording] = {
    Rule.SWEEP_LATE: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: ("", f" {detail_in_words(alert.detail)}"),
        "no sweep finished in time",
        "what this channel knows may be old, so see whether `xocompat serve` runs, and its log.",
        subject="No sweep has finished",
    ),
    Rule.SITES_AWAY: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: ("", f" {detail_in_words(alert.detail)}"),
        "the sites' server is away",
        "see whether `nats-server` runs, and `xocompat doctor` where `xocompat serve` runs.",
    ),
    Rule.SITE_SILENT: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: ("Site ", f" {detail_in_words(alert.detail)}: its hosts are shown as they were last seen"),
        "a silent site",
        "see whether `xocompat site` runs there, and whether it reaches NATS.",
    ),
    Rule.SITE_CLAIM: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: ("", f" {detail_in_words(alert.detail)}"),
        "a host in two places",
        "take it out of the targets of one of them; until then the first one keeps it.",
    ),
    Rule.WORKER_OLD: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: ("Site ", f" has a worker that is {detail_in_words(alert.detail)}"),
        "a worker that is too old",
        "install this version of xocompat there.",
    ),
    Rule.ORCHESTRA: RuleWording(
        lambda *_: "⚠️",
        _orchestra,
        "known holes of a Xen Orchestra",
        "update it: `xo` says to what, and what to do until then.",
    ),
    Rule.ADVISORY: RuleWording(
        lambda *_: "⚠️",
        _holes,
        "known holes",
        "install updates and restart, one host at a time; `advisory ID` says what has the fix.",
        upgrade_after_eol=True,
    ),
    Rule.EOL: RuleWording(lambda alert, day: "⏳" if _is_ahead(alert, day) else "☠️", _end_of_life, "end of life"),
    Rule.UNKNOWN_VERSION: RuleWording(
        lambda *_: "❔",
        _unknown_version,
        "an unknown version",
        "see whether a newer xocompat knows it.",
    ),
    Rule.SUPPORT: RuleWording(
        lambda alert, _: "❔" if alert.detail.values.get("lack") in ("unlisted", "prerelease") else "❎",
        _support,
        "not fully supported",
    ),
    Rule.OLD_UPDATES: RuleWording(
        lambda *_: "⚠️",
        _old_updates,
        "updates that are too old",
        "synchronise its pools with their update channel, and install what is missing.",
    ),
    Rule.RESTART: RuleWording(
        lambda *_: "⚠️",
        _waiting,
        "a restart that waits",
        "restart one host at a time, once its VMs run elsewhere or may stop.",
    ),
    Rule.LICENCE: RuleWording(
        lambda alert, day: "⏳" if _is_ahead(alert, day) else "⚠️",
        _licence,
        "the end of a licence",
        "assign a licence that lasts longer.",
    ),
    Rule.CERTIFICATE: RuleWording(
        lambda alert, day: "⏳" if _is_ahead(alert, day) else "⚠️",
        _certificate,
        "the end of a certificate",
        "install a new certificate on each host, and pin it (`xocompat trust`) where the old one is pinned.",
    ),
    Rule.MAINTENANCE: RuleWording(
        lambda alert, day: "⏳" if _is_ahead(alert, day) else "🔶", _end_of_maintenance, "end of maintenance"
    ),
    Rule.MIXED_POOL: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: ("Pool ", f" has run several versions for more than a day: {detail_in_words(alert.detail)}"),
        "several versions",
        "finish the rolling upgrade.",
    ),
    Rule.PATCH_SKEW: RuleWording(
        lambda *_: "⚠️",
        _patch_skew,
        "several patch levels",
        "finish updating its hosts, and restart those that wait for it.",
    ),
    Rule.UNREACHABLE: RuleWording(lambda *_: "⚠️", _silence, "no answer"),
}
"""The words of every rule."""


def detail_in_words(detail: Detail) -> str:
    """What a rule found, in a word or two; empty where subject and day say it all."""
    return _DETAILS[detail.kind](detail.values) if detail.kind in _DETAILS else ""


def resolution_in_words(why: Detail | None) -> str:
    """Why an alert was resolved, to complete "resolved: ...", or what became of hosts; empty where there is nothing."""
    return _RESOLUTIONS[why.kind](why.values) if why and why.kind in _RESOLUTIONS else ""


def _no_sweep(values: Values) -> str:
    since, error = _moment(values["since"]), values["error"]
    hours, odd = divmod(values["every"], 60)
    count, unit = (hours, "hour") if hours and not odd else (values["every"], "minute")
    period = unit if count <= 1 else f"{count} {unit}s"
    said = f"{f'since {since}' if since else 'yet'}, one every {period} expected"
    return f"{said}. Last error: {error}" if error else said


_DETAILS: Mapping[str, Callable[[Values], str]] = {
    "text": lambda values: str(values["text"]),
    "support": lambda values: _LACKS[values["lack"]][0],
    "not_said": lambda _: "its hosts do not say which release they run",
    "versions": lambda values: " and ".join(values["versions"]),
    "holes": _known_holes,
    "orchestra": _known_holes,
    "levels": lambda values: f"{values['what']} {joined(values['levels'])}",
    "behind": lambda values: ", ".join(
        f"{name} misses {counted(count, 'update')} that others have" for name, count in values["missing"].items()
    ),
    "waiting": lambda values: f"since {_day(values['since'])}",
    "old_updates": lambda values: " and ".join(
        [
            *([f"the oldest are of {_day(values['since'])}"] if values["since"] else []),
            *([f"{counted(values['never'], 'host')} never had any"] if values["never"] else []),
        ]
    ),
    "trial": lambda _: "a trial",
    "trial_pool": lambda _: "one of XenServer 8 may have 3 hosts",
    "no_answer": lambda values: ": ".join(
        filter(
            None,
            (
                f"{'never, asked ' if values.get('never') else ''}since {_moment(values['since'])}"
                if values["since"]
                else "",
                values["error"],
            ),
        )
    ),
    "no_sweep": _no_sweep,
    "sites_away": lambda values: (
        f"cannot be reached since {_moment(values['since'])}, so nobody knows how {counted(values['sites'], 'site')}"
        f" {'is' if values['sites'] == 1 else 'are'}: hosts there are shown as they were last seen"
    ),
    "site_silent": lambda values: (
        f"has not been heard since {_moment(values['since'])}" if values["since"] else "has never been heard"
    ),
    "claimed": lambda values: f"is {values['has']}'s, and claimed by {' and '.join(values['claims'])} too",
    "worker_old": lambda values: f"too old to be understood ({', '.join(values['versions'])})",
}


def _fates(values: Values) -> str:
    """What became of hosts: `xen-2 upgraded to XCP-ng 8.3; xen-3 left`."""
    said = []
    for each in values["fates"]:
        more = f" and {each['more']} more" if each["more"] else ""
        said.append(f"{', '.join(each['hosts'])}{more} {_FATES[each['fate']](each['version'])}")
    return "; ".join(said) + _untold(values)


_FATES: Mapping[str, Callable[[str], str]] = {
    "upgraded": lambda version: f"upgraded to {version}",
    "runs": lambda version: f"now on {version}",
    "moved": lambda pool: f"moved to another pool ({pool})",
    "elsewhere": lambda _: "not told here any more",
    "removed": lambda _: "removed from the configuration",
    "left": lambda _: "left",
    "lost": lambda _: "not known any more",
    "known": lambda _: "known by now",
    "off": lambda _: "off",
    "patched": lambda _: "updated and restarted",
    "restarted": lambda _: "restarted",
    "updated": lambda _: "updated",
    "certified": lambda _: "with a new certificate",
    "licensed": lambda _: "with another licence",
    "on_trial": lambda _: "on a trial that fits",
    "silent": lambda _: "without a word about it any more",
}


_RESOLUTIONS: Mapping[str, Callable[[Values], str]] = {
    "fates": lambda values: _fates(values),
    "text": lambda values: str(values["text"]),
    "sweep_finished": lambda _: "a sweep has finished",
    "no_route": lambda _: "no route and no watch leads to this channel any more",
    "eol_has_come": lambda _: "its end of life has come, which is told by itself",
    "day_withdrawn": lambda _: "the day that was told is not given for it any more",
    "date_moved": lambda values: f"its date moved to {day_in_words(date.fromisoformat(values['day']))}",
    "not_due_yet": lambda _: "it is not due yet: a clock that was ahead had opened it",
    "full_support": lambda _: "the list has it in full support now",
    "hosts_gone": lambda values: f"no host runs it any more ({_fates(values)})",
    "not_watched": lambda _: "nobody in this channel watches it any more",
    "orchestra_updated": lambda values: f"it runs xo-server {values['server']} now{_untold(values)}",
    "one_level": lambda _: "all its hosts are at one patch level",
    "several_versions": lambda _: "its hosts run several versions now, which is told by itself",
    "one_version": lambda _: "all its hosts run one version",
    "pool_gone": lambda values: f"none of its hosts is there any more ({_fates(values)})",
    "source_removed": lambda values: f"{values['source']} was removed from the configuration",
    "answers_again": lambda _: "it answers again",
    "answers_at_last": lambda _: "it answers now, for the first time",
    "site_removed": lambda _: "it is no site any more",
    "site_heard": lambda _: "it is heard again",
    "server_back": lambda _: "it can be reached again",
    "sites_heard": lambda _: "sites are heard again",
    "claim_gone": lambda _: "no other place claims it any more",
    "worker_renewed": lambda _: "no worker of it is too old any more",
    "hosts_off": lambda _: "its hosts are off",
}


def _moment(at: str | None) -> str:
    return moment_in_words(datetime.fromisoformat(at)) if at else ""
