"""Configurations of a LiteLLM proxy, written with the fields of litellm 1.83 (`proxy/_types.py`, `types/router.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from support.upstream import Upstream, echo
from tokenfoundry.cli import app
from tokenfoundry.compat.litellm import import_config
from tokenfoundry.errors import ConfigError
from tokenfoundry.factory import TokenFactory
from tokenfoundry.settings import Settings

SECRET = "sk-this-is-a-secret-key-1234567890"
ENVIRON = {"AZURE_API_BASE": "https://example.it/azure", "VERTEXAI_PROJECT": "p", "VERTEXAI_LOCATION": "europe-west8"}

FULL = f"""
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/my-deployment
      api_base: os.environ/AZURE_API_BASE
      api_key: os.environ/AZURE_API_KEY
      api_version: "2024-10-21"
      rpm: 900
      tpm: 100000
      timeout: 300
      stream_timeout: 60
      input_cost_per_token: 0.0000025
      output_cost_per_token: 0.00001
    model_info: {{id: one, mode: chat, base_model: azure/gpt-4o, max_input_tokens: 128000, max_output_tokens: 16384}}
  - model_name: gpt-4o
    litellm_params: {{model: gpt-4o, api_key: {SECRET}, order: 1, weight: 2}}
  - model_name: claude
    litellm_params:
      model: anthropic/claude-sonnet-4-5
      api_key: os.environ/ANTHROPIC_API_KEY
      max_budget: 100
      budget_duration: 30d
  - model_name: local
    litellm_params: {{model: hosted_vllm/qwen3-32b, api_base: "http://127.0.0.1:8000/v1", max_parallel_requests: 8}}
  - model_name: embed
    litellm_params: {{model: text-embedding-3-small, organization: org-1}}
    model_info: {{mode: embedding}}
  - model_name: bedrock-claude
    litellm_params:
      model: bedrock/converse/anthropic.claude-3-5-sonnet-20240620-v1:0
      aws_region_name: eu-central-1
      aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID
      aws_secret_access_key: os.environ/AWS_SECRET_ACCESS_KEY
  - model_name: vertex
    litellm_params: {{model: vertex_ai/gemini-2.5-pro, vertex_credentials: /path/to/service-account.json}}
  - model_name: "anthropic/*"
    litellm_params: {{model: "anthropic/*"}}
  - model_name: mystery
    litellm_params: {{model: together_ai/a-model-that-is-in-no-table}}
  - model_name: sagemaker
    litellm_params: {{model: sagemaker/jumpstart}}
router_settings:
  routing_strategy: usage-based-routing-v2
  model_group_alias: {{gpt-4: gpt-4o, hidden: {{model: claude, hidden: true}}, lost: nobody}}
  fallbacks: [{{gpt-4o: [claude, nothing]}}]
  num_retries: 2
  allowed_fails: 3
  cooldown_time: 30
  redis_host: os.environ/REDIS_HOST
  some_new_setting: true
litellm_settings:
  default_fallbacks: [local]
  request_timeout: 120
  cache: true
  cache_params: {{type: redis, ttl: 600, namespace: n}}
  max_budget: 1000
  budget_duration: 1mo
  drop_params: true
  success_callback: [langfuse]
general_settings:
  master_key: {SECRET}
  database_url: "postgresql://user:secret@db/litellm"
  global_max_parallel_requests: 200
  max_parallel_requests: 20
  max_request_size_mb: 25
environment_variables: {{LANGFUSE_HOST: "https://example.it"}}
mcp_servers: {{}}
"""


@pytest.fixture(scope="module")
def full() -> Settings:
    return Settings.from_yaml(import_config(FULL).yaml, environ=ENVIRON)


def test_deployments_of_a_name_become_its_targets_in_order_with_fallbacks_behind(full: Settings) -> None:
    aliases = {name: alias.targets for name, alias in full.aliases.items()}
    # The second has `order: 1`, so it is asked when the first has failed.
    assert aliases["gpt-4o"] == ("gpt-4o-azure", "gpt-4o-openai", "claude-anthropic", "local-hosted_vllm")
    assert aliases["gpt-4"] == aliases["gpt-4o"]
    assert aliases["hidden"] == aliases["claude"] == ("claude-anthropic", "local-hosted_vllm")
    assert "lost" not in aliases


def shared(router: str = "", *deployments: str, more: str = "") -> tuple[Any, tuple[str, ...]]:
    """The use of the name `m`, which has these deployments, and the notes."""
    made = import_config(
        "model_list:\n"
        + "".join(
            f"- {{model_name: m, litellm_params: {{model: groq/llama-{number}{each}}}}}\n"
            for number, each in enumerate(deployments)
        )
        + more
        + f"router_settings: {{{router}}}\n"
    )
    return Settings.from_yaml(made.yaml, environ={}).aliases["m"].use, made.notes


@pytest.mark.parametrize(
    ("deployments", "expected"),
    [
        ((", weight: 9", ", weight: 1"), {"m-groq": 9, "m-groq-2": 1}),
        ((", rpm: 900", ", rpm: 100"), {"m-groq": 900, "m-groq-2": 100}),
        ((", tpm: 30000000", ", tpm: 7500000"), {"m-groq": 1_000_000, "m-groq-2": 250_000}),
        ((", tpm: 5000, rpm: 1", ", tpm: 1, rpm: 3"), {"m-groq": 1, "m-groq-2": 3}),
        (("", ", weight: 7"), {"m-groq": 1, "m-groq-2": 1}),
        (("", "", ""), {"m-groq": 1, "m-groq-2": 1, "m-groq-3": 1}),
    ],
    ids=str,
)
def test_calls_are_shared_as_a_shuffle_shares_them(deployments: tuple[str, ...], expected: dict[str, float]) -> None:
    assert shared("", *deployments)[0].split == expected
    assert shared("routing_strategy: simple-shuffle", *deployments)[0].split == expected


def test_what_has_no_weight_beside_what_has_is_asked_when_that_failed() -> None:
    use, _ = shared("", ", weight: 1", ", weight: 0", ", weight: 3")
    assert (use.split["m-groq"], use.split["m-groq-3"]) == (1, 3)
    assert use.split["m-groq-2"] < 1e-5
    assert shared("", ", weight: 1", ", weight: 0")[0].targets == ("m-groq", "m-groq-2")


@pytest.mark.parametrize(("strategy", "order"), [("latency-based-routing", "latency"), ("cost-based-routing", "price")])
def test_an_order_stays_an_order_unless_fallbacks_would_be_in_it(strategy: str, order: str) -> None:
    use, notes = shared(f"routing_strategy: {strategy}", "", ", weight: 5")
    assert (use.order, use.among.names) == (order, ("m-groq", "m-groq-2"))
    assert not any("routing_strategy" in note for note in notes)
    other = "- {model_name: other, litellm_params: {model: groq/other}}\n"
    use, notes = shared(f"routing_strategy: {strategy}, fallbacks: [{{m: [other]}}]", "", "", more=other)
    assert list(use.split) == ["m-groq", "m-groq-2", "other-groq"]
    assert use.split["other-groq"] < 1e-5
    assert any(note.startswith(f"m: is not ordered by {order}") for note in notes)


@pytest.mark.parametrize(
    ("strategy", "split"),
    [
        ("least-busy", {"m-groq": 1, "m-groq-2": 1}),
        ("usage-based-routing", {"m-groq": 10, "m-groq-2": 30}),
        ("usage-based-routing-v2", {"m-groq": 10, "m-groq-2": 30}),
        ("my-own", {"m-groq": 10, "m-groq-2": 30}),
    ],
)
def test_a_strategy_without_a_counterpart_is_told_with_what_comes_nearest(strategy: str, split: dict[str, int]) -> None:
    use, notes = shared(f"routing_strategy: {strategy}", ", rpm: 10", ", rpm: 30")
    assert use.split == split
    assert any(note.startswith(f"router_settings.routing_strategy: {strategy}") for note in notes)


def test_retries_cooldowns_and_fails_are_said_of_resilience() -> None:
    router = "num_retries: 3, allowed_fails: 0, cooldown_time: 300, retry_after: 5, disable_cooldowns: true"
    made = import_config(
        f"model_list: [{{model_name: m, litellm_params: {{model: groq/llama}}}}]\nrouter_settings: {{{router}}}"
    )
    resilience = Settings.from_yaml(made.yaml, environ={}).resilience
    assert resilience.retries.most == 3
    assert resilience.breaker.failures == 1
    assert (resilience.breaker.open_ms, resilience.breaker.longest_open_ms) == (300_000, 300_000)
    for name in ("retry_after", "disable_cooldowns"):
        assert any(note.startswith(f"router_settings.{name}") for note in made.notes)


def test_deployments_of_one_model_have_one_limit_together() -> None:
    made = import_config(
        """
model_list:
- {model_name: m, litellm_params: {model: openai/gpt-4o, rpm: 10, api_key: os.environ/ONE}}
- {model_name: m, litellm_params: {model: openai/gpt-4o, rpm: 30, tpm: 5, api_key: os.environ/TWO}}
"""
    )
    (limit,) = Settings.from_yaml(made.yaml, environ={}).rate_limits
    assert (limit.name, limit.rpm, limit.tpm) == ("m-openai", 40, 5)
    assert any(note.startswith("rate_limits.m-openai") for note in made.notes)


def test_providers_have_their_formats_addresses_keys_and_options(full: Settings) -> None:
    azure = full.providers["azure"]
    assert (azure.format, azure.base_url, str(azure.keys[0])) == (
        "azure",
        "https://example.it/azure",
        "env:AZURE_API_KEY",
    )
    assert azure.options == {"api_version": "2024-10-21"}
    assert (azure.timeout_s.total, azure.timeout_s.first_byte) == (300, 60)
    assert full.providers["anthropic"].timeout_s.total == 120
    assert full.providers["bedrock"].options == {"region": "eu-central-1"}
    vertex = full.providers["vertex_ai"]
    assert (vertex.format, str(vertex.keys[0])) == ("vertex", "google:/path/to/service-account.json")
    # The key that stands in the file is of one deployment alone, and so is the organization.
    assert [str(full.providers[name].keys[0]) for name in ("openai", "openai-2")] == ["env:OPENAI_API_KEY"] * 2
    assert not full.providers["hosted_vllm"].keys


@pytest.mark.parametrize(
    ("params", "key", "noted"),
    [
        ("model: bedrock/m", "aws", None),
        ("model: bedrock/m, aws_profile_name: claims", "aws:claims", None),
        ("model: bedrock/m, aws_access_key_id: os.environ/AWS_ACCESS_KEY_ID", "aws", None),
        ("model: bedrock/m, aws_access_key_id: os.environ/OTHER_ID", "env:AWS_BEDROCK_KEY", "aws_access_key_id"),
        ("model: bedrock/m, aws_access_key_id: AKIA, aws_secret_access_key: x", "env:AWS_BEDROCK_KEY", "aws_access"),
        ("model: bedrock/m, aws_profile_name: os.environ/PROFILE", "aws", "aws_profile_name"),
        ("model: bedrock/m, aws_role_name: arn", "aws", "aws_role_name: state a profile that assumes it"),
        ("model: bedrock/m, api_key: os.environ/BEDROCK", "env:BEDROCK", None),
        ("model: vertex_ai/m", "google", None),
        ("model: vertex_ai/m, vertex_credentials: /keys/claims.json", "google:/keys/claims.json", None),
        ("model: vertex_ai/m, vertex_credentials: os.environ/GOOGLE_APPLICATION_CREDENTIALS", "google", None),
        ("model: vertex_ai/m, vertex_credentials: os.environ/OTHER", "google", "vertex_credentials"),
        ("model: vertex_ai/m, vertex_credentials: '{}'", "google", "vertex_credentials"),
    ],
)
def test_the_credentials_of_a_place_stay_those_of_the_place(params: str, key: str, noted: str | None) -> None:
    made = import_config(f"model_list: [{{model_name: m, litellm_params: {{{params}}}}}]")
    (provider,) = yaml.safe_load(made.yaml)["providers"].values()
    assert provider["keys"] == [key]
    notes = [note for note in made.notes if "litellm_params" in note]
    assert len(notes) == (noted is not None)
    assert noted is None or f"litellm_params.{noted}" in notes[0]
    assert "AKIA" not in made.yaml


def test_prices_are_per_million_tokens_in_dollars(full: Settings) -> None:
    price = full.targets["gpt-4o-azure"].price
    assert full.currency == "USD"
    assert price is not None
    assert (str(price.input), str(price.output)) == ("2.5", "10")
    assert full.targets["gpt-4o-azure"].context_tokens == 128000 + 16384
    assert full.targets["gpt-4o-openai"].price is None
    assert full.targets["embed-openai"].endpoints == frozenset({"embeddings"})


def test_limits_and_budgets_count_what_they_counted(full: Settings) -> None:
    limits = {limit.name: (limit.rpm, limit.tpm, limit.concurrent, limit.each) for limit in full.rate_limits}
    assert limits == {
        "gpt-4o-azure": (900, 100000, None, ()),
        "local-hosted_vllm": (None, None, 8, ()),
        "each-key": (None, None, 20, ("key",)),
    }
    budgets = {budget.name: (str(budget.hard), budget.window.kind, dict(budget.match)) for budget in full.budgets}
    assert budgets == {
        "claude-anthropic": ("100", "monthly", {"model": ("claude-sonnet-4-5",)}),
        "everything": ("1000", "monthly", {}),
    }
    assert (full.server.max_concurrent, full.server.max_body_bytes) == (200, 25_000_000)
    assert (full.cache.enabled, full.cache.ttl_ms) == (True, 600_000)


@pytest.mark.parametrize(
    "path",
    [
        "model_list[1].litellm_params.api_key",
        "model_list[0].model_info.base_model",
        "model_list[7]: anthropic/*",
        "model_list[9]: sagemaker",
        "targets.mystery",
        "router_settings.routing_strategy",
        "router_settings.model_group_alias: lost",
        "router_settings.fallbacks: there is no model 'nothing'",
        "router_settings.redis_host",
        "router_settings.some_new_setting",
        "router_settings.allowed_fails: counts failures in a row",
        "litellm_settings.cache_params.type",
        "litellm_settings.cache_params.namespace",
        "litellm_settings.drop_params",
        "litellm_settings.success_callback",
        "general_settings.master_key",
        "general_settings.database_url",
        "environment_variables.LANGFUSE_HOST",
        "mcp_servers",
    ],
)
def test_what_has_no_counterpart_is_told_and_stands_in_the_file(path: str) -> None:
    made = import_config(FULL)
    if path.endswith("base_model"):  # Its price is stated, so nobody needs it.
        assert not any(path in note for note in made.notes)
        return
    (note,) = [note for note in made.notes if note.startswith(path)]
    assert f"# - {note}" in made.yaml


def test_no_secret_is_copied() -> None:
    made = import_config(FULL)
    assert SECRET not in made.yaml
    assert "user:secret" not in made.yaml


@pytest.mark.parametrize("text", ["[", "- 1", "{}", "model_list: {}"])
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        import_config(text)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("model: openai/llama, api_base: 'http://10.0.0.5:9/v1', api_key: none", ("openai_compatible", ())),
        ("model: ollama/llama3, api_base: 'http://localhost:11434'", ("ollama", ())),
        ("model: groq/llama-3.3-70b", ("groq", ("env:GROQ_API_KEY",))),
        ("model: perplexity/sonar", ("openai_compatible", ("env:PERPLEXITYAI_API_KEY",))),
        ("model: qwen, custom_llm_provider: together_ai", ("together", ("env:TOGETHERAI_API_KEY",))),
        ("model: gemini/gemini-2.5-flash, api_key: os.environ/MY_KEY", ("gemini", ("env:MY_KEY",))),
    ],
    ids=str,
)
def test_a_prefix_says_whose_a_model_is(params: str, expected: tuple[str, tuple[str, ...]]) -> None:
    made = import_config(f"model_list: [{{model_name: m, litellm_params: {{{params}}}}}]")
    (provider,) = Settings.from_yaml(made.yaml, environ={}).providers.values()
    assert (provider.format, tuple(map(str, provider.keys))) == expected


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(echo) as running:
        yield running


def test_the_command_writes_a_file_that_serves(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        f"""
model_list:
  - model_name: broken
    litellm_params: {{model: hosted_vllm/m, api_base: "http://127.0.0.1:9/v1"}}
  - model_name: local
    litellm_params: {{model: hosted_vllm/m, api_base: "{upstream.base_url}", input_cost_per_token: 1.5e-06}}
router_settings: {{fallbacks: [{{broken: [local]}}]}}
""",
        encoding="utf-8",
    )
    made = tmp_path / "made.yaml"
    arguments = ["config", "import-litellm", str(tmp_path / "config.yaml"), "-o", str(made)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert isinstance(CliRunner().invoke(app, arguments).exception, Exception)  # It is there already.
    assert CliRunner().invoke(app, ["config", "check", str(made)]).exit_code == 0
    question = [{"role": "user", "content": "ciao"}]
    with (
        TokenFactory.from_config(made, data_dir=str(tmp_path / "data")) as gateway,
        gateway.openai_client(key=gateway.create_key(), max_retries=0) as client,
    ):
        reply = client.chat.completions.create(model="broken", messages=question)  # type: ignore[arg-type]
    assert reply.choices[0].message.content == "ciao"
    assert reply.model_extra is not None
    assert (reply.model_extra["tokenfoundry"]["cost"], reply.model_extra["tokenfoundry"]["currency"]) == (
        "0.00003",
        "USD",
    )
