"""What a look-up in a shell does not load, so that it starts fast (`python -m tests.bench start` measures that)."""

from tests.bench.start import foreign_imports


def test_a_look_up_loads_nothing_that_it_does_not_need() -> None:
    assert foreign_imports() == []
