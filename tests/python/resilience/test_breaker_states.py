"""A breaker, against a model that keeps every call and counts again."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tokenfoundry.resilience.breaker import Breaker, BreakerRules, Ticket

RULES = BreakerRules(failures=3, failure_rate=0.5, least_calls=6, window_s=10.0, open_s=2.0, longest_open_s=7.0)


class BreakerAgainstModel(RuleBasedStateMachine):
    """The model: the calls since the breaker last closed, as (slot of a second, failed); instants are whole eighths of
    a second, so that sums are exact.
    """

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(RULES)
        self.now_s = 0.0
        self.under_way: list[tuple[Ticket, int]] = []  # with the epoch in which it entered
        self.state = "closed"
        self.epoch = 0
        self.until_s = 0.0
        self.openings = 0
        self.in_a_row = 0
        self.told: list[tuple[int, bool]] = []
        self.probe: Ticket | None = None

    def model_opens(self, for_s: float | None = None) -> None:
        self.state = "open"
        if for_s is None:
            for_s = min(RULES.open_s * 2**self.openings, RULES.longest_open_s)
        self.until_s = self.now_s + for_s
        self.openings += 1
        self.epoch += 1
        self.probe = None

    def model_closes(self) -> None:
        self.state = "closed"
        self.in_a_row = 0
        self.told = []
        self.probe = None

    def counted(self) -> list[bool]:
        return [failed for slot, failed in self.told if slot > int(self.now_s) - 10]

    @rule(eighths=st.integers(0, 100))
    def time_passes(self, eighths: int) -> None:
        self.now_s += eighths / 8

    @rule()
    def enter(self) -> None:
        ticket = self.breaker.enter(self.now_s)
        if self.state == "open" and self.now_s >= self.until_s:
            self.state, self.epoch, self.probe = "half_open", self.epoch + 1, None
        expected = self.state == "closed" or (self.state == "half_open" and self.probe is None)
        assert (ticket is not None) == expected
        if ticket is not None:
            self.under_way.append((ticket, self.epoch))
            if self.state == "half_open":
                self.probe = ticket

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        ticket, epoch = self.taken(data)
        self.breaker.succeeded(ticket, self.now_s)
        if epoch == self.epoch and self.state != "open":
            if self.state == "half_open":
                self.model_closes()
            self.openings = self.in_a_row = 0
            self.told.append((int(self.now_s), False))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        ticket, epoch = self.taken(data)
        self.breaker.failed(ticket, self.now_s)
        if epoch != self.epoch or self.state == "open":
            return
        if self.state == "half_open":
            self.model_opens()
            return
        self.in_a_row += 1
        self.told.append((int(self.now_s), True))
        counted = self.counted()
        too_many = len(counted) >= RULES.least_calls and sum(counted) >= RULES.failure_rate * len(counted)
        if self.in_a_row >= RULES.failures or too_many:
            self.model_opens()

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        ticket, epoch = self.taken(data)
        self.breaker.left(ticket)
        if epoch == self.epoch and self.state == "half_open":
            self.probe = None

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def begin_to_answer(self, data: st.DataObject) -> None:
        ticket, epoch = data.draw(st.sampled_from(self.under_way))
        self.breaker.proved(ticket, self.now_s)
        if epoch == self.epoch and self.state == "half_open":
            self.model_closes()

    @rule(seconds=st.integers(1, 20))
    def be_denied(self, seconds: int) -> None:
        self.breaker.open_for(seconds, self.now_s)
        self.model_opens(seconds)

    def taken(self, data: st.DataObject) -> tuple[Ticket, int]:
        return self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))

    @invariant()
    def agrees(self) -> None:
        shown = "half_open" if self.state == "open" and self.now_s >= self.until_s else self.state
        assert self.breaker.state(self.now_s) == shown
        wait_s = self.breaker.wait_s(self.now_s)
        if self.state == "open":
            assert wait_s == max(0.0, self.until_s - self.now_s)
        else:
            assert (wait_s > 0) == (self.probe is not None)


TestBreakerAgainstModel = BreakerAgainstModel.TestCase
TestBreakerAgainstModel.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def entered(breaker: Breaker, now_s: float) -> Ticket:
    ticket = breaker.enter(now_s)
    assert ticket is not None
    return ticket


def opened(now_s: float = 0.0) -> Breaker:
    breaker = Breaker(RULES)
    for _ in range(RULES.failures):
        breaker.failed(entered(breaker, now_s), now_s)
    return breaker


def test_it_opens_at_the_third_failure_in_a_row_and_not_before() -> None:
    breaker = Breaker(RULES)
    for _ in range(2):
        breaker.failed(entered(breaker, 0), 0)
    assert breaker.state(0) == "closed"
    breaker.failed(entered(breaker, 0), 0)
    assert breaker.state(0) == "open"
    assert breaker.enter(1.9) is None
    assert breaker.wait_s(0.5) == 1.5


def test_half_of_the_calls_failing_opens_it_though_never_in_a_row() -> None:
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.succeeded(entered(breaker, 0), 0)
        breaker.failed(entered(breaker, 0), 0)
    assert breaker.state(0) == "open"


def test_failures_that_are_long_ago_do_not_count() -> None:
    breaker = Breaker(RULES)
    for second in range(0, 1000, 11):
        breaker.failed(entered(breaker, second), second)
        breaker.succeeded(entered(breaker, second), second)
    assert breaker.state(1000) == "closed"


def test_one_call_tries_a_breaker_whose_time_is_over() -> None:
    breaker = opened()
    probe = entered(breaker, 2)
    assert breaker.enter(2) is None
    breaker.succeeded(probe, 2)
    assert breaker.state(2) == "closed"


def test_each_failed_trial_doubles_the_time_up_to_the_longest() -> None:
    breaker, now_s, waits_s = opened(), 0.0, []
    for _ in range(4):
        waits_s.append(breaker.wait_s(now_s))
        now_s += waits_s[-1]
        breaker.failed(entered(breaker, now_s), now_s)
    assert waits_s == [2, 4, 7, 7]


def test_a_trial_that_says_nothing_lets_the_next_one_try() -> None:
    breaker = opened()
    breaker.left(entered(breaker, 2))
    assert breaker.enter(2) is not None


def test_a_call_from_before_it_opened_neither_closes_nor_opens_it() -> None:
    breaker = Breaker(RULES)
    early = [entered(breaker, 0) for _ in range(6)]
    for ticket in early[:3]:
        breaker.failed(ticket, 0)
    probe = entered(breaker, 2)
    breaker.succeeded(early[3], 2)
    assert breaker.state(2) == "half_open"
    breaker.succeeded(probe, 2)
    for ticket in early[4:]:
        breaker.failed(ticket, 2)
    assert breaker.failures_in_a_row == 0
