"""When a retry is made, and that a storm is never answered with a multiple of itself."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tokenfoundry.resilience.retry import MENDABLE_STATUSES, RetryBudget, RetryBudgetRules, RetryPolicy

BUDGET = RetryBudgetRules(share=0.25, floor_per_s=0.5, burst=4.0)
POLICY = RetryPolicy(most=3, base_s=0.5, longest_s=1.5, longest_asked_s=10.0)
draws = st.floats(0, 1, exclude_max=True)


class BudgetAgainstBound(RuleBasedStateMachine):
    """Between any two instants there are at most burst + share * calls + floor * time retries."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.budget = RetryBudget(BUDGET, 0.0)
        self.calls = 0
        self.retries = 0
        self.allowed_since = [(0.0, 0, 0)]  # instants with calls and retries before them

    @rule(number=st.integers(1, 50))
    def calls_are_made(self, number: int) -> None:
        for _ in range(number):
            self.budget.called()
        self.calls += number

    @rule(quarters=st.integers(0, 40))
    def time_passes(self, quarters: int) -> None:
        self.now_s += quarters / 4

    @rule(number=st.integers(1, 20))
    def retries_are_wanted(self, number: int) -> None:
        self.allowed_since.append((self.now_s, self.calls, self.retries))
        for _ in range(number):
            had = self.budget.left(self.now_s)
            got = self.budget.take(self.now_s)
            assert got == (had >= 1)
            self.retries += got

    @rule()
    def a_quiet_gateway_may_retry_after_a_while(self) -> None:
        self.now_s += 1 / BUDGET.floor_per_s
        assert self.budget.take(self.now_s)
        self.retries += 1

    @invariant()
    def stays_within_its_bound(self) -> None:
        for at_s, calls, retries in self.allowed_since:
            earned = BUDGET.share * (self.calls - calls) + BUDGET.floor_per_s * (self.now_s - at_s)
            assert self.retries - retries <= BUDGET.burst + earned + 1e-9
        assert self.budget.taken == self.retries


TestBudgetAgainstBound = BudgetAgainstBound.TestCase
TestBudgetAgainstBound.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


@settings(deadline=None)
@given(retry=st.integers(0, 10_000), draw=draws)
def test_backoff_is_between_nothing_and_its_bound(retry: int, draw: float) -> None:
    delay_s = RetryPolicy(most=100_000, base_s=0.5, longest_s=1.5).delay_s(retry, draw=draw)
    assert delay_s is not None
    assert 0 <= delay_s <= min(1.5, 0.5 * 2 ** min(retry, 60))


@settings(deadline=None)
@given(retry=st.integers(0, 2), draw=draws, asked_s=st.floats(0, 10))
def test_never_sooner_than_the_provider_asked(retry: int, draw: float, asked_s: float) -> None:
    delay_s = POLICY.delay_s(retry, draw=draw, asked_s=asked_s)
    assert delay_s is not None
    assert asked_s <= delay_s < asked_s + POLICY.base_s + 1e-9


def test_a_provider_that_asks_for_longer_than_we_wait_is_not_retried() -> None:
    assert POLICY.delay_s(0, draw=0.5, asked_s=10.1) is None


def test_there_are_no_more_retries_than_allowed() -> None:
    assert [POLICY.delay_s(retry, draw=0.5) is None for retry in range(5)] == [False, False, False, True, True]


def test_what_the_caller_did_wrong_is_not_tried_again() -> None:
    assert MENDABLE_STATUSES.isdisjoint({200, 400, 401, 403, 404, 413, 415, 422})
