"""A kept reply as the stream that would have brought it: the events of its dialect, cut as they came.

One file per dialect, each with two pure functions: which texts an event of a live stream brings (`steps`, what is taken
down), and the events of a whole reply (`events`). Both are in placeholder form and in the dialect that was asked: a
`ReplyStream` of the same dialect restores and ends a replay as it does a live stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tokenfoundry.gateway.streams.replay import chat, completions, messages, responses
from tokenfoundry.gateway.streams.replay.borders import NO_BORDERS, BorderRecorder, Borders

__all__ = ["NO_BORDERS", "REPLAYS", "BorderRecorder", "Borders", "Replay"]

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Replay:
    """The functions of one dialect."""

    steps: Callable[[Body], Iterable[tuple[str, int]]]
    """The place and the length of each piece of text in an event."""
    events: Callable[[Body, Borders], Iterator[Body]]
    """The events of a reply, up to and without what ends a stream after its call is settled."""


REPLAYS: Mapping[str, Replay] = {
    "chat": Replay(chat.steps, chat.events),
    "completions": Replay(completions.steps, completions.events),
    "messages": Replay(messages.steps, messages.events),
    "responses": Replay(responses.steps, responses.events),
}
