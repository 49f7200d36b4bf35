"""What a channel reads unasked: bulletins, what is new in their threads, digests."""

from datetime import date, datetime, timedelta

import pytest

from bot.alerts.alert import AffectedHost, Alert, AlertSubject, Condition, Detail, Rule
from bot.alerts.digest import Digest, HostCounts, ReleaseEnd, Unacknowledged
from bot.alerts.facts import release_subject
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.rules import SWEEP
from bot.alerts.state_machine import apply, reconcile
from bot.chat.alert_messages import alert_message, thread_update
from bot.chat.digest_message import digest_message
from bot.chat.reply import Asks, ChannelName, Menu, PersonName, Reply, line
from bot.matrix.matrix import Matrix
from bot.slack.blocks import messages
from bot.slack.mrkdwn import mrkdwn
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from tests.alerts.fleets import NOW, OPS

DUE = date(2025, 9, 16)
LAB_2, LAB_3 = AffectedHost("uuid-2", "xen-2", "lab"), AffectedHost("uuid-3", "xen-3", "lab")
PROD_9, PROD_12 = AffectedHost("uuid-9", "xen-9", "prod"), AffectedHost("uuid-12", "xen-12", "prod")
XCP_82 = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
EOL = Condition(OPS, Rule.EOL, XCP_82, (LAB_2, LAB_3, PROD_9), DUE, 90)
DAY = timedelta(days=1)


def gone(_: Condition) -> Detail:
    return Detail("text", {"text": "no host runs it any more"})


def opened(concern: Condition = EOL, number: int = 17) -> Alert:
    (alert,) = reconcile((concern,), (), NOW, gone).changed
    return alert._replace(id=number)


def said(reply: Reply) -> str:
    return render(reply, Capabilities())


def of(matrix: Matrix, *alerts: Alert, at: datetime = NOW) -> Reply:
    return alert_message(alerts, at.date(), at, matrix)


def follow(concern: Condition | None, alert: Alert, now: datetime) -> Reply:
    settled = reconcile((concern,) if concern else (), (alert,), now, gone)
    return thread_update(settled.notifications[0])


def test_a_bulletin_reads_as_it_was_agreed(matrix: Matrix) -> None:
    assert said(of(matrix, opened())) == (
        "⏳ XCP-ng 8.2 LTS gets no security updates from 16 Sep 2025: 88 days left\n"
        "3 hosts in 2 pools: xen-2, xen-3 (lab), xen-9 (prod)\n"
        "\n"
        "Next step: plan the upgrade to XCP-ng 8.3 LTS before 16 Sep 2025.\n"
        "\n"
        "More: xocompat ack 17 · xocompat snooze 17 7d · xocompat alerts 17\n"
        "new: 90-day mark passed · alert 17 · as of 20 Jun 2025 08:00 UTC"
    )


def test_after_the_day_it_says_so(matrix: Matrix) -> None:
    later = said(of(matrix, opened(), at=NOW + 100 * DAY))
    assert later.startswith("☠️ XCP-ng 8.2 LTS reached end of life on 16 Sep 2025 (12 days ago)")


@pytest.mark.parametrize("days", [-90, -30, -1, 0, 1, 30, 400])
@pytest.mark.parametrize("rule", [Rule.EOL, Rule.MAINTENANCE])
def test_the_next_step_stays_on_the_day_and_after_it(matrix: Matrix, rule: Rule, days: int) -> None:
    """Whatever the release, whether its message is posted or edited on that day, by whoever acknowledged it."""
    for release in matrix.releases:
        life = release.lifecycle
        due = life.eol if rule is Rule.EOL else life.maintenance_ends
        if due is None or (rule is Rule.MAINTENANCE and days < 0):  # until then there is nothing to do but to update
            continue
        at = datetime.combine(due, NOW.timetz()) + days * DAY
        subject = release_subject(release, at.date())
        alert = opened(Condition(OPS, rule, subject, (LAB_2,), due, max(0, -days)))
        for each in (alert, apply(alert, AlertAct(AlertAction.ACKNOWLEDGE, "U0123456789", at))):
            assert "\nNext step: " in said(of(matrix, each, at=at)), (release, at)


def test_who_did_what_and_when_stands_in_it(matrix: Matrix) -> None:
    alert = apply(opened(), AlertAct(AlertAction.ACKNOWLEDGE, "U0123456789", NOW))
    reply = of(matrix, alert)
    assert "acknowledged by U0123456789 on 20 Jun 2025" in said(reply)
    assert "acknowledged by <@U0123456789> on 20 Jun 2025" in str(messages(reply)[0].blocks)
    assert [button.label for button in reply.buttons] == ["Add a note", "Snooze", "Show hosts"]
    snoozed = apply(alert, AlertAct(AlertAction.SNOOZE, "shell:ops", NOW, NOW + 7 * DAY))
    assert "snoozed by shell:ops on 20 Jun 2025, until 27 Jun 2025 08:00 UTC" in said(of(matrix, snoozed))


def test_an_alert_that_fires_again_says_who_had_acknowledged_it(matrix: Matrix) -> None:
    alert = apply(opened(), AlertAct(AlertAction.ACKNOWLEDGE, "U1", NOW))
    (again,) = reconcile((EOL._replace(threshold_days=30),), (alert,), NOW + 60 * DAY, gone).changed
    assert "fires again; it was acknowledged by U1 on 20 Jun 2025" in said(of(matrix, again))


def test_buttons_name_the_alerts_that_are_open(matrix: Matrix) -> None:
    support = opened(Condition(OPS, Rule.SUPPORT, XCP_82, (LAB_2,), detail=Detail("support", {"lack": "partial"})), 18)
    (ended,) = reconcile((), (opened(number=16),), NOW, gone).changed
    reply = of(matrix, support, opened(), ended)
    assert [(button.label, button.words) for button in reply.buttons] == [
        ("Acknowledge", "ack 17 18"),
        ("Snooze", "snooze 17 18 7d"),
        ("Show hosts", "alerts 17 18"),
    ]
    (menu,) = [button for button in reply.buttons if isinstance(button, Menu)]
    assert [(entry.label, entry.words, entry.asks) for entry in menu.entries] == [
        ("for 1 day", "snooze 17 18 1d", None),
        ("for 1 week", "snooze 17 18 7d", None),
        ("until the next threshold", "snooze 17 18 next", None),
        ("until a date …", "snooze 17 18", Asks.MOMENT),
        ("planned for a date …", "ack 17 18 planned", Asks.MOMENT),
    ]
    assert reply.summary.startswith("XCP-ng 8.2 LTS gets no security updates")
    assert "❎ XCP-ng 8.2 LTS is only partially supported by Xen Orchestra" in said(reply)


def test_when_all_ended_it_says_why_and_has_no_buttons(matrix: Matrix) -> None:
    (ended,) = reconcile((), (opened(),), datetime(2025, 9, 2, tzinfo=NOW.tzinfo), gone).changed
    reply = of(matrix, ended)
    assert said(reply).startswith("✅ XCP-ng 8.2 LTS: no host runs it any more")
    assert "resolved 2 Sep 2025, 14 days before its end of life · alert 17" in said(reply)
    assert reply.buttons == ()


@pytest.mark.parametrize(
    ("concern", "first"),
    [
        (
            Condition(OPS, Rule.MAINTENANCE, XCP_82, (LAB_2,), date(2025, 7, 20), 30),
            "⏳ XCP-ng 8.2 LTS gets critical updates only from 20 Jul 2025: 30 days left",
        ),
        (
            Condition(OPS, Rule.UNKNOWN_VERSION, AlertSubject("version:Foo 1", "Foo 1"), (LAB_2,)),
            "❔ Foo 1 is a version that I do not know",
        ),
        (
            Condition(
                OPS,
                Rule.MIXED_POOL,
                AlertSubject("pool:1", "lab"),
                (LAB_2,),
                detail=Detail("versions", {"versions": ["XCP-ng 8.2.1", "XCP-ng 8.3.0"]}),
            ),
            "⚠️ Pool lab has run several versions for more than a day: XCP-ng 8.2.1 and XCP-ng 8.3.0",
        ),
        (
            Condition(
                OPS,
                Rule.UNREACHABLE,
                AlertSubject("source:lab-a", "lab-a"),
                detail=Detail("text", {"text": "since today: It is down."}),
            ),
            "⚠️ lab-a has not answered since today: It is down.",
        ),
        (
            Condition(
                OPS,
                Rule.SWEEP_LATE,
                SWEEP,
                detail=Detail("no_sweep", {"since": "2025-06-19T19:00Z", "every": 360, "error": None}),
            ),
            "⚠️ No sweep has finished since 19 Jun 2025 19:00 UTC, one every 6 hours expected",
        ),
        (
            Condition(OPS, Rule.SUPPORT, XCP_82, (LAB_2,), detail=Detail("support", {"lack": "unlisted"})),
            "❔ XCP-ng 8.2 LTS is not on the Host Compatibility List",
        ),
    ],
)
def test_every_rule_has_its_first_line(matrix: Matrix, concern: Condition, first: str) -> None:
    assert said(of(matrix, opened(concern))).split("\n")[0] == first


def test_many_hosts_are_counted_and_some_are_named(matrix: Matrix) -> None:
    many = tuple(AffectedHost(str(number), f"xen-{number}", "lab") for number in range(10_000))
    reply = of(matrix, opened(EOL._replace(hosts=many)))
    assert "10,000 hosts: xen-0, xen-1, " in said(reply)
    assert "(lab) and 9,990 more" in said(reply)
    assert len(messages(reply)) == 1


def test_a_watched_release_without_hosts_says_so(matrix: Matrix) -> None:
    assert "No watched host runs it" in said(of(matrix, opened(EOL._replace(hosts=(), watched=True))))


def test_a_threshold_tells_what_changed_since_the_last_notice() -> None:
    (fewer,) = reconcile((EOL._replace(hosts=(LAB_2, PROD_9)),), (opened(),), NOW + DAY, gone).changed
    told = said(follow(EOL._replace(hosts=(LAB_2, PROD_9, PROD_12), threshold_days=30), fewer, NOW + 58 * DAY))
    assert "XCP-ng 8.2 LTS gets no security updates from 16 Sep 2025: 30 days left" in told
    assert "Since the last notice: xen-12 (prod) found; xen-3 (lab) not affected any more." in told


def test_the_thread_says_what_became_of_a_host() -> None:
    (fewer,) = reconcile((EOL._replace(hosts=(LAB_2, PROD_9)),), (opened(),), NOW + DAY, gone).changed
    nearer = EOL._replace(hosts=(LAB_2, PROD_9), threshold_days=30)
    (news,) = reconcile((nearer,), (fewer,), NOW + 58 * DAY, gone).notifications
    fate = {"fate": "upgraded", "version": "XCP-ng 8.3 LTS", "hosts": ["xen-3"], "more": 0}
    told = said(thread_update(news._replace(fates=Detail("fates", {"fates": [fate]}))))
    assert "Since the last notice: xen-3 upgraded to XCP-ng 8.3 LTS." in told
    assert "gone" not in told
    assert "threshold: 30-day mark passed · alert 17" in told


def test_each_reason_has_its_words() -> None:
    alert = opened()
    more = follow(EOL._replace(hosts=(*EOL.hosts, PROD_12)), alert, NOW + DAY)
    assert said(more).startswith("Also on XCP-ng 8.2 LTS: xen-12 (prod)")
    assert said(follow(EOL, alert, NOW + 30 * DAY)).startswith("Still so: ⏳ XCP-ng 8.2 LTS gets no")
    snoozed = apply(alert, AlertAct(AlertAction.SNOOZE, "U1", NOW, NOW + DAY))
    assert said(follow(EOL, snoozed, NOW + DAY)).startswith("The snooze is over: ⏳ XCP-ng 8.2 LTS")
    assert said(follow(None, alert, NOW + DAY)).startswith("✅ XCP-ng 8.2 LTS: no host runs it any more")
    assert "new: 90-day mark passed" in said(thread_update(reconcile((EOL,), (), NOW, gone).notifications[0]))


def test_people_and_channels_are_mentioned_in_slack_and_plain_elsewhere() -> None:
    spans = line(PersonName("U0123456789"), " in ", ChannelName("C0123456789"), " not ", PersonName("shell:<!here>"))
    assert mrkdwn(spans) == "<@U0123456789> in <#C0123456789> not shell:&lt;!here&gt;"
    assert said(Reply("x", spans)) == "U0123456789 in C0123456789 not shell:<!here>"


def test_a_digest_has_the_week_in_its_first_line() -> None:
    week = Digest(
        OPS,
        date(2025, 9, 18),
        HostCounts(hosts=40, eol=3, unknown=1),
        ended=(ReleaseEnd("XCP-ng 8.2 LTS", DUE, 3),),
        next=(ReleaseEnd("XCP-ng 8.3 LTS", date(2028, 11, 30), 37),),
        unacknowledged=(Unacknowledged(17, Rule.EOL, "XCP-ng 8.2 LTS", date(2025, 6, 20)),),
        resolved=1,
    )
    told = said(digest_message(week))
    assert told.startswith("This week  XCP-ng 8.2 LTS reached end of life  1 alert that nobody acknowledged")
    assert "40 hosts: 3 past their end of life, 1 of an unknown version. 1 alert resolved this week." in told
    assert "XCP-ng 8.3 LTS, 30 Nov 2028 (in 3 years): 37 hosts" in told
    assert "alert 17, XCP-ng 8.2 LTS: end of life, open since 20 Jun 2025" in told
    quiet = said(digest_message(Digest(OPS, date(2025, 9, 18), HostCounts(hosts=2))))
    assert quiet.startswith("This week  nothing ends that is known")
    assert "2 hosts: all is well." in quiet


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("lab-a did not answer: nothing listens.", "nothing listens."),
        ("lab-a showed another certificate. If on purpose: `xocompat trust lab-a`.", "it showed another certificate."),
    ],
)
def test_a_target_without_an_answer_is_named_once(matrix: Matrix, why: str, told: str) -> None:
    detail = Detail("no_answer", {"since": "2025-06-20T08:00Z", "error": why})
    silent = Condition(OPS, Rule.UNREACHABLE, AlertSubject("source:lab-a", "lab-a"), detail=detail)
    first = said(of(matrix, opened(silent))).splitlines()[0]
    assert first.startswith(f"⚠️ lab-a has not answered since 20 Jun 2025 08:00 UTC: {told}")


def test_the_same_about_all_alerts_is_said_once(matrix: Matrix) -> None:
    both = (opened(), opened(EOL._replace(rule=Rule.SUPPORT, detail=Detail("support", {"lack": "partial"})), 18))
    done = tuple(apply(alert, AlertAct(AlertAction.ACKNOWLEDGE, "U0123456789", NOW)) for alert in both)
    assert said(of(matrix, *done)).count("acknowledged by U0123456789 on 20 Jun 2025") == 1
    assert "Alert 17: acknowledged by U0123456789" in said(of(matrix, done[0], both[1]))


def test_what_never_answered_is_not_said_to_have_stopped(matrix: Matrix) -> None:
    values = {"since": "2025-06-20T08:00Z", "error": "lab-a did not answer: nothing listens.", "never": True}
    silent = Condition(OPS, Rule.UNREACHABLE, AlertSubject("source:lab-a", "lab-a"), detail=Detail("no_answer", values))
    first = said(of(matrix, opened(silent))).splitlines()[0]
    assert first == "⚠️ lab-a has never answered, asked since 20 Jun 2025 08:00 UTC: nothing listens."
