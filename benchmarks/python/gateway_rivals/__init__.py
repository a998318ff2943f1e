"""The gateways that `bench_gateway` measures side by side, ours and the rivals, each a process of its own."""
