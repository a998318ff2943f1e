"""The configuration under which the demo's traffic was served, as a user would write it. Replayed under it, the rows
cost what they say to the nano.
"""

from __future__ import annotations

CONFIGURATION = """\
# The configuration of the demo's year.
currency: EUR
providers:
  openai: {format: openai, base_url: "https://api.openai.com/v1", keys: ["env:OPENAI_API_KEY"]}
  anthropic: {format: anthropic, keys: ["env:ANTHROPIC_API_KEY"]}
  node: {format: vllm, base_url: "http://127.0.0.1:8000/v1"}
targets:
  gpt-mini:
    provider: openai
    model: gpt-4o-mini
    region: us
    tier: small
    price: {input: "0.135", output: "0.54", cache_read: "0.0675", batch: {input: "0.0675", output: "0.27"}}
  gpt-large:
    provider: openai
    model: gpt-4o
    region: us
    tier: large
    price: {input: "2.25", output: "9", cache_read: "1.125", batch: {input: "1.125", output: "4.5"}}
  claude:
    provider: anthropic
    model: claude-sonnet-4-5
    region: eu
    tier: large
    price: {input: "2.7", output: "13.5", cache_read: "0.27", cache_write: "3.375"}
  qwen:
    provider: node
    model: qwen3-32b
    region: it
    trust: on_prem
    tier: medium
    context_tokens: 32768
    price: {input: "0.15", output: "0.45"}
  embed-small:
    provider: openai
    model: text-embedding-3-small
    region: us
    endpoints: [embeddings]
    price: {input: "0.018", output: "0", batch: {input: "0.009", output: "0"}}
aliases:
  small: [gpt-mini]
  large: [gpt-large]
  writer: [claude]
  local: [qwen]
  embed: [embed-small]
  auto: {policy: default}
routing:
  default:
    - {when: {sensitive: true}, use: [qwen]}
    - {use: [gpt-large]}
cache:
  enabled: false
  intents:
    translation: {enabled: true, ttl: 24h}
budgets:
  - name: claims-monthly
    match: {project: claims}
    unit: money
    window: {kind: monthly, tz: Europe/Rome}
    hard: "5000"
  - name: each-team-daily
    match: {project: "*"}
    each: [project]
    unit: tokens
    window: {kind: daily, tz: Europe/Rome}
    hard: 500000000
"""
