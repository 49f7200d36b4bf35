"""The log: one line an event, no secrets, nothing that a terminal would obey."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import log as logs


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_an_event_is_one_line_of_json_with_when_and_how_grave_first() -> None:
    out = io.StringIO()
    logs.configure("json", stream=out)
    structlog.get_logger().info("asked", who="U1", words='a "b"\n\x1b[31m\u202e')
    (line,) = _lines(out)
    assert list(json.loads(line)) == ["timestamp", "level", "event", "who", "words"]
    assert json.loads(line)["words"] == 'a "b"\n\x1b[31m\u202e'
    assert line.isascii()
    assert line.isprintable()


def test_people_get_lines_without_control_characters_of_others() -> None:
    out = io.StringIO()
    logs.configure("console", stream=out)
    structlog.get_logger().info("asked", words="a\n\x1b[31m\u202e")
    (line,) = _lines(out)
    assert "asked" in line
    assert line.isprintable()


def test_without_a_terminal_json_is_the_default() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    structlog.get_logger().info("asked")
    assert json.loads(out.getvalue())["event"] == "asked"


@pytest.mark.parametrize("form", ["json", "console"])
def test_secrets_never_appear_wherever_they_come_from(form: logs.Format) -> None:
    out = io.StringIO()
    logs.configure(form, secrets=["signing-secret"], stream=out)
    log = structlog.get_logger()
    log.info("signing-secret", a="xoxb-1-2-abc", b=["xapp-1-A-b"], c="wss://x/?ticket=abc&app_id=d")
    try:
        raise ValueError("signing-secret xoxe.xoxb-1-abc https://hooks.slack.com/commands/T1/2/abc")
    except ValueError:
        log.exception("broken")
        logging.getLogger("slack_bolt").exception("broken signing-secret")
    told = out.getvalue()
    assert len(_lines(out)) >= 3
    for secret in ("signing-secret", "1-2-abc", "1-A-b", "ticket=abc", "xoxb-1-abc", "T1/2/abc"):
        assert secret not in told
    assert "ValueError" in told


def test_other_libraries_log_in_the_same_form_and_quiet_ones_not_at_all() -> None:
    out = io.StringIO()
    logs.configure("json", stream=out)
    logging.getLogger("waitress").warning("full: %s", 7)
    logging.getLogger("slack_sdk.web.base_client").error("again and again")
    logging.getLogger("alembic.runtime.plugins").info("setup plugin")
    (line,) = _lines(out)
    assert json.loads(line)["event"] == "full: 7"
    assert json.loads(line)["logger"] == "waitress"
    assert json.loads(line)["level"] == "warning"


def test_what_is_below_the_level_is_not_told() -> None:
    out = io.StringIO()
    logs.configure("json", "warning", stream=out)
    structlog.get_logger().info("asked")
    logging.getLogger("waitress").info("hello")
    assert out.getvalue() == ""
