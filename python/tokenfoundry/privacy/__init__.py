"""Personal data: finding it, taking it out of text, and putting it back into the answer.

    detector        what is in a text and where
    policy          what to do with each kind
    placeholders    the numbered stand-ins and the values they stand for, in memory only
    restore         stand-ins back to values, in whole texts and across the chunks of a stream
    redactor        the three above in one: one text, or a request of many texts with one numbering

Positions are code points, as Python counts them. Types that hold personal data hide it in `repr`.
"""

from tokenfoundry.privacy.detector import Detector, Finding, Pattern, entities
from tokenfoundry.privacy.placeholders import PlaceholderMap
from tokenfoundry.privacy.policy import Policy
from tokenfoundry.privacy.redactor import Redaction, RedactionSession, Redactor
from tokenfoundry.privacy.restore import StreamRestorer

__all__ = [
    "Detector",
    "Finding",
    "Pattern",
    "PlaceholderMap",
    "Policy",
    "Redaction",
    "RedactionSession",
    "Redactor",
    "StreamRestorer",
    "entities",
]
