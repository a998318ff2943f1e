"""Back-references to groups that can hold few texts, such as the separator in `\\d{3}([- ]?)\\d{4}\\1`, written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from tokenfoundry.compat.presidio.charset import CharSet
from tokenfoundry.compat.presidio.syntax import Alt, Back, Chars, Group, Look, Node, Repeat, Seq, Unsupported

_MAX_TEXTS = 16
_MAX_BRANCHES = 128

_REFUSAL = (
    "back-references are supported only to a group that can hold few texts and is not itself optional or repeated"
)


def written_out(tree: Node, flags: int) -> Node:
    """The tree without groups and back-references, one branch for each text that a group can hold."""
    return _written_out(tree, flags, iter(range(_MAX_BRANCHES)))


def _written_out(tree: Node, flags: int, branches: Iterator[int]) -> Node:
    if isinstance(tree, Alt):
        return Alt(tuple(_written_out(branch, flags, branches) for branch in tree.branches))
    number = _referred(tree)
    if number is None:
        return _replaced(tree, 0, "", flags)
    group = _group(tree, number)
    if group is None:
        raise Unsupported(_REFUSAL)
    texts = dict.fromkeys(_texts(group.item))
    if any(next(branches, None) is None for _ in texts):
        raise Unsupported("its groups and back-references make too many cases")
    return _written_out(Alt(tuple(_replaced(tree, number, text, flags) for text in texts)), flags, branches)


def _referred(node: Node) -> int | None:
    if isinstance(node, Back):
        return node.number
    return next((found for child in _children(node) if (found := _referred(child)) is not None), None)


def _group(node: Node, number: int) -> Group | None:
    """The group, if whatever matches the whole passes through it before it is referred to."""
    if isinstance(node, Group) and node.number == number:
        return node
    within = node.items if isinstance(node, Seq) else (node.item,) if isinstance(node, Group) else ()
    for item in within:
        if (found := _group(item, number)) is not None:
            return found
        if _refers(item, number):
            return None
    return None


def _refers(node: Node, number: int) -> bool:
    return (isinstance(node, Back) and node.number == number) or any(_refers(c, number) for c in _children(node))


def _children(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Seq):
        return node.items
    if isinstance(node, Alt):
        return node.branches
    return (node.item,) if isinstance(node, Repeat | Group | Look) else ()


def _texts(node: Node) -> list[str]:
    """Every text that a node matches."""
    if isinstance(node, Chars):
        if sum(last - first + 1 for first, last in node.chars.ranges) > _MAX_TEXTS:
            raise Unsupported(_REFUSAL)
        return [chr(code) for first, last in node.chars.ranges for code in range(first, last + 1)]
    if isinstance(node, Group):
        return _texts(node.item)
    if isinstance(node, Alt):
        return _few([text for branch in node.branches for text in _texts(branch)])
    if isinstance(node, Seq):
        texts = [""]
        for item in node.items:
            texts = _few([a + b for a, b in product(texts, _texts(item))])
        return texts
    if isinstance(node, Repeat) and node.kind == "greedy" and node.high is not None and node.high <= _MAX_TEXTS:
        counts = range(node.low, node.high + 1)
        return _few([text for count in counts for text in _texts(Seq((node.item,) * count))])
    raise Unsupported(_REFUSAL)


def _few(texts: list[str]) -> list[str]:
    if len(texts) > _MAX_TEXTS:
        raise Unsupported(_REFUSAL)
    return texts


def _replaced(node: Node, number: int, text: str, flags: int) -> Node:
    """The tree with `text` for a group and what refers to it; with 0 for `number`, without groups."""
    if isinstance(node, Group):
        if node.number == number:
            return Seq(tuple(Chars(CharSet.one(character)) for character in text))
        item = _replaced(node.item, number, text, flags)
        return Group(node.number, item) if number else item
    if isinstance(node, Back) and node.number == number:
        sets = map(CharSet.one, text)
        return Seq(tuple(Chars(chars.any_case() if flags & re.IGNORECASE else chars) for chars in sets))
    if isinstance(node, Seq):
        items: list[Node] = []
        for child in node.items:
            item = _replaced(child, number, text, flags)
            items.extend(item.items if isinstance(item, Seq) else [item])
        return items[0] if len(items) == 1 else Seq(tuple(items))
    if isinstance(node, Alt):
        return Alt(tuple(_replaced(branch, number, text, flags) for branch in node.branches))
    if isinstance(node, Repeat):
        return Repeat(_replaced(node.item, number, text, flags), node.low, node.high, node.kind)
    if isinstance(node, Look):
        return Look(_replaced(node.item, number, text, flags), node.behind, node.negative)
    return node
