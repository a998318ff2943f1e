from pathlib import Path

import pytest

import tokenfoundry as tf
from ledger_rivals import workload
from ledger_rivals.books import Books, answer, in_groups, run_pairs
from ledger_rivals.own import AXES, Own, money
from ledger_rivals.rival import in_turns
from ledger_rivals.sqlite import Sqlite
from ledger_rivals.table import goal

COUNT = 1_500
OPERATIONS = list(workload.history(1, COUNT))


def after_history(books: Books) -> tuple[list[str], list[tuple[int, int]]]:
    try:
        books.set_caps(workload.biting_caps(COUNT))
        return [answer(books, operation) for operation in OPERATIONS], books.balances()
    finally:
        books.close()


def test_sqlite_answers_a_random_history_as_the_ledger_does(tmp_path: Path) -> None:
    ours = after_history(Own(str(tmp_path / "own"), "process"))
    assert after_history(Sqlite(str(tmp_path / "sqlite"), "process")) == ours
    assert set(ours[0]) == {"held", "refused", "conflict", "resolved", "done", "unknown"}


def test_calls_run_into_a_cap_of_each_project_and_into_the_shared_one(tmp_path: Path) -> None:
    books = Own(str(tmp_path), "process")
    books.set_caps(workload.biting_caps(COUNT))
    refusing = set()
    for operation in OPERATIONS:
        if answer(books, operation) == "refused":
            again = books.led.reserve(operation.id, amounts=money(operation.amount), axes=AXES[operation.project])
            assert isinstance(again, tf.Refusal)
            refusing.add(again.budget)
    books.close()
    assert refusing == {"b0", "b3", "b7"}


def test_a_power_round_settles_every_call_once_on_one_loop_and_in_transactions(tmp_path: Path) -> None:
    for books in (Own(str(tmp_path / "own"), "power"), Sqlite(str(tmp_path / "sqlite"), "power")):
        books.set_caps(workload.ample_caps())
        books.together("all", range(100), 16)
        run_pairs(books, "each", 10)
        right = [(110 * workload.ACTUAL if number < 5 else 0, 0) for number in range(workload.ACCOUNTS)]
        assert books.balances() == right
        books.close()


def test_the_last_group_is_what_is_left() -> None:
    assert list(in_groups(range(5), 2)) == [range(2), range(2, 4), range(4, 5)]


def test_the_round_that_warms_up_is_not_counted_and_the_rivals_take_turns() -> None:
    asked: list[str] = []

    def measure(title: str, name: str) -> dict[str, float]:
        asked.append(f"{title} {name}")
        return {"us": float(name[-1])}

    rows = in_turns("x", 2, {title: lambda name, title=title: measure(title, name) for title in ("a", "b")})
    assert asked == ["a x0", "b x0", "a x1", "b x1", "a x2", "b x2"]
    assert rows["b"]["us"].values == [1, 2]


@pytest.mark.parametrize(("value", "verdict"), [(30, "met"), (30.1, "MISSED")])
def test_a_goal_is_met_up_to_its_bound(value: float, verdict: str) -> None:
    assert goal("us", value, at_most=30).endswith(verdict)
    assert goal("us", -value, at_least=-30).endswith(verdict)
