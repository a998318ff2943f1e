"""What keeps calls going when providers do not: circuit breakers, retries with a budget, provider keys in turn, bounded
queues, hedged attempts, an orderly end.

Nothing here knows of HTTP, bodies or money. Time and chance are given from outside (`timing.Timing`), so that every
state can be reached without waiting for it. All state is in memory, of one factory, and safe from any thread: event
loops of one factory share it.
"""
