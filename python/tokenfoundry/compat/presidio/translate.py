"""Expressions with look-around, anchors and lazy repeats, as expressions without, that match the same text.

An automaton has no look-around. But what a look-around asks of its neighbours can be asked of them directly: in
`(?!0)\\d+` the first digit becomes `[1-9]`. Where it reaches past the match, as in `\\d+(?!\\w)`, the characters beyond
are matched too and cut off again: `\\d+[^\\w]`, one character less. So each expression becomes a few cases, each of
them exact. What cannot be said that way is refused: a look-around without bound (`(?=.*x)`) or inside a repeat, a lazy
repeat that a longer match would change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import product, zip_longest

from tokenfoundry.compat.presidio.captures import written_out
from tokenfoundry.compat.presidio.charset import ANY, EDGES, CharSet
from tokenfoundry.compat.presidio.syntax import EMPTY, Alt, Boundary, Chars, Look, Node, Repeat, Seq, Unsupported, parse

Items = tuple[Node, ...]
Sets = tuple[CharSet, ...]  # Of successive characters; beside a match, the nearest first.

_MAX_CASES = 128
_MAX_STEPS = 20_000
_MAX_LOOK = 16  # Characters.
_MAX_LENGTH = 8000  # Of an expression that is put together.
_TOO_MANY = "its look-arounds and anchors make too many cases"


@dataclass(frozen=True, slots=True)
class Case:
    """An expression in Hyperscan's syntax. The match is what it finds without `lead` and `trail` characters.

    With `whole_words` only what stands between characters that are of no word is one.
    """

    regex: str
    lead: int
    trail: int
    whole_words: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    items: Items
    lead: Sets = ()
    trail: Sets = ()


def cases(regex: str, flags: int) -> tuple[Case, ...]:
    """What to look for, between two `EDGE` characters, to find what `regex` finds. Raises `Unsupported`.

    `flags` are those of `re`. Of the matches that start at one place the longest is found, as POSIX has it.

    >>> import re
    >>> cases(r"(?<!x)\\d{2}(?!0)", re.ASCII)
    (Case(regex='[^x][0-9]{2}[^0]', lead=1, trail=1, whole_words=False),)
    """
    by_borders: dict[tuple[int, int], list[str]] = {}
    for items in _spread(written_out(parse(regex, flags), flags)):
        for part in _without_looks(_without_lazy(items)):
            for kept in _not_empty(part.items):
                text = "".join(chars.regex() for chars in reversed(part.lead))
                text += "".join(_written(item) for item in kept)
                text += "".join(chars.regex() for chars in part.trail)
                found = by_borders.setdefault((len(part.lead), len(part.trail)), [])
                if text not in found:
                    found.append(text)
    if not by_borders:
        raise Unsupported("it can match nothing")
    return tuple(Case(joined, lead, trail) for (lead, trail), texts in by_borders.items() for joined in _joined(texts))


def _joined(texts: list[str]) -> Iterator[str]:
    """As few expressions as fit Hyperscan's limit of 16,000 characters."""
    batch: list[str] = []
    for text in texts:
        if batch and sum(map(len, batch)) + len(text) > _MAX_LENGTH:
            yield f"(?:{'|'.join(batch)})"
            batch = []
        batch.append(text)
    yield batch[0] if len(batch) == 1 else f"(?:{'|'.join(batch)})"


def _spread(node: Node) -> list[Items]:
    """The ways through a tree, so that anchors and look-arounds stand only at the top level."""
    if isinstance(node, Look):
        return [(node,)]
    if isinstance(node, Boundary):
        inside, outside = Chars(node.word), Chars(~node.word)
        pairs = [(inside, inside), (outside, outside)] if node.negative else [(inside, outside), (outside, inside)]
        return [(Look(left, True, False), Look(right, False, False)) for left, right in pairs]
    if isinstance(node, Seq):
        ways: list[Items] = [()]
        for item in node.items:
            ways = _limited([(*left, *right) for left, right in product(ways, _spread(item))])
        return ways
    if not _has_look(node):
        return [(node,)]
    if isinstance(node, Alt):
        return _limited([way for branch in node.branches for way in _spread(branch)])
    if isinstance(node, Repeat) and node.kind == "greedy" and node.high is not None and node.high <= 3:
        return _limited([way for count in range(node.low, node.high + 1) for way in _spread(Seq((node.item,) * count))])
    raise Unsupported("an anchor or look-around stands inside a repeat")


def _limited(ways: list[Items]) -> list[Items]:
    if len(ways) > _MAX_CASES:
        raise Unsupported(_TOO_MANY)
    return ways


def _has_look(node: Node) -> bool:
    return isinstance(node, Look | Boundary) or any(_has_look(child) for child in _children(node))


def _children(node: Node) -> Items:
    if isinstance(node, Seq):
        return node.items
    if isinstance(node, Alt):
        return node.branches
    return (node.item,) if isinstance(node, Repeat) else ()


def _without_lazy(items: Items) -> Items:
    """The same with greedy repeats only. A lazy one may only be followed by what it cannot itself match."""
    changed: list[Node] = []
    for index, item in enumerate(items):
        rest = items[index + 1 :]
        if isinstance(item, Repeat) and item.kind != "greedy":
            if item.kind == "lazy" and not rest:
                item = Repeat(item.item, item.low, item.low)
            elif item.kind == "possessive" and (not rest or (item.low == item.high and _is_fixed(item.item))):
                item = Repeat(item.item, item.low, item.high)
            else:
                item = _settled(item, rest)
        if any(_has_ungreedy(child) for child in _children(item)):
            raise Unsupported("a lazy or possessive repeat stands inside another group")
        changed.append(item)
    return tuple(changed)


def _settled(item: Repeat, rest: Items) -> Repeat:
    repeated = item.item
    while isinstance(repeated, Repeat) and repeated.kind == "greedy" and (item.low, item.high) == (1, 1):
        item, repeated = repeated, repeated.item  # An atomic group around one repeat.
    following = _first_of(rest)
    if not isinstance(repeated, Chars) or following is None or repeated.chars & following:
        kind = "lazy" if item.kind == "lazy" else "possessive"
        raise Unsupported(f"a {kind} repeat can match what follows it, and here the longest match is found")
    return Repeat(repeated, item.low, item.high)


def _first_of(items: Items) -> CharSet | None:
    """What may come first, or more; None if nothing need come."""
    if not items:
        return None
    if isinstance(items[0], Look):
        look = items[0]
        if not look.behind and not look.negative and isinstance(look.item, Chars):
            return look.item.chars
        return _first_of(items[1:])
    first = CharSet(())
    for chars, rest in _heads(items):
        found = chars if chars is not None else _first_of(rest)
        if found is None:
            return None
        first |= found
    return first


def _has_ungreedy(node: Node) -> bool:
    return (isinstance(node, Repeat) and node.kind != "greedy") or any(_has_ungreedy(item) for item in _children(node))


def _is_fixed(node: Node) -> bool:
    return isinstance(node, Chars) or (isinstance(node, Seq) and all(map(_is_fixed, node.items)))


def _without_looks(items: Items) -> list[_Part]:
    """Look-aheads first, from the right, then look-behinds from the left: each finds none in its own direction."""
    parts = [_Part(items)]
    while any(_is_look(item, behind=False) for part in parts for item in part.items):
        parts = [after for part in parts for after in _ahead_resolved(part)]
        _check_count(parts)
    while any(_is_look(item, behind=True) for part in parts for item in part.items):
        parts = [after for part in parts for after in _behind_resolved(part)]
        _check_count(parts)
    return parts


def _check_count(parts: list[_Part]) -> None:
    if len(parts) > _MAX_CASES:
        raise Unsupported(_TOO_MANY)


def _is_look(item: Node, *, behind: bool) -> bool:
    return isinstance(item, Look) and item.behind == behind


def _ahead_resolved(part: _Part) -> list[_Part]:
    """Its last look-ahead, asked of what follows."""
    index = max((i for i, item in enumerate(part.items) if _is_look(item, behind=False)), default=None)
    if index is None:
        return [part]
    states = [(part.items[index + 1 :], part.trail)]
    for alternatives in _demands(part.items[index]):
        states = _demanded(states, alternatives)
    return [_Part((*part.items[:index], *after), part.lead, trail) for after, trail in states]


def _behind_resolved(part: _Part) -> list[_Part]:
    """Its first look-behind, asked of what precedes."""
    index = next((i for i, item in enumerate(part.items) if _is_look(item, behind=True)), None)
    if index is None:
        return [part]
    states = [(_mirrored(part.items[:index]), part.lead)]
    for alternatives in _demands(part.items[index]):
        states = _demanded(states, alternatives)
    return [_Part((*_mirrored(before), *part.items[index + 1 :]), lead, part.trail) for before, lead in states]


def _demanded(states: list[tuple[Items, Sets]], alternatives: list[Sets]) -> list[tuple[Items, Sets]]:
    """The states in which the characters that come are of one of the alternatives."""
    narrowed = []
    steps = iter(range(_MAX_STEPS))
    for items, border in states:
        for sets in alternatives:
            for kept, beyond in _restricted(items, sets, steps):
                merged = tuple(a & b for a, b in zip_longest(border, beyond, fillvalue=ANY | EDGES))
                if all(merged):
                    narrowed.append((kept, merged))
                if len(narrowed) > _MAX_CASES:
                    raise Unsupported(_TOO_MANY)
    return narrowed


def _restricted(items: Items, sets: Sets, steps: Iterator[int]) -> Iterator[tuple[Items, Sets]]:
    """The ways to match `items` with the first characters in `sets`, and what of `sets` lies beyond them.

    `steps` is what may be tried, together: an expression may have more ways than there is time.
    """
    if next(steps, None) is None:
        raise Unsupported(_TOO_MANY)
    if not sets or not items:
        yield items, sets
    elif isinstance(items[0], Look):
        for kept, beyond in _restricted(items[1:], sets, steps):
            yield (items[0], *kept), beyond
    else:
        heads = _heads(items)
        if len(sets) == 1 and all(chars is not None and not chars - sets[0] for chars, _ in heads):
            yield items, ()
            return
        for chars, rest in heads:
            if chars is None:
                yield from _restricted(rest, sets, steps)
            elif both := chars & sets[0]:
                for kept, beyond in _restricted(rest, sets[1:], steps):
                    yield (Chars(both), *kept), beyond


def _heads(items: Items) -> list[tuple[CharSet | None, Items]]:
    """The first character and the rest, for each way to begin; None where the first item is passed over."""
    first, rest = items[0], items[1:]
    if isinstance(first, Chars):
        return [(first.chars, rest)]
    if isinstance(first, Seq):
        return _heads((*first.items, *rest)) if first.items else [(None, rest)]
    if isinstance(first, Alt):
        return [head for branch in first.branches for head in _heads((branch, *rest))]
    assert isinstance(first, Repeat)
    if _may_be_empty(first.item):
        raise Unsupported("a repeat of what may be empty stands beside an anchor or look-around")
    if first.high == 0:
        return [(None, rest)]
    again = Repeat(first.item, max(first.low - 1, 0), None if first.high is None else first.high - 1)
    begun = _heads((first.item, again, *rest))
    return [*begun, (None, rest)] if first.low == 0 else begun


def _may_be_empty(node: Node) -> bool:
    if isinstance(node, Seq):
        return all(map(_may_be_empty, node.items))
    if isinstance(node, Alt):
        return any(map(_may_be_empty, node.branches))
    return isinstance(node, Repeat) and (node.low == 0 or _may_be_empty(node.item))


def _not_empty(items: Items) -> list[Items]:
    """`items`, less the empty text."""
    if not all(map(_may_be_empty, items)):
        return [items]
    if not items:
        return []
    found: list[Items] = []
    for chars, rest in _heads(items):
        found += [(Chars(chars), *rest)] if chars is not None else _not_empty(rest)
    return found


def _mirrored(items: Items) -> Items:
    return tuple(_mirror(item) for item in reversed(items))


def _mirror(node: Node) -> Node:
    if isinstance(node, Seq):
        return Seq(_mirrored(node.items))
    if isinstance(node, Alt):
        return Alt(tuple(map(_mirror, node.branches)))
    return Repeat(_mirror(node.item), node.low, node.high) if isinstance(node, Repeat) else node


def _demands(node: Node) -> list[list[Sets]]:
    """What a look-around asks: of each list, one."""
    assert isinstance(node, Look)
    sequences: list[Sets] = []
    for items in _spread(node.item):
        for part in _without_looks(_without_lazy(items)):
            content, beyond = (_mirrored(part.items), part.lead) if node.behind else (part.items, part.trail)
            if part.trail if node.behind else part.lead:
                raise Unsupported("a look-around looks back at where it stands")
            sequences += [(*sets, *beyond) for sets in _sequences(Seq(content), last=not beyond)]
    single = [sets for sets in sequences if len(sets) == 1]
    if len(single) > 1:
        sequences = [sets for sets in sequences if len(sets) != 1]
        sequences.append((reduce(lambda a, b: a | b, (sets[0] for sets in single)),))
    if not node.negative:
        return [sequences]
    return [[(*sets[:i], ~sets[i]) for i in range(len(sets))] for sets in sequences]


def _sequences(node: Node, *, last: bool) -> list[Sets]:
    """The texts a look-around may see, the nearest character first. `last`: nothing need follow."""
    if isinstance(node, Chars):
        return [(node.chars,)]
    if isinstance(node, Alt):
        return [sets for branch in node.branches for sets in _sequences(branch, last=last)]
    if isinstance(node, Seq):
        found: list[Sets] = [()]
        for index, item in enumerate(node.items):
            ends = last and index == len(node.items) - 1
            found = [(*a, *b) for a, b in product(found, _sequences(item, last=ends))]
            if len(found) > _MAX_CASES or any(len(sets) > _MAX_LOOK for sets in found):
                raise Unsupported(_TOO_MANY)
        return found
    assert isinstance(node, Repeat)
    high = node.low if last else node.high
    if high is None or high > _MAX_LOOK:
        raise Unsupported("a look-around has no bound")
    counts = range(node.low, high + 1)
    return [sets for count in counts for sets in _sequences(Seq((node.item,) * count), last=last)]


def _written(node: Node) -> str:
    if isinstance(node, Chars):
        return node.chars.regex()
    if isinstance(node, Seq):
        return "".join(map(_written, node.items))
    if isinstance(node, Alt):
        return f"(?:{'|'.join(map(_written, node.branches))})"
    assert isinstance(node, Repeat)
    inner = _written(node.item)
    if node == Repeat(EMPTY, 0, 0) or node.high == 0:
        return ""
    base = inner if isinstance(node.item, Chars) else f"(?:{inner})"
    counts = {(0, None): "*", (1, None): "+", (0, 1): "?", (1, 1): ""}
    quantifier = counts.get((node.low, node.high))
    if quantifier is None:
        high = "" if node.high is None else str(node.high)
        quantifier = f"{{{node.low}}}" if node.low == node.high else f"{{{node.low},{high}}}"
    return base + quantifier
