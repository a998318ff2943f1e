import pytest

from tokenfoundry.errors import InvalidInput
from tokenfoundry.pricing.match import Rule, matches


@pytest.mark.parametrize(
    ("rules", "name", "holds"),
    [
        (["=gpt-4o"], "gpt-4o", True),
        (["=gpt-4o"], "gpt-4o-mini", False),
        (["^gpt-4o"], "gpt-4o-mini", True),
        (["^gpt-4o"], "my-gpt-4o", False),
        (["$-latest"], "sonar-latest", True),
        (["$-latest"], "latest-sonar", False),
        (["*sonnet"], "claude-sonnet-4", True),
        (["~^o[134]"], "o3-mini", True),
        (["~^o[134]"], "go3", False),
        (["=a", "=b"], "b", True),
        ([["^a", "$b"]], "ab", True),
        ([["^a", "$b"]], "ac", False),
        ([], "a", False),
    ],
)
def test_a_rule_compares_as_its_first_character_says(rules: list[Rule], name: str, holds: bool) -> None:
    assert matches(rules, name) is holds


def test_a_rule_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unknown kind"):
        matches(["?gpt"], "gpt")
