"""Personal data: finding it, taking it out of text, and putting it back into the answer.

    catalogue       what is known: every entity, what proves it, its source
    patterns        what you add to it
    opinions        other models that may be asked as well
    detector        what is in a text, where and why
    policy          what to do with each kind
    pseudonyms      the key of hashes and surrogates
    placeholders    the numbered stand-ins and the values they stand for, in memory only
    surrogates      stand-ins that look like the values they stand for
    forms           how a stand-in comes back from a model, and what of a user's text looks like one
    restore         stand-ins back to values, in whole texts and across the chunks of a stream
    sealed          what of it has to lie on a disk, encrypted (imported by who needs it)
    protection      a detector narrowed to what its policy protects
    redactor        all of these in one: one text, or a request of many texts with one numbering

Positions are code points, as Python counts them. Types that hold personal data hide it in `repr`.
"""

from tokenfoundry.privacy.catalogue import EntityInfo, catalogue, entities
from tokenfoundry.privacy.detector import Detector, DetectorStream, Explanation, Finding, Profile
from tokenfoundry.privacy.opinions import Opinion, gliner_opinion, spacy_opinion
from tokenfoundry.privacy.patterns import Pattern, validators
from tokenfoundry.privacy.placeholders import PlaceholderMap
from tokenfoundry.privacy.policy import Policy
from tokenfoundry.privacy.redactor import Redaction, RedactionSession, Redactor, StreamRedactor
from tokenfoundry.privacy.restore import StreamRestorer

__all__ = [
    "Detector",
    "DetectorStream",
    "EntityInfo",
    "Explanation",
    "Finding",
    "Opinion",
    "Pattern",
    "PlaceholderMap",
    "Policy",
    "Profile",
    "Redaction",
    "RedactionSession",
    "Redactor",
    "StreamRedactor",
    "StreamRestorer",
    "catalogue",
    "entities",
    "gliner_opinion",
    "spacy_opinion",
    "validators",
]
