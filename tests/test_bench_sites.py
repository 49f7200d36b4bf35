"""The bench of sites, at a size for tests: what it starts works together, and a bad figure is named."""

import pytest

from tests.bench.sites import run


def test_sites_that_come_back_at_once_are_recorded_without_a_loss() -> None:
    found = run._flood(sites=3, hosts=5)
    assert found["lost"] == 0
    assert min(found[name] for name in ("centre_most_mb", "server_most_mb", "recorded_s")) > 0
    assert "evaluated_most_mb" not in found


def test_each_figure_has_a_bound_and_the_verdict_names_those_that_are_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    flood = {"recorded_s": 41.0, "lost": 0.0, "centre_most_mb": 150.0, "server_most_mb": 60.0}
    flood |= {"centre_steady_percent": 1.0, "server_steady_percent": 3.0}
    monkeypatch.setattr(run, "_flood", lambda *_: flood)
    monkeypatch.setattr(run, "_pair", lambda *_: {"two_workers_times": 1.9})
    killed = {"all_asked_after_kill_s": 26.0, "asked_again": 101.0, "worker_most_mb": 58.0}
    monkeypatch.setattr(run, "_kill", lambda *_: killed)
    monkeypatch.setattr(run, "_bodies", lambda *_: {"bodies_with_secrets": 0.0})
    assert run.measure(1, 1, 1, 1)["verdict"] == ["recorded_s", "server_steady_percent", "asked_again"]
