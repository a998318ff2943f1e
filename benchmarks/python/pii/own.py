"""Our detector as the sets ask it: by its public face alone."""

from __future__ import annotations

from collections.abc import Sequence

import tokenfoundry as tf
from pii import sets
from pii.items import Item
from pii.labels import ours
from pii.scoring import Found


class Own:
    """The detector by default (`default`), without names, and with all entities of the sets besides (`asked`)."""

    def __init__(self) -> None:
        entity_of = {name: ours(name) for name in tf.entities()}
        self.default = tf.Detector()
        on = frozenset(self.default.entities)
        self.has_names = "PERSON" in on
        self.without_names = tf.Detector([name for name in self.default.entities if name != "PERSON"])
        self.known = frozenset(entity for entity in entity_of.values() if entity)
        self.off = self.known - {ours(name) for name in on}
        self.asked = tf.Detector(sorted(on | {name for name, entity in entity_of.items() if entity}))

    def findings(self, text: str) -> list[Found]:
        found = self.asked.detect(text)
        return [Found(ours(one.entity) or one.entity, one.start, one.end, one.score) for one in found]


def insane(own: Own, items: Sequence[Item], findings: Sequence[Sequence[Found]]) -> list[str]:
    """Sentences on what must not be, however well or badly is detected."""
    wrong = list(sets.misplaced(items))
    if not any(item.truths for item in items):
        wrong.append("a set is empty")
    for item, found in zip(items, findings, strict=True):
        end = 0
        for one in found:
            if not end <= one.start < one.end <= len(item.text):
                wrong.append(f"{one} overlaps, is out of order or outside of {item.text!r}")
            end = one.end
    for item, found in list(zip(items, findings, strict=True))[:100]:
        if own.findings(item.text) != found:
            wrong.append(f"two answers to {item.text!r}")
    return wrong
