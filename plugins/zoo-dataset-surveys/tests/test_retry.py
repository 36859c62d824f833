"""Patience: pauses that double, the pace of a service, and when to give up. No test waits."""

import threading
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from zoo.retrieval import network
from zoo.retrieval.retry import Retry, ServiceError, Transient
from zoo.retrieval.throttle import Throttle

from .patience import Clock


def failing(times, wait=0.0):
    """An attempt that succeeds after some failures."""
    left = [Transient("hiccups", wait)] * times

    def attempt():
        if left:
            raise left.pop()
        return "done"

    return attempt


def test_pauses_double_up_to_the_longest_and_are_cut_by_a_factor_that_follows_from_the_seed():
    clock = Clock()
    assert Retry(times=6, first=2, longest=9, sleep=clock.sleep)("x", failing(5)) == "done"
    shares = [pause / full for pause, full in zip(clock.slept, (2, 4, 8, 9, 9), strict=True)]
    assert all(0.5 <= share <= 1 for share in shares) and len(set(shares)) == 5
    again = Retry(first=2, longest=9)
    assert [again.pause("x", number) for number in range(5)] == clock.slept
    assert again.pause("y", 0) != again.pause("x", 0) != Retry(first=2, longest=9, seed=1).pause("x", 0)


def test_a_service_that_says_how_long_to_wait_is_believed_up_to_the_longest_pause():
    clock = Clock()
    assert Retry(first=2, sleep=clock.sleep)("x", failing(1, wait=30)) == "done" and clock.slept == [30]
    with pytest.raises(
        ServiceError, match="failed 1 times, at last because it hiccups and asks to wait 7200 s: repeat"
    ):
        Retry(sleep=clock.sleep)("x", failing(1, wait=7200))
    assert clock.slept == [30]


def test_after_the_last_attempt_the_last_failure_is_told_and_nobody_sleeps():
    clock = Clock()
    with pytest.raises(ServiceError, match="^x failed 3 times, at last because it hiccups: repeat the command later"):
        Retry(times=3, sleep=clock.sleep)("x", failing(3))
    assert len(clock.slept) == 2


def test_what_is_not_transient_is_not_tried_again():
    clock = Clock()

    def refuse():
        raise ServiceError("no")

    with pytest.raises(ServiceError, match="^no$"):
        Retry(sleep=clock.sleep)("x", refuse)
    assert not clock.slept


def test_no_second_has_more_requests_than_allowed_and_a_rest_gives_back_the_burst():
    clock = Clock()
    throttle = Throttle(2, burst=3, clock=clock.time, sleep=clock.sleep)
    times = [(throttle.wait(), clock.now)[1] for _ in range(6)]
    assert times == [0, 0, 0, 0.5, 1.0, 1.5]
    clock.now = 100
    assert [(throttle.wait(), clock.now)[1] for _ in range(4)] == [100, 100, 100, 100.5]


def test_threads_that_ask_at_once_get_turns_of_their_own():
    clock, turns = Clock(), []
    throttle = Throttle(1, clock=lambda: 0.0, sleep=turns.append)
    threads = [threading.Thread(target=throttle.wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turns) == [1, 2, 3, 4, 5, 6, 7] and clock.now == 0


def test_retry_after_is_a_number_of_seconds_or_a_date():
    date = format_datetime(datetime.fromtimestamp(1000, UTC), usegmt=True)
    assert network.retry_after("7") == 7 and network.retry_after(None) == network.retry_after("soon") == 0
    assert network.retry_after(date, now=910.0) == 90 and network.retry_after(date, now=2000.0) == 0
