"""What alerts say, rule by rule: the sign, the words around the subject's name, and the details in words.

A new rule is a row of `WORDING` here; what it finds, and why that is gone, stands in bot.alerts.rules.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.alerts.alert import Alert, Detail, Rule
from bot.catalogue import message, message_counted, number, say, say_counted
from bot.chat.reply import Mark, RichText, Strong, line, say_line, say_line_counted, with_code
from bot.chat.wording import day_in_words, distance, joined, moment_in_words, span, with_more

Values = Mapping[str, Any]


class RuleWording(NamedTuple):
    """The words of a rule.

    `sign` stands before the sentence, `clause` is the sentence without its full stop, on a day. `digest` is what the
    weekly digest says it is about, `next_step` what to do where no release says it: both are messages. Once the release
    has ended, the next step is to leave it where `upgrade_after_eol` says so.
    """

    sign: Callable[[Alert, date], str]
    clause: Callable[[Alert, date], RichText]
    digest: str
    next_step: str = ""
    upgrade_after_eol: bool = False


def sentence(alert: Alert, day: date) -> RichText:
    """What an alert says on a day, without a full stop: the first line of its message."""
    if not alert.is_open:
        why = resolution_in_words(alert.why_resolved) or say("resolved")
        return line(Mark("✅", ""), " ", _subject(alert), ": ", *with_code(why))
    wording = WORDING[alert.rule]
    return line(Mark(wording.sign(alert, day), ""), " ", *wording.clause(alert, day))


def subject_name(rule: Rule, name: str) -> str:
    """What the subject of an alert is called: its name, or words where it has none."""
    return say(name) if rule in (Rule.SWEEP_LATE, Rule.SITES_AWAY) else name


def _subject(alert: Alert) -> Strong:
    return Strong(subject_name(alert.rule, alert.subject.name))


def _detail(alert: Alert) -> RichText:
    return with_code(detail_in_words(alert.detail))


def _as_found(alert: Alert, _: date) -> RichText:
    """What was found is a clause without its subject."""
    return line(_subject(alert), " ", *_detail(alert))


def _is_ahead(alert: Alert, day: date) -> bool:
    return alert.due is not None and alert.due > day


def _end_of_life(alert: Alert, day: date) -> RichText:
    due, release = alert.due, _subject(alert)
    if due is None:
        return say_line("{release} has an end of life", release=release)
    if due > day:
        return say_line(
            "{release} gets no security updates from {day}: {left} left",
            release=release,
            day=day_in_words(due),
            left=span((due - day).days),
        )
    return say_line(
        "{release} reached end of life on {day} ({distance}): it gets no security updates",
        release=release,
        day=day_in_words(due),
        distance=distance(due, day),
    )


def _end_of_maintenance(alert: Alert, day: date) -> RichText:
    due, release = alert.due, _subject(alert)
    if due is None:
        return say_line("{release} has an end of maintenance", release=release)
    if due > day:
        return say_line(
            "{release} gets critical updates only from {day}: {left} left",
            release=release,
            day=day_in_words(due),
            left=span((due - day).days),
        )
    return say_line("{release} has got critical updates only since {day}", release=release, day=day_in_words(due))


def _support(alert: Alert, _: date) -> RichText:
    release = _subject(alert)
    known = _LACKS.get(alert.detail.values.get("lack", ""))
    return say_line(known[1], release=release) if known else line(release, ": ", *_detail(alert))


_LACKS = {
    "unlisted": (
        message("not on the Host Compatibility List"),
        message("{release} is not on the Host Compatibility List"),
    ),
    "unofficial": (
        message("no official support"),
        message("{release} has no official support by Xen Orchestra"),
    ),
    "partial": (
        message("partial support"),
        message("{release} is only partially supported by Xen Orchestra"),
    ),
    "prerelease": (
        message("pre-release"),
        message("{release} is a pre-release: for tests, without support or timely security fixes"),
    ),
}
"""What a release lacks, by itself and as a sentence."""


def _unknown_version(alert: Alert, _: date) -> RichText:
    version, why = _subject(alert), _detail(alert)
    return line(version, ": ", *why) if why else say_line("{version} is a version that I do not know", version=version)


def _silence(alert: Alert, _: date) -> RichText:
    """Since when a target does not answer, and why; the failure's words name the target and that once more."""
    target, name, values = _subject(alert), alert.subject.name, alert.detail.values
    if text := str(values.get("text", "")):  # words of an earlier version
        if text.startswith("since "):
            return say_line("{target} has not answered {since}", target=target, since=with_code(text))
        return say_line("{target} has not answered: {why}", target=target, why=with_code(text))
    since, why = _moment(values.get("since")), values.get("error") or ""
    why = why.removeprefix(say("{target} did not answer: {why}", target=name, why=""))
    why = say("it {does}", does=why.removeprefix(f"{name} ")) if why.startswith(f"{name} ") else why
    match bool(values.get("never")), bool(since):
        case True, True:
            silence = say_line("{target} has never answered, asked since {since}", target=target, since=since)
        case True, False:
            silence = say_line("{target} has never answered", target=target)
        case False, True:
            silence = say_line("{target} has not answered since {since}", target=target, since=since)
        case _:
            silence = say_line("{target} has not answered", target=target)
    return line(*silence, ": ", *with_code(why)) if why else silence


def _waiting(alert: Alert, _: date) -> RichText:
    return say_line_counted(
        len(alert.hosts),
        "{count} host on {release} has waited for a restart since {since}: what was updated does not run yet",
        "{count} hosts on {release} have waited for a restart since {since}: what was updated does not run yet",
        release=_subject(alert),
        since=_day(alert.detail.values.get("since")),
    )


def _patch_skew(alert: Alert, _: date) -> RichText:
    """How members differ, and since when that is seen: nobody says when it began."""
    return say_line(
        "Pool {pool} has been seen at several patch levels since {day}: {levels}",
        pool=_subject(alert),
        day=day_in_words(alert.opened_at.date()),
        levels=_detail(alert),
    )


def _old_updates(alert: Alert, _: date) -> RichText:
    old = say_line_counted(
        len(alert.hosts),
        "Updates are too old on {count} host with {release}: {updates}",
        "Updates are too old on {count} hosts with {release}: {updates}",
        release=_subject(alert),
        updates=_detail(alert),
    )
    return line(*old, ". ", say("It is supported only with updates of the last six months"))


def _certificate(alert: Alert, day: date) -> RichText:
    if _is_pool_of_one(alert):
        what = say("its certificate")
    elif len(alert.hosts) == 1:
        what = say("the certificate of {host}", host=alert.hosts[0].name)
    else:
        what = say_counted(len(alert.hosts), "the certificate of {count} host", "the certificates of {count} hosts")
    return line(_subject(alert), ": ", _ends_on(alert, day, what))


def _licence(alert: Alert, day: date) -> RichText:
    pool, is_trial = _subject(alert), alert.detail.kind == "trial"
    if alert.detail.kind == "trial_pool":
        return say_line("Pool {pool} is too large for a trial: {limit}", pool=pool, limit=_detail(alert))
    if len(alert.hosts) != 1:
        what = say_counted(len(alert.hosts), "the licence of {count} host", "the licences of {count} hosts")
    elif _is_pool_of_one(alert):
        what = say("its trial") if is_trial else say("its licence")
    elif is_trial:
        what = say("the trial of {host}", host=alert.hosts[0].name)
    else:
        what = say("the licence of {host}", host=alert.hosts[0].name)
    ends = _ends_on(alert, day, what)
    if is_trial:
        return say_line("{pool}: {ends}. After a trial no VM can be started", pool=pool, ends=ends)
    return line(pool, ": ", ends)


def _is_pool_of_one(alert: Alert) -> bool:
    """Whether the sentence begins with the name of its only host."""
    return [host.name for host in alert.hosts] == [alert.subject.name]


def _ends_on(alert: Alert, day: date, what: str) -> str:
    """When `what` hosts have ends, or has ended: of several the first."""
    due = alert.due or day
    ahead, today, over = _ENDS_ONE if len(alert.hosts) == 1 else _ENDS_SEVERAL
    if due > day:
        return say(ahead, what=what, day=day_in_words(due), left=span((due - day).days))
    return say(today, what=what) if due == day else say(over, what=what, day=day_in_words(due))


_ENDS_ONE = (
    message("{what} ends on {day}: {left} left"),
    message("{what} ends today"),
    message("{what} ended on {day}"),
)
_ENDS_SEVERAL = (
    message("{what} end, the first on {day}: {left} left"),
    message("{what} end today, at least one of them"),
    message("{what} have ended or soon will, the first on {day}"),
)
"""What ends later, today, or has ended."""


def _holes(alert: Alert, _: date) -> RichText:
    return say_line_counted(
        len(alert.hosts),
        "{count} host on {release} lacks the fix of {holes}",
        "{count} hosts on {release} lack the fix of {holes}",
        release=_subject(alert),
        holes=_detail(alert),
    )


def _orchestra(alert: Alert, _: date) -> RichText:
    return say_line(
        "{orchestra} runs xo-server {version} and, by that number, has {holes}",
        orchestra=_subject(alert),
        version=alert.detail.values.get("server") or say("an unknown version"),
        holes=_detail(alert),
    )


def _known_holes(values: Values) -> str:
    """`3 known holes: CVE-1 (used by attackers), XSA-2 and 1 more; 4 more are less grave; 2 hosts wait for a restart`.

    Those below the bar of `security.tell` are counted alone: a probe's number has them, too.
    """
    names = with_more([_hole(each) for each in values["holes"]], HOLES_NAMED)
    clauses = [
        say_counted(len(values["holes"]), "{count} known hole: {names}", "{count} known holes: {names}", names=names)
    ]
    if quiet := values.get("quiet"):
        clauses.append(say_counted(quiet, "{count} more is less grave", "{count} more are less grave"))
    if waits := values.get("restarts"):
        clauses.append(say_counted(waits, "{count} host waits for a restart", "{count} hosts wait for a restart"))
    return "; ".join(clauses)


HOLES_NAMED = 3
"""So many known holes are named in a sentence."""


def _hole(hole: Mapping[str, Any]) -> str:
    return say("{hole} (used by attackers)", hole=hole["id"]) if hole["exploited"] else str(hole["id"])


def holes_in_words(holes: Sequence[Mapping[str, Any]], of: int) -> list[str]:
    """Known holes line by line, with how many hosts have them where it is not all `of` them."""
    told = ((f"{_hole(each)}: {each['title']}", each["hosts"]) for each in holes)
    return [
        hole if hosts in (0, of) else say_counted(hosts, "{hole} ({count} host)", "{hole} ({count} hosts)", hole=hole)
        for hole, hosts in told
    ]


UNTOLD = 5
"""So many holes of which nothing can be told are named."""


def _with_untold(clause: str, values: Values) -> str:
    """A clause, and behind it of which holes nobody can tell whether they are closed."""
    names = values.get("untold") or ()
    if not names:
        return clause
    holes = joined(names) if len(names) <= UNTOLD else with_more(names, UNTOLD)
    if len(names) == 1:
        return say("{clause}; whether {hole} is fixed there cannot be told", clause=clause, hole=holes)
    return say("{clause}; whether {holes} are fixed there cannot be told", clause=clause, holes=holes)


def _day(text: str | None) -> str:
    return day_in_words(date.fromisoformat(text)) if text else say("a day that is not known")


WORDING: Mapping[Rule, RuleWording] = {
    Rule.SWEEP_LATE: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: line(Strong(say("No sweep has finished")), " ", *_detail(alert)),
        message("no sweep finished in time"),
        message("what this channel knows may be old, so see whether `xocompat serve` runs, and its log."),
    ),
    Rule.SITES_AWAY: RuleWording(
        lambda *_: "⚠️",
        _as_found,
        message("the sites' server is away"),
        message("see whether `nats-server` runs, and `xocompat doctor` where `xocompat serve` runs."),
    ),
    Rule.SITE_SILENT: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: say_line(
            "Site {site} {silence}",
            site=_subject(alert),
            silence=_detail(alert),
        ),
        message("a silent site"),
        message("see whether `xocompat site` runs there, and whether it reaches NATS."),
    ),
    Rule.SITE_CLAIM: RuleWording(
        lambda *_: "⚠️",
        _as_found,
        message("a host in two places"),
        message("take it out of the targets of one of them; until then the first one keeps it."),
    ),
    Rule.WORKER_OLD: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: say_line(
            "Site {site} has a worker that is {fault}", site=_subject(alert), fault=_detail(alert)
        ),
        message("a worker that is too old"),
        message("install this version of xocompat there."),
    ),
    Rule.ORCHESTRA: RuleWording(
        lambda *_: "⚠️",
        _orchestra,
        message("known holes of a Xen Orchestra"),
        message("update it: `xo` says to what, and what to do until then."),
    ),
    Rule.ADVISORY: RuleWording(
        lambda *_: "⚠️",
        _holes,
        message("known holes"),
        message("install updates and restart, one host at a time; `advisory ID` says what has the fix."),
        upgrade_after_eol=True,
    ),
    Rule.EOL: RuleWording(
        lambda alert, day: "⏳" if _is_ahead(alert, day) else "☠️", _end_of_life, message("end of life")
    ),
    Rule.UNKNOWN_VERSION: RuleWording(
        lambda *_: "❔",
        _unknown_version,
        message("an unknown version"),
        message("see whether a newer xocompat knows it."),
    ),
    Rule.SUPPORT: RuleWording(
        lambda alert, _: "❔" if alert.detail.values.get("lack") in ("unlisted", "prerelease") else "❎",
        _support,
        message("not fully supported"),
    ),
    Rule.OLD_UPDATES: RuleWording(
        lambda *_: "⚠️",
        _old_updates,
        message("updates that are too old"),
        message("synchronise its pools with their update channel, and install what is missing."),
    ),
    Rule.RESTART: RuleWording(
        lambda *_: "⚠️",
        _waiting,
        message("a restart that waits"),
        message("restart one host at a time, once its VMs run elsewhere or may stop."),
    ),
    Rule.LICENCE: RuleWording(
        lambda alert, day: "⏳" if _is_ahead(alert, day) else "⚠️",
        _licence,
        message("the end of a licence"),
        message("assign a licence that lasts longer."),
    ),
    Rule.CERTIFICATE: RuleWording(
        lambda alert, day: "⏳" if _is_ahead(alert, day) else "⚠️",
        _certificate,
        message("the end of a certificate"),
        message("install a new certificate on each host, and pin it (`xocompat trust`) where the old one is pinned."),
    ),
    Rule.MAINTENANCE: RuleWording(
        lambda alert, day: "⏳" if _is_ahead(alert, day) else "🔶", _end_of_maintenance, message("end of maintenance")
    ),
    Rule.MIXED_POOL: RuleWording(
        lambda *_: "⚠️",
        lambda alert, _: say_line(
            "Pool {pool} has run several versions for more than a day: {versions}",
            pool=_subject(alert),
            versions=_detail(alert),
        ),
        message("several versions"),
        message("finish the rolling upgrade."),
    ),
    Rule.PATCH_SKEW: RuleWording(
        lambda *_: "⚠️",
        _patch_skew,
        message("several patch levels"),
        message("finish updating its hosts, and restart those that wait for it."),
    ),
    Rule.UNREACHABLE: RuleWording(lambda *_: "⚠️", _silence, message("no answer")),
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
    is_hours = hours > 0 and not odd
    count, (each, several) = (hours, _EVERY_HOURS) if is_hours else (values["every"], _EVERY_MINUTES)
    every = say_counted(count, *several) if count > 1 else say(each)
    if since:
        late = say("since {since}, one {every} expected", since=since, every=every)
    else:
        late = say("yet, one {every} expected", every=every)
    return say("{late}. Last error: {error}", late=late, error=error) if error else late


_EVERY_HOURS = message("every hour"), message_counted("every {count} hour", "every {count} hours")
_EVERY_MINUTES = message("every minute"), message_counted("every {count} minute", "every {count} minutes")


def _no_answer(values: Values) -> str:
    since = _moment(values["since"])
    if since and values.get("never"):
        since = say("never, asked since {since}", since=since)
    elif since:
        since = say("since {since}", since=since)
    return ": ".join(filter(None, (since, values["error"])))


def _old(values: Values) -> str:
    oldest = say("the oldest are of {day}", day=_day(values["since"])) if values["since"] else ""
    never = say_counted(values["never"], "{count} host never had any", "{count} hosts never had any")
    return joined([*filter(None, (oldest, never if values["never"] else ""))])


def _levels(values: Values) -> str:
    levels = joined(values["levels"])
    return say(_LEVELS_OF[values["what"]], levels=levels) if values["what"] in _LEVELS_OF else levels


_LEVELS_OF = {
    "Xen": message("Xen {levels}"),
    "xapi": message("xapi {levels}"),
    "xapi built on": message("xapi built on {levels}"),
}
"""What levels are of, as bot.alerts.patch_rules names it."""


def _behind(values: Values) -> str:
    return ", ".join(
        say_counted(
            count,
            "{host} misses {count} update that others have",
            "{host} misses {count} updates that others have",
            host=name,
        )
        for name, count in values["missing"].items()
    )


def _sites_away(values: Values) -> str:
    return say_counted(
        values["sites"],
        "cannot be reached since {since}, so nobody knows how {count} site is: "
        "hosts there are shown as they were last seen",
        "cannot be reached since {since}, so nobody knows how {count} sites are: "
        "hosts there are shown as they were last seen",
        since=_moment(values["since"]),
    )


def _site_silent(values: Values) -> str:
    if values["since"]:
        return say(
            "has not been heard since {since}: its hosts are shown as they were last seen",
            since=_moment(values["since"]),
        )
    return say("has never been heard: none of its hosts is known")


_DETAILS: Mapping[str, Callable[[Values], str]] = {
    "text": lambda values: str(values["text"]),
    "support": lambda values: say(_LACKS[values["lack"]][0]),
    "not_said": lambda _: say("its hosts do not say which release they run"),
    "versions": lambda values: joined(values["versions"]),
    "holes": _known_holes,
    "orchestra": _known_holes,
    "levels": _levels,
    "behind": _behind,
    "waiting": lambda values: say("since {since}", since=_day(values["since"])),
    "old_updates": _old,
    "trial": lambda _: say("a trial"),
    "trial_pool": lambda _: say("one of XenServer 8 may have 3 hosts"),
    "no_answer": _no_answer,
    "no_sweep": _no_sweep,
    "sites_away": _sites_away,
    "site_silent": _site_silent,
    "claimed": lambda values: say(
        "is {place}'s, and claimed by {others} too", place=values["has"], others=joined(values["claims"])
    ),
    "worker_old": lambda values: say("too old to be understood ({versions})", versions=", ".join(values["versions"])),
}


def _fates(values: Values) -> str:
    """What became of hosts: `xen-2 upgraded to XCP-ng 8.3; xen-3 left`."""
    fates = []
    for each in values["fates"]:
        hosts = ", ".join(each["hosts"])
        if each["more"]:
            hosts = say("{items} and {more} more", items=hosts, more=number(each["more"]))
        fates.append(say(_FATES[each["fate"]], hosts=hosts, version=each["version"] or ""))
    return _with_untold("; ".join(fates), values)


_FATES = {
    "upgraded": message("{hosts} upgraded to {version}"),
    "runs": message("{hosts} now on {version}"),
    "moved": message("{hosts} moved to another pool ({version})"),
    "elsewhere": message("{hosts} not told here any more"),
    "removed": message("{hosts} removed from the configuration"),
    "left": message("{hosts} left"),
    "lost": message("{hosts} not known any more"),
    "known": message("{hosts} known by now"),
    "off": message("{hosts} off"),
    "patched": message("{hosts} updated and restarted"),
    "restarted": message("{hosts} restarted"),
    "updated": message("{hosts} updated"),
    "certified": message("{hosts} with a new certificate"),
    "licensed": message("{hosts} with another licence"),
    "on_trial": message("{hosts} on a trial that fits"),
    "silent": message("{hosts} without a word about it any more"),
}
"""What becomes of hosts; `{version}` is what they run now, or the pool that they moved to."""


_RESOLUTIONS: Mapping[str, Callable[[Values], str]] = {
    "fates": _fates,
    "text": lambda values: str(values["text"]),
    "sweep_finished": lambda _: say("a sweep has finished"),
    "no_route": lambda _: say("no route and no watch leads to this channel any more"),
    "eol_has_come": lambda _: say("its end of life has come, which is told by itself"),
    "day_withdrawn": lambda _: say("the day that was told is not given for it any more"),
    "date_moved": lambda values: say("its date moved to {day}", day=_day(values["day"])),
    "not_due_yet": lambda _: say("it is not due yet: a clock that was ahead had opened it"),
    "full_support": lambda _: say("the list has it in full support now"),
    "hosts_gone": lambda values: say("no host runs it any more ({fates})", fates=_fates(values)),
    "not_watched": lambda _: say("nobody in this channel watches it any more"),
    "orchestra_updated": lambda values: _with_untold(
        say("it runs xo-server {version} now", version=values["server"]), values
    ),
    "one_level": lambda _: say("all its hosts are at one patch level"),
    "several_versions": lambda _: say("its hosts run several versions now, which is told by itself"),
    "one_version": lambda _: say("all its hosts run one version"),
    "pool_gone": lambda values: say("none of its hosts is there any more ({fates})", fates=_fates(values)),
    "source_removed": lambda values: say("{target} was removed from the configuration", target=values["source"]),
    "answers_again": lambda _: say("it answers again"),
    "answers_at_last": lambda _: say("it answers now, for the first time"),
    "site_removed": lambda _: say("it is no site any more"),
    "site_heard": lambda _: say("it is heard again"),
    "server_back": lambda _: say("it can be reached again"),
    "sites_heard": lambda _: say("sites are heard again"),
    "claim_gone": lambda _: say("no other place claims it any more"),
    "worker_renewed": lambda _: say("no worker of it is too old any more"),
    "hosts_off": lambda _: say("its hosts are off"),
}


def _moment(at: str | None) -> str:
    return moment_in_words(datetime.fromisoformat(at)) if at else ""
