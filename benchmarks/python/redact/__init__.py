"""How fast data is made safe: the parts of `bench_redact.py`.

stream          what restoring costs a streamed answer
"""
