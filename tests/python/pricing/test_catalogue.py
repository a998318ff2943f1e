import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tokenfoundry.errors import DataLoss, InvalidInput, NotFound
from tokenfoundry.pricing import Catalogue, DailyRates, Period, RateHistory, Rates, prices, table
from tokenfoundry.pricing.instant import midnight_ms
from tokenfoundry.usage import Usage

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_a_known_model_costs_what_its_provider_lists() -> None:
    cost = prices().cost("gpt-4o-mini", Usage(input_tokens=1_000_000, output_tokens=1_000_000), at=NOON)
    assert (cost.input, cost.output, cost.currency) == (Decimal("0.15"), Decimal("0.6"), "USD")


@pytest.mark.parametrize(
    ("model", "provider", "found"),
    [
        ("gpt-4o-mini", None, "openai/gpt-4o-mini"),
        ("GPT-4o-mini-2024-07-18", None, "openai/gpt-4o-mini"),
        ("claude-sonnet-4-5-20250929", None, "anthropic/claude-sonnet-4-5"),
        ("mistral-large-latest", None, "mistral/mistral-large"),
        ("text-embedding-3-small", None, "openai/text-embedding-3-small"),
        ("gpt-4o-mini", "openai", "openai/gpt-4o-mini"),
    ],
)
def test_a_model_answers_to_its_names(model: str, provider: str | None, found: str) -> None:
    priced = prices().find(model, provider=provider)
    assert f"{priced.provider}/{priced.id}" == found
    assert priced.source.endswith(found)


def test_an_unknown_model_is_not_found_and_the_error_says_how_to_state_a_price() -> None:
    with pytest.raises(NotFound, match=r"'no-such-model'.*price: \{input"):
        prices().cost("no-such-model", Usage(), at=NOON)


def test_an_unknown_provider_is_not_found_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="no provider 'nobody'; it has: anthropic"):
        prices().find("gpt-4o-mini", provider="nobody")


@pytest.mark.parametrize("model", ["gpt-realtime-translate", "gpt-live-transcribe"])
def test_a_model_not_priced_by_the_token_does_not_find_another_one_s_price(model: str) -> None:
    with pytest.raises(NotFound, match="not priced by the token"):
        prices().find(model)


@pytest.mark.parametrize(
    ("model", "usage", "total"),
    [
        ("whisper-1", Usage(audio_seconds=90), "0.009"),
        ("tts-1-hd", Usage(characters=2000), "0.06"),
        ("omni-moderation-latest", Usage(input_tokens=1000), "0"),
    ],
)
def test_what_is_not_billed_by_the_token_of_text_is_priced_too(model: str, usage: Usage, total: str) -> None:
    cost = prices().cost(model, usage, at=1_790_000_000_000)
    assert cost.total == Decimal(total)
    assert cost.flags == ()
    assert prices().find(model).source.startswith("litellm ")


def test_every_price_of_the_shipped_table_can_be_used() -> None:
    priced = list(prices().models())
    assert len(priced) > 500
    for model in priced:
        for period in model.history.periods:
            for rates in (period.rates, *(daily.rates for daily in period.daily)):
                assert rates.currency == "USD"
                assert rates.cost(Usage(input_tokens=10**6, output_tokens=10**6)).total >= rates.input >= 0


def test_the_shipped_table_is_small_and_tells_its_licence() -> None:
    data = table.PATH.parent
    assert table.PATH.stat().st_size < 400_000
    assert prices().source in "genai-prices " + (data / "PROVENANCE.md").read_text().split("genai-prices ")[1]
    assert (data / "LICENSE.genai-prices").read_text().startswith("The MIT License")


def test_a_stated_price_goes_before_the_table_for_that_model_alone() -> None:
    own = prices().with_overrides({"gpt-4o-mini": {"input": "7", "output": "9", "currency": "EUR"}})
    usage = Usage(input_tokens=10**6)
    assert own.cost("gpt-4o-mini", usage, at=NOON).total == 7
    assert own.cost("gpt-4o-mini", usage, at=NOON, provider="openai").currency == "EUR"
    assert own.cost("gpt-4o", usage, at=NOON) == prices().cost("gpt-4o", usage, at=NOON)
    assert prices().cost("gpt-4o-mini", usage, at=NOON).total == Decimal("0.15")


def test_overrides_add_to_earlier_overrides() -> None:
    own = prices().with_overrides({"a": Rates(input=Decimal(1))}).with_overrides({"b": {"input": "2", "output": "0"}})
    assert [own.rates(model, at=0).input for model in ("a", "b")] == [1, 2]


def test_a_wrong_override_is_refused_by_the_model_s_name() -> None:
    with pytest.raises(InvalidInput, match="qwen: input must be a decimal in quotes"):
        prices().with_overrides({"qwen": {"input": 0.15, "output": "0.45"}})


def test_made_up_names_do_not_fill_the_memory() -> None:
    own = prices().with_overrides({})
    for number in range(5000):
        own.find(f"claude-sonnet-4-5-{number}", provider="anthropic")
    assert len(own._remembered) <= 4096


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("http://127.0.0.1:8000/v1", None),
    ],
)
def test_an_address_tells_the_provider(address: str, provider: str | None) -> None:
    assert prices().provider_at(address) == provider


def test_rates_change_at_midnight_utc_of_the_stated_day() -> None:
    old, new = Rates(input=Decimal(2)), Rates(input=Decimal(1))
    day = datetime(2026, 7, 1, tzinfo=UTC)
    history = RateHistory((Period(0, old), Period(midnight_ms(day.date()), new)))
    rome = timezone(timedelta(hours=2))
    assert history.at(day - timedelta(milliseconds=1)) is old
    assert history.at(day) is new
    assert history.at(datetime(2026, 7, 1, 1, 59, tzinfo=rome)) is old
    assert history.at(-1) is old


@pytest.mark.parametrize(("hour", "dear"), [(0, True), (5, True), (6, False), (21, False), (22, True), (23, True)])
def test_hours_of_the_day_with_their_own_rates_may_span_midnight(hour: int, dear: bool) -> None:
    night, rest = Rates(input=Decimal(2)), Rates(input=Decimal(1))
    history = RateHistory((Period(0, rest, (DailyRates(22 * 3_600_000, 6 * 3_600_000, night),)),))
    assert (history.at(datetime(2026, 7, 1, hour, tzinfo=UTC)) is night) is dear


def test_the_shipped_table_has_rates_by_the_hour() -> None:
    model = prices().find("deepseek-chat", provider="deepseek")
    inputs = [model.history.at(datetime(2025, 6, 1, hour, tzinfo=UTC)).input for hour in (0, 12, 20)]
    assert inputs == [Decimal("0.135"), Decimal("0.27"), Decimal("0.135")]


@pytest.mark.parametrize("at", [datetime(2026, 1, 1), 1.5, True, "2026-01-01"])
def test_a_price_at_no_clear_instant_is_refused(at: object) -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        prices().rates("gpt-4o-mini", at=at)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", [None, "", "{}", '{"format":1}', '{"format":9,"source":"","licence":"","currency":"USD","providers":[]}']
)
def test_a_damaged_table_is_data_loss(text: str | None, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("prices") / "prices.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataLoss, match="price table"):
        table.read(path)


def test_importing_the_package_reads_no_table_and_no_settings_library() -> None:
    program = (
        "import sys, tokenfoundry, tokenfoundry.pricing as pricing\n"
        "assert pricing.prices.cache_info().currsize == 0\n"
        "assert 'pydantic' not in sys.modules and 'yaml' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_same_catalogue_is_given_every_time() -> None:
    assert isinstance(prices(), Catalogue)
    assert prices() is prices()
