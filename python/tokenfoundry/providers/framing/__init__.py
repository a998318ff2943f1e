"""How the bytes of a stream that is no server-sent events are cut into decoded events: Amazon's
event stream.

Each reader takes network reads of any size and gives the same events however the bytes were split. Whatever is wrong
with the bytes is a `ProviderError`.
"""
