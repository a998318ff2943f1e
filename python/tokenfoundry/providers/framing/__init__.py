"""How the bytes of a stream are cut into decoded events: server-sent events, JSON lines, Amazon's event stream.

Each reader takes network reads of any size and gives the same events however the bytes were split. Whatever is wrong
with the bytes is a `ProviderError`.
"""
