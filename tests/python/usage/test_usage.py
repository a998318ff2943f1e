import pytest

from tokenfoundry.errors import InvalidInput
from tokenfoundry.usage import Usage


def test_counts_of_nothing_are_a_usage_of_zero() -> None:
    assert Usage() == Usage(input_tokens=0, output_tokens=0)
    assert Usage().total_tokens == 0


def test_total_counts_input_and_output_once_each() -> None:
    assert Usage(input_tokens=10, output_tokens=4, cache_read_tokens=8, reasoning_tokens=3).total_tokens == 14


def test_the_whole_input_may_be_cached() -> None:
    assert Usage(input_tokens=10, cache_read_tokens=7, cache_write_tokens=3).input_tokens == 10


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"input_tokens": -1}, "input_tokens"),
        ({"output_tokens": 1.0}, "output_tokens"),
        ({"output_tokens": True}, "output_tokens"),
        ({"input_tokens": "5"}, "input_tokens"),
        ({"images": -3}, "images"),
        ({"output_tokens": 2**63}, "output_tokens"),
        ({"audio_seconds": 2.5}, "audio_seconds"),
        ({"input_tokens": 10, "cache_read_tokens": 11}, "more than the input's 10"),
        ({"input_tokens": 10, "cache_read_tokens": 6, "cache_write_tokens": 5}, "more than the input's 10"),
        ({"output_tokens": 2, "reasoning_tokens": 3}, "more than the output's 2"),
        ({"input_tokens": 1, "output_tokens": 9, "input_audio_tokens": 3}, "3 input audio .* more than the 1"),
        ({"input_tokens": 9, "cache_write_1h_tokens": 3}, "more than the 0 of cache_write_tokens"),
        ({"input_tokens": 9, "cache_read_tokens": 2, "cache_read_audio_tokens": 2}, "more than the 0 of input_audio"),
    ],
)
def test_counts_that_cannot_be_true_are_refused_and_never_clamped(counts: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Usage(**counts)  # type: ignore[arg-type]


def test_a_usage_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Usage().input_tokens = 5  # type: ignore[misc]


def test_an_unknown_wire_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"'soap'; there are: .*openai"):
        Usage.from_body("soap", {})
