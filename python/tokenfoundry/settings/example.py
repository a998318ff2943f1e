"""A configuration to start from; a test loads it."""

EXAMPLE = """\
# TokenFoundry's configuration. ${NAME} and ${NAME:-default} are filled in from the environment; TF_SERVER__PORT=9000
# there goes before `server: {port: ...}` here. A field that is not known is an error.

currency: EUR                          # of the ledger and of money budgets
fx:                                    # what a unit of another currency is in it, from a day on
  USD: [{from: 2026-01-01, rate: "0.90"}]
data_dir: ${TOKENFOUNDRY_DATA:-./tokenfoundry-data}
durability: process                    # process: survives a killed process. power: also a power cut

providers:
  openai:
    format: openai
    base_url: https://api.openai.com/v1
    keys: ["env:OPENAI_API_KEY"]       # or "file:/run/secrets/openai"; never the key itself
    timeout_s: {connect: 5, first_byte: 120, read: 60, total: 600}
  node:                                # a model server of your own, such as vLLM
    format: openai
    base_url: http://127.0.0.1:8000/v1

targets:                               # what calls can be sent to
  gpt-mini: {provider: openai, model: gpt-4o-mini, region: us, trust: external, tier: small}   # priced by the catalogue
  embed-small: {provider: openai, model: text-embedding-3-small, region: us, endpoints: [embeddings]}
  qwen:
    provider: node
    model: qwen3-32b
    region: it
    trust: on_prem                     # may get personal data as it is
    tier: large
    price: {input: "0.15", output: "0.45", currency: EUR}   # per million tokens
    context_tokens: 32768
    max_output_tokens: 8192
    endpoints: [chat]

aliases:                               # the model names that clients ask for
  fast: [gpt-mini, qwen]               # in this order
  embed: [embed-small]
  auto: {policy: default}

routing:                               # the first rule that applies picks the targets; the last one is for every call
  default:
    - {when: {sensitive: true}, use: [qwen]}
    - {when: {input_tokens: "<= 500"}, use: [gpt-mini, qwen]}
    - {use: [qwen, gpt-mini]}

privacy:
  enabled: true
  policy: {default: pseudonymize, IBAN_CODE: mask, CREDIT_CARD: block}   # pseudonymize mask redact block allow on_prem
  patterns: [{name: BADGE, regex: 'EMP-\\d+', score: 0.9}]

cache: {enabled: true, ttl: 24h, max_bytes: 2GB, scope: project}

budgets:
  - name: claims-monthly               # 500 EUR a month for one project
    match: {project: claims}
    unit: money
    window: {kind: monthly, anchor_day: 1, tz: Europe/Rome}
    hard: "500"
  - name: each-key-daily               # two million tokens a day for every key
    match: {project: "*"}
    each: [key]
    unit: tokens
    window: {kind: daily, tz: Europe/Rome}
    hard: 2000000
    mode: enforce                      # track: only counts

server: {host: 127.0.0.1, port: 8080, max_body_bytes: 10MB, max_concurrent: 1000}
limits: {default_max_output_tokens: 4096}
"""
