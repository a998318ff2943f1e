"""API keys: who may call, what for, from where, and how much.

Only the SHA-256 of a key is kept; its text is shown once, when it is made or rotated.
"""

from tokenfoundry.keys.budgets import PREFIX, budgets_of
from tokenfoundry.keys.checks import MAX_AXIS_LENGTH, overlap_ms_of
from tokenfoundry.keys.format import hash_of, id_of, mint
from tokenfoundry.keys.key import CONVERSATION, PARENT, Key, KeyBudget, OldSecret
from tokenfoundry.keys.ring import KeyRing
from tokenfoundry.settings.attribution import CLIENT_AXES

__all__ = [
    "CLIENT_AXES",
    "CONVERSATION",
    "MAX_AXIS_LENGTH",
    "PARENT",
    "PREFIX",
    "Key",
    "KeyBudget",
    "KeyRing",
    "OldSecret",
    "budgets_of",
    "hash_of",
    "id_of",
    "mint",
    "overlap_ms_of",
]
