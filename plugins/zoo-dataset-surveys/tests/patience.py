"""Time that passes only when somebody sleeps, so that no test waits."""

from zoo.retrieval.client import Client
from zoo.retrieval.retry import Retry
from zoo.retrieval.throttle import Throttle


class Clock:
    """A clock, its hands, and how long each sleep was."""

    def __init__(self):
        self.now, self.slept = 0.0, []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


def client(clock: Clock, per_second: float = float("inf"), times: int = 4, timeout: float = 20.0, **options) -> Client:
    """A client that waits by this clock; only silence takes real time."""
    throttle = Throttle(per_second, clock=clock.time, sleep=clock.sleep)
    return Client(throttle, Retry(times, sleep=clock.sleep), timeout, **options)
