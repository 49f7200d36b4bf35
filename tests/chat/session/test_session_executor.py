"""The pool behind the acknowledgements: bounded, and drained at the end."""

import threading

from bot.chat.session.services import BoundedExecutor


def _ignore(_: BaseException) -> None:
    pass


def test_there_are_only_so_many_places() -> None:
    work, gate = BoundedExecutor(1, 1), threading.Event()
    wait = gate.wait
    assert work.submit(lambda: assert_set(wait(10)), _ignore)
    assert work.submit(lambda: assert_set(wait(10)), _ignore)
    assert not work.submit(lambda: None, _ignore)
    gate.set()
    assert work.wait_until_idle(10)
    assert work.submit(lambda: None, _ignore)
    assert work.drain(10)


def assert_set(is_set: bool) -> None:
    assert is_set


def test_what_a_task_raised_is_told_and_its_place_is_free_again() -> None:
    work, told = BoundedExecutor(1, 0), list[BaseException]()

    def break_down() -> None:
        raise ValueError("no")

    for _ in range(3):
        assert work.submit(break_down, told.append)
        assert work.wait_until_idle(10)
    assert [str(error) for error in told] == ["no"] * 3
    assert work.drain(10)


def test_draining_finishes_what_was_taken_and_takes_nothing_more() -> None:
    work, gate, done = BoundedExecutor(1, 5), threading.Event(), list[int]()
    work.submit(lambda: assert_set(gate.wait(10)), _ignore)
    for at in range(3):
        work.submit(lambda at=at: done.append(at), _ignore)  # type: ignore[misc] # mypy can't type such a default
    drained = threading.Thread(target=work.drain, args=(10,))
    drained.start()
    gate.set()
    drained.join(10)
    assert done == [0, 1, 2]
    assert not work.submit(lambda: None, _ignore)


def test_draining_gives_up_on_work_that_hangs() -> None:
    work, gate = BoundedExecutor(1, 0), threading.Event()
    work.submit(lambda: assert_set(gate.wait(10)), _ignore)
    assert not work.drain(0.05)
    gate.set()
