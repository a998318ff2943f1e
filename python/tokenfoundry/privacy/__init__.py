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
    substitution    what stands for the values of one session: chosen, found again, turned back
    carried         a value that was found in one text of a request, in all others
    restore         stand-ins back to values, in whole texts and across the chunks of a stream
    answers         what is done with what a model adds of its own; in JSON text, `answers_in_json`
    json_in_text    which parts of an answer are JSON, though nobody asked for it
    json_levels     and how deep in JSON each part of it stands
    spelling        how a string of JSON is written, for it to be written so again
    stepwise        all that happens to a stream of an answer, one after the other
    sealed          what of it has to lie on a disk, encrypted (imported by who needs it)
    sealed_log      the same, written at its end only
    protection      a detector narrowed to what its policy protects
    session         all of these in one: the texts of a request, with one numbering
    restoring       the half of it that answers go through
    incoming        a text of it that is never held whole
    redactor        what makes sessions, or redacts one text by itself

Positions are code points, as Python counts them. Types that hold personal data hide it in `repr`.
"""

from tokenfoundry.privacy.catalogue import EntityInfo, catalogue, entities
from tokenfoundry.privacy.detector import Detector, DetectorStream, Explanation, Finding, Profile
from tokenfoundry.privacy.incoming import StreamRedactor
from tokenfoundry.privacy.opinions import Opinion, gliner_opinion, spacy_opinion
from tokenfoundry.privacy.patterns import Pattern, validators
from tokenfoundry.privacy.placeholders import PlaceholderMap
from tokenfoundry.privacy.policy import Policy
from tokenfoundry.privacy.redactor import Redaction, Redactor
from tokenfoundry.privacy.restore import StreamRestorer
from tokenfoundry.privacy.session import RedactionSession

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
