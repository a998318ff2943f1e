"""TensorZero's gateway, from its own wheel: `tensorzero_host.py CONFIG`. Its address is the first line it prints."""

import asyncio
import os
import sys

import tensorzero

# It logs to the standard output, where only the address is expected.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

# It listens for as long as what it returned lives.
gateway = tensorzero._start_http_gateway(
    config_file=sys.argv[1], clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False
)
print(gateway.base_url, file=answers, flush=True)
asyncio.new_event_loop().run_forever()
