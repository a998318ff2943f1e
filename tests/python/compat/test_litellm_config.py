"""Configurations of a LiteLLM proxy, written with the fields of litellm 1.83 (`proxy/_types.py`, `types/router.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
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
    assert aliases["gpt-4o"] == ("gpt-4o-azure", "gpt-4o-openai", "claude-anthropic", "local-hosted_vllm")
    assert aliases["gpt-4"] == aliases["gpt-4o"]
    assert aliases["hidden"] == aliases["claude"] == ("claude-anthropic", "local-hosted_vllm")
    assert "lost" not in aliases


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
    assert (vertex.format, str(vertex.keys[0])) == ("vertex", "env:GOOGLE_ACCESS_TOKEN")
    # The key that stands in the file is of one deployment alone, and so is the organization.
    assert [str(full.providers[name].keys[0]) for name in ("openai", "openai-2")] == ["env:OPENAI_API_KEY"] * 2
    assert not full.providers["hosted_vllm"].keys


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
        "model_list[1].litellm_params.weight",
        "model_list[1].litellm_params.api_key",
        "model_list[0].model_info.base_model",
        "model_list[5].litellm_params.aws_access_key_id",
        "model_list[6].litellm_params.vertex_credentials",
        "model_list[7]: anthropic/*",
        "model_list[9]: sagemaker",
        "targets.mystery",
        "router_settings.routing_strategy",
        "router_settings.model_group_alias: lost",
        "router_settings.fallbacks: there is no model 'nothing'",
        "router_settings.redis_host",
        "router_settings.some_new_setting",
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
