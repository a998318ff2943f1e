"""Which key the next call uses, against a model of the providers' counters."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tokenfoundry.resilience.cooldown import Room
from tokenfoundry.resilience.provider_keys import KeyBalance, KeyLease, KeyRules

LABELS = ("env:A", "env:B", "env:C")
RULES = KeyRules(denied_s=600.0, limited_s=1.0, longest_limited_s=8.0, longest_rest_s=20.0)


def balance_of(*labels: str) -> KeyBalance:
    return KeyBalance([(label, f"text of {label}") for label in labels], rules=RULES)


def picked(balance: KeyBalance, now_s: float = 0.0, tokens: int = 0) -> KeyLease:
    lease = balance.pick(now_s, tokens=tokens)
    assert lease is not None
    return lease


class KeysAgainstModel(RuleBasedStateMachine):
    """The model knows until when each key may not be used, and which of them one call at a time may try."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.balance = balance_of(*LABELS)
        self.out: list[KeyLease] = []
        self.rests_until = dict.fromkeys(LABELS, 0.0)
        self.shut_until: dict[str, float] = {}
        self.trying: dict[str, KeyLease] = {}
        self.limited = Counter[str]()

    def usable(self, label: str) -> bool:
        if self.rests_until[label] > self.now_s:
            return False
        return label not in self.shut_until or (self.shut_until[label] <= self.now_s and label not in self.trying)

    @rule(eighths=st.integers(0, 10_000))
    def time_passes(self, eighths: int) -> None:
        self.now_s += eighths / 8

    @rule(tokens=st.integers(0, 1000))
    def pick(self, tokens: int) -> None:
        lease = self.balance.pick(self.now_s, tokens=tokens)
        usable = [label for label in LABELS if self.usable(label)]
        assert (lease is not None) == bool(usable)
        if lease is not None:
            assert lease.key.label in usable
            self.out.append(lease)
            if lease.key.label in self.shut_until:
                self.trying[lease.key.label] = lease

    @precondition(lambda self: self.out)
    @rule(data=st.data(), left=st.none() | st.integers(0, 50))
    def is_answered(self, data: st.DataObject, left: int | None) -> None:
        lease, label = self.ended(data)
        lease.answered(self.now_s, None if left is None else Room(left, 10.0, None, None))
        self.limited[label] = 0
        self.tried(lease, label)

    @precondition(lambda self: self.out)
    @rule(data=st.data(), asked_s=st.none() | st.integers(0, 30))
    def is_limited(self, data: st.DataObject, asked_s: int | None) -> None:
        lease, label = self.ended(data)
        lease.limited(self.now_s, asked_s)
        self.tried(lease, label)
        if asked_s is not None or self.rests_until[label] <= self.now_s:
            rest_s = min(8.0, 2.0 ** self.limited[label]) if asked_s is None else min(asked_s, 20.0)
            self.limited[label] += 1
            self.rests_until[label] = max(self.rests_until[label], self.now_s + rest_s)
            if asked_s is not None and asked_s > 20 and self.shut_until.get(label, 0.0) < self.now_s + 20:
                self.shut_until[label] = self.now_s + 20
                self.trying.pop(label, None)

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def is_denied(self, data: st.DataObject) -> None:
        lease, label = self.ended(data)
        lease.denied(self.now_s)
        self.shut_until[label] = self.now_s + RULES.denied_s
        self.trying.pop(label, None)

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def is_left(self, data: st.DataObject) -> None:
        lease, label = self.ended(data)
        lease.left()
        lease.answered(self.now_s)  # Too late: it has told an end.
        if self.trying.get(label) is lease:
            del self.trying[label]

    def ended(self, data: st.DataObject) -> tuple[KeyLease, str]:
        lease = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        return lease, lease.key.label

    def tried(self, lease: KeyLease, label: str) -> None:
        """A key that was shut is good again only by the call that tried it."""
        if self.trying.get(label) is lease:
            del self.trying[label], self.shut_until[label]

    @invariant()
    def counts_what_is_under_way(self) -> None:
        out = Counter(lease.key.label for lease in self.out)
        assert {key.label: key.in_flight for key in self.balance.keys} == {label: out[label] for label in LABELS}

    @invariant()
    def says_when_to_come(self) -> None:
        if any(self.usable(label) for label in LABELS):
            assert self.balance.wait_s(self.now_s) == 0
        else:
            assert self.balance.wait_s(self.now_s) > 0


TestKeysAgainstModel = KeysAgainstModel.TestCase
TestKeysAgainstModel.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)


def test_keys_of_which_nothing_is_known_are_taken_in_turn() -> None:
    balance = balance_of(*LABELS)
    taken = []
    for _ in range(6):
        lease = picked(balance)
        taken.append(lease.key.label)
        lease.answered(0.0)
    assert taken == [*LABELS, *LABELS]


def test_the_key_with_the_most_room_is_taken() -> None:
    balance = balance_of(*LABELS)
    for left in (5, 50, 20):
        picked(balance).answered(0.0, Room(left, 60.0, None, None))
    assert picked(balance).key.label == "env:B"


def test_calls_under_way_are_taken_off_the_room() -> None:
    balance = balance_of("env:A", "env:B")
    for left in (10, 7):
        picked(balance).answered(0.0, Room(left, 60.0, None, None))
    assert Counter(picked(balance).key.label for _ in range(9)) == {"env:A": 6, "env:B": 3}


def test_room_is_of_requests_and_of_tokens() -> None:
    balance = balance_of("env:A", "env:B")
    picked(balance).answered(0.0, Room(1000, 60.0, 500, 60.0))
    picked(balance).answered(0.0, Room(10, 60.0, 100_000, 60.0))
    assert picked(balance, tokens=10).key.label == "env:A"
    assert picked(balance, tokens=400).key.label == "env:B"


def test_room_that_was_reset_since_is_unknown_and_tried() -> None:
    balance = balance_of("env:A", "env:B")
    picked(balance).answered(0.0, Room(0, 5.0, None, None))
    picked(balance).answered(0.0, Room(50, 60.0, None, None))
    assert picked(balance, 4.0).key.label == "env:B"
    assert picked(balance, 5.0).key.label == "env:A"


def test_a_key_whose_room_is_spent_is_taken_when_no_other_is_left() -> None:
    balance = balance_of("env:A", "env:B")
    picked(balance).answered(0.0, Room(0, 60.0, None, None))
    picked(balance).denied(0.0)
    assert picked(balance).key.label == "env:A"


def test_load_follows_the_room_of_unequal_keys() -> None:
    """Three keys with 100, 300 and 600 requests a minute answer 1000 calls without one refusal."""
    left = dict(zip(LABELS, (100, 300, 600), strict=True))
    balance = balance_of(*LABELS)
    under_way: list[KeyLease] = []
    for _ in range(1000):
        lease = picked(balance)
        left[lease.key.label] -= 1
        assert left[lease.key.label] >= 0, f"{lease.key.label} was sent more than it takes"
        under_way.append(lease)
        if len(under_way) == 8:
            ended = under_way.pop(0)
            ended.answered(0.0, Room(left[ended.key.label], 60.0, None, None))
    assert set(left.values()) == {0}


def test_a_provider_without_keys_rests_too() -> None:
    balance = KeyBalance([], rules=RULES)
    lease = picked(balance)
    assert lease.key.identity is None
    lease.limited(0.0, 7.0)
    assert balance.pick(6.9) is None
    assert balance.are_limited
    assert picked(balance, 7.0).key.identity is None


def test_a_key_shows_where_it_is_kept_and_not_what_it_is() -> None:
    assert "text of" not in repr(balance_of("env:A").keys)
