"""A configuration to start from; a test loads it."""

EXAMPLE = """\
# TokenFoundry's configuration. ${NAME} and ${NAME:-default} are filled in from the environment; TF_SERVER__PORT=9000
# there goes before `server: {port: ...}` here. A field that is not known is an error.

currency: EUR                          # of the ledger and of money budgets
fx:                                    # what a unit of another currency is in it, from a day on
  USD: [{from: 2026-01-01, rate: "0.90"}]
price_files: []                        # of dated prices, by hour, region and provider: before the shipped table's
price_ceiling: null                    # {input: "100", output: "200"}: what a model costs that nobody has a price for
reservations: []                       # of endpoints that are paid by the hour; rate: of a GPU, an hour
  # - {target: qwen, from: 2026-11-01T00:00+01:00, to: 2026-12-01T00:00+01:00, gpus: 8, rate: "2.50", currency: USD}
data_dir: ${TOKENFOUNDRY_DATA:-./tokenfoundry-data}
durability: process                    # process: survives a killed process. power: also a power cut

providers:
  openai:
    format: openai
    base_url: https://api.openai.com/v1
    keys: ["env:OPENAI_API_KEY"]       # or "file:/run/secrets/openai"; never the key itself
    timeout_s: {connect: 5, write: 60, first_byte: 120, read: 60, total: 600}
  node:                                # a model server of your own; also ollama, llama_cpp, openai_compatible
    format: vllm
    base_url: http://127.0.0.1:8000/v1
  # groq: {format: groq, keys: ["env:GROQ_API_KEY"]}      also deepseek, xai, together, openrouter, nebius, mistral,
  # cohere, gemini, anthropic: each at its own address. What azure, vertex and bedrock are told:
  # azure: {format: azure, base_url: "https://NAME.openai.azure.com", keys: [...], options: {api_version: 2024-10-21}}
  # google: {format: vertex, options: {project: NAME, location: europe-west8}, keys: [...]}    an access token
  # milan: {format: bedrock, options: {region: eu-south-1}, keys: [...]}     ACCESS:SECRET[:SESSION], or an API key

targets:                               # what calls can be sent to
  gpt-mini: {provider: openai, model: gpt-4o-mini, region: us, trust: external, tier: small}   # priced by the catalogue
  embed-small: {provider: openai, model: text-embedding-3-small, region: us, endpoints: [embeddings]}
  qwen:
    provider: node
    model: qwen3-32b
    region: it
    trust: on_prem                     # may get personal data as it is
    tier: large
    price: {input: "0.15", output: "0.45", currency: EUR}   # per million tokens; batch: {...} where batches cost less
    context_tokens: 32768
    max_output_tokens: 8192
    endpoints: [chat]
    capabilities: [tools, json_schema, choices, logprobs]   # all it takes; of known models, only what differs

aliases:                               # the model names that clients ask for
  fast: [gpt-mini, qwen]               # in this order
  embed: [embed-small]
  shared: {split: {gpt-mini: 90, qwen: 10}, sticky: session}   # by shares; a session stays where it began
  auto: {policy: default}

routing:                               # the first rule that applies picks the targets; the last one is for every call
  default:
    - {when: {sensitive: true}, use: [qwen]}                  # or [IBAN_CODE, IT_FISCAL_CODE]
    - {when: {complexity: ">= 0.5"}, use: [qwen, gpt-mini]}   # `tokenfoundry route explain` shows how it is judged
    - {when: {budget_used: ">= 80%"}, use: {order: price, among: [gpt-mini, qwen]}}   # or latency, weight
    - {when: {intent: draft}, use: {canary: {target: qwen, percent: 5, sticky: session}, otherwise: [gpt-mini]}}
    - {use: [gpt-mini, qwen]}

residency:                             # where calls may be computed; also on an alias, on a rule, and regions of a key
  workspaces: {acme: [eu, us]}         # calls that no target is left for are refused
  groups: {nordics: [se, fi, dk]}      # eu, eea and us are known

complexity:
  classifier: null                     # module:function, your own judge of how hard a call is

privacy:
  enabled: true
  # pseudonymize, surrogate, mask, hash, redact, block, allow, on_prem: what becomes of an entity in a prompt
  policy: {default: pseudonymize, PERSON: surrogate, IBAN_CODE: {action: mask, keep_last: 2}, CREDIT_CARD: block}
  response: {CREDIT_CARD: redact}      # of what a model adds of its own: mask, hash, redact, block, allow
  policies:                            # what differs for a workspace, a project or a key; the closest wins
    - {match: {project: claims}, request: {IBAN_CODE: pseudonymize}, response: {default: redact}}
  unreadable: allow                    # pictures, sound and files: allow, block, on_prem
  # key: env:PSEUDONYM_KEY             # of hashes, and of surrogates that stay the same after a restart
  patterns: [{name: BADGE, regex: 'EMP-\\d+', score: 0.9}]

vault:                                 # calls with x-tf-conversation: a value keeps its placeholder from call to call
  ttl: 30d                             # of a conversation that is not used
  share: key                           # who goes on with a conversation: the key that began it, or its whole project
  # key: env:TF_VAULT_KEY              # seals the values on disk; without it a key is made in data_dir
  # old_keys: [env:TF_VAULT_KEY_OLD]   # still open, until tokenfoundry vault reseal

cache:
  enabled: true
  ttl: 24h
  max_bytes: 2GB
  scope: project                       # who shares answers: project, workspace, key
  single_flight: true                  # a call waits for an identical one in progress and shares its answer
  intents:                             # of calls with x-tf-intent
    chat: {enabled: false}
    faq: {ttl: 7d, scope: workspace}

attribution:                           # what calls are booked on beside their axes
  intents:                             # of calls that state none: the first that holds; or {system_sha256: "..."}
    - {path: /v1/embeddings, intent: search}
    - {system_regex: "claims? assistant", intent: claims}
  tags: [feature]                      # x-tf-tag-feature: stands on the row
  from_body: {user: consumer, metadata.user_id: consumer, metadata.feature: feature}   # where no header states it
  max_values: {intent: 200, feature: 500}   # that are told apart in a window, of a workspace; then (overflow)
  window: 24h
  required: [intent]                   # else the call is booked on unattributed, with an alarm
  missing: book                        # or refuse

budgets:
  - name: claims-monthly               # 500 EUR a month for one project
    match: {project: claims}
    unit: money
    # kinds: daily, weekly, monthly, quarterly, yearly, shift (starts: [06:00, 14:00, 22:00]), rolling (length: 1h),
    # session, lifetime
    window: {kind: monthly, anchor_day: 1, tz: Europe/Rome}
    hard: "500"                        # refuses; may be left out when there is a soft one
    soft: "400"                        # raises an event, as alert_at does
    alert_at: [50, 80, 100]            # percents of hard
    burst: {size: "50", refill: "1/h", max_per_window: "100"}   # a credit beside hard, for a launch day
  - name: agents-shift                 # a runaway agent stops at 200 EUR a shift, and is slowed down from 150 on
    match: {intent: agent}
    unit: money
    window: {kind: shift, starts: [06:00, 14:00, 22:00], tz: Europe/Rome}
    hard: "200"
    at_cap: throttle                   # reject; throttle: spreads the rest over the rest; downgrade: a cheaper target
    throttle_from: "150"               # else soft, else 80 % of hard
  - name: each-key-daily               # two million tokens a day for every key
    match: {project: "*"}
    each: [key]
    unit: tokens
    window: {kind: daily, tz: Europe/Rome}
    hard: 2000000
    mode: enforce                      # track: only counts

quotas:                                # of a workspace, a month; GET /v1/usage/quotas shows them
  acme: {tokens: 50000000, images: 1000, audio: 500, anchor_day: 15, tz: Europe/Rome, enforce: true}

packages:                              # prepaid: what may be used is what `tokenfoundry packages add` bought
  - {name: prepaid-tokens, match: {workspace: initech}, unit: tokens, tz: Europe/Rome}

consumers:
  default_budget:                      # of every consumer; its account is made by its first call
    unit: money
    window: {kind: monthly, tz: Europe/Rome}
    hard: "50"

rate_limits:
  - name: each-key                     # of every key: 600 calls and 200,000 tokens a minute, 16 calls at once
    each: [key]
    rpm: 600
    tpm: 200000
    concurrent: 16
    burst: 60                          # of the 600, how many at once; burst_tokens likewise

resilience:                            # when providers fail, are slow or full
  retries: {most: 2, base: 250ms, share: "0.2"}   # at one target, before the next; at most 20 for 100 calls, and 1/s
  breaker: {failures: 5, failure_rate: "0.5", open: 5s}   # leaves a failing target alone, then tries it with one call
  keys: {denied: 10m, longest_rest: 10m}   # how long a provider's key rests: after 401 or 403; after 429 at most
  queue: {most_waiting: 100, wait: 5s}   # for targets and providers with max_in_flight

server:
  host: 127.0.0.1
  port: 8080
  max_body_bytes: 10MB
  max_concurrent: 1000
  drain: 30s                           # for calls in progress when it stops; then they are cut
  trusted_proxies: []                  # ["10.0.0.0/8"]: whose X-Forwarded-For says where a request comes from
limits:
  missing_max_tokens: budget           # of a call without max_tokens: what budgets allow, at most the default below.
                                       # model: the most that its target writes. Or a number
  default_max_output_tokens: 4096
  hold_wait: 2s                        # for calls in progress to free a budget that they fill; 0: not at all
  call_timeout: 15m                    # of a whole call: waiting, retries and other targets included
  session_idle: 30m                    # after which a session of x-tf-session has ended

batches:                               # /v1/files and /v1/batches
  enabled: true
  max_file_bytes: 200MB
  max_lines: 50000
  keep: 30d                            # how long files are kept, at most; encrypted
  poll: 30s                            # how often a provider is asked how its batches are
  concurrency: 4                       # lines at once where the provider has no batches of its own
"""
