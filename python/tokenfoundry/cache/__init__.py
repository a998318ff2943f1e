"""The exact cache: what was answered before to the very same question, and which of it is no longer given."""

from tokenfoundry.cache.invalidation import Invalidation, Invalidations, Maker
from tokenfoundry.cache.store import Cache, CacheStats

__all__ = ["Cache", "CacheStats", "Invalidation", "Invalidations", "Maker"]
