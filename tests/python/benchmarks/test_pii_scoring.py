from pathlib import Path

import pytest

from pii import names
from pii.items import Item, Truth
from pii.scoring import Found, Score, best_threshold, disjoint, judge, overlap, total

TEXT = "P.IVA 01234567890, born 1970-02-03 at 14:30, call 02 1234567"


def item(*truths: Truth) -> Item:
    return Item(TEXT, truths, "it", "test")


def truth(entity: str, start: int, end: int, *more: tuple[int, int], aliases: tuple[str, ...] = ()) -> Truth:
    return Truth(entity, TEXT[start:end], ((start, end), *more), aliases)


def counts(score: Score) -> tuple[int, int, int, int]:
    return score.right, score.exact, score.missed, score.wrong


def test_a_finding_with_other_borders_is_right_but_not_exact() -> None:
    score = judge(item(truth("PHONE_NUMBER", 50, 60)), [Found("PHONE_NUMBER", 53, 60)], "PHONE_NUMBER").score
    assert counts(score) == (1, 0, 0, 0)
    assert score.f1 == 1
    assert score.exact_f1 == 0


def test_less_than_half_in_common_is_a_miss_and_a_false_finding() -> None:
    asked = item(truth("PHONE_NUMBER", 50, 60))
    assert counts(judge(asked, [Found("PHONE_NUMBER", 56, 60)], "PHONE_NUMBER").score) == (0, 0, 1, 1)
    assert counts(judge(asked, [Found("PHONE_NUMBER", 56, 60)], "PHONE_NUMBER", at_least=0).score) == (1, 0, 0, 0)


def test_one_finding_over_two_truths_finds_one_of_them() -> None:
    score = judge(item(truth("URL", 0, 10), truth("URL", 10, 20)), [Found("URL", 0, 20)], "URL").score
    assert counts(score) == (1, 0, 1, 0)


def test_two_findings_of_one_truth_are_not_two_right_ones() -> None:
    asked = item(truth("DATE_TIME", 24, 43, (24, 34)))
    both = [Found("DATE_TIME", 24, 34), Found("DATE_TIME", 38, 43)]
    assert counts(judge(asked, both, "DATE_TIME").score) == (1, 1, 0, 0)
    assert counts(judge(asked, [Found("DATE_TIME", 38, 43)], "DATE_TIME").score) == (0, 0, 1, 1)


def test_the_better_of_two_findings_is_taken_for_the_truth() -> None:
    found = [Found("PHONE_NUMBER", 50, 56), Found("PHONE_NUMBER", 50, 60)]
    assert judge(item(truth("PHONE_NUMBER", 50, 60)), found, "PHONE_NUMBER").score.exact == 1


def test_another_entity_over_a_truth_is_a_miss_and_wrong_unless_it_is_an_alias() -> None:
    found = [Found("IT_VAT_CODE", 6, 17)]
    plain = item(truth("IT_FISCAL_CODE", 6, 17))
    assert counts(judge(plain, found, "IT_FISCAL_CODE").score) == (0, 0, 1, 0)
    assert counts(judge(plain, found, "IT_VAT_CODE").score) == (0, 0, 0, 1)
    aliased = item(truth("IT_FISCAL_CODE", 6, 17, aliases=("IT_VAT_CODE",)))
    assert counts(judge(aliased, found, "IT_FISCAL_CODE").score) == (0, 0, 1, 0)
    assert counts(judge(aliased, found, "IT_VAT_CODE").score) == (0, 0, 0, 0)


def test_an_alias_excuses_nothing_elsewhere() -> None:
    aliased = item(truth("IT_FISCAL_CODE", 6, 17, aliases=("IT_VAT_CODE",)))
    assert judge(aliased, [Found("IT_VAT_CODE", 50, 60)], "IT_VAT_CODE").score.wrong == 1


def test_a_date_without_a_digit_is_neither_right_nor_wrong() -> None:
    assert counts(judge(item(), [Found("DATE_TIME", 19, 23)], "DATE_TIME").score) == (0, 0, 0, 0)
    assert judge(item(), [Found("PHONE_NUMBER", 19, 23)], "PHONE_NUMBER").score.wrong == 1


def test_precision_recall_and_f1_are_of_the_counts_of_all_items() -> None:
    asked = item(truth("URL", 0, 10))
    score = total(
        [asked, asked, asked], [[Found("URL", 0, 10)], [], [Found("URL", 0, 10), Found("URL", 20, 30)]], "URL"
    )
    assert counts(score) == (2, 2, 1, 1)
    assert (score.precision, score.recall) == (2 / 3, 2 / 3)
    assert score.f1 == pytest.approx(2 / 3)
    assert Score().f1 == 0


def test_overlap_is_the_shared_part_of_what_both_cover() -> None:
    assert overlap((0, 10), (5, 15)) == pytest.approx(1 / 3)
    assert overlap((0, 10), (10, 20)) == 0
    assert overlap((3, 4), (3, 4)) == 1


def test_of_overlapping_findings_the_surest_then_the_longest_stays_and_dates_yield() -> None:
    url, email, date = Found("URL", 5, 20, 0.5), Found("EMAIL_ADDRESS", 0, 20, 0.5), Found("DATE_TIME", 0, 4, 0.9)
    phone = Found("PHONE_NUMBER", 30, 40, 0.4)
    assert disjoint([url, date, email, phone]) == [email, phone]


def test_a_rival_is_scored_at_the_threshold_that_suits_it() -> None:
    asked = item(truth("URL", 0, 10))
    found = [[Found("URL", 0, 10, 0.4), Found("URL", 20, 30, 0.1)]]
    threshold, kept = best_threshold([asked], found, ["URL"])
    assert threshold == 0.2
    assert [one.start for one in kept[0]] == [0]


def test_the_bytes_of_a_names_file_become_code_points(tmp_path: Path) -> None:
    path = tmp_path / "names_it.tsv"
    path.write_bytes("Perché Niccolò Verdi?\t8,22\nNessuno qui.\t\n".encode())
    first, second = names.read(path)
    assert [(one.value, one.start, one.end) for one in first.truths] == [("Niccolò Verdi", 7, 20)]
    assert second.truths == ()


@pytest.mark.parametrize("line", ["no tab", "text\t3", "text\t0,9", "text\t2,2", "è\t0,1", "text\ta,b"])
def test_a_broken_line_of_a_names_file_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "names_it.tsv"
    path.write_text(f"Anna qui\t0,4\n{line}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"names_it\.tsv:2"):
        names.read(path)


def test_a_missing_names_file_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is missing"):
        names.read(tmp_path / "names_it.tsv")
