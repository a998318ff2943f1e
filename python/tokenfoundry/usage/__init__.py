"""What one call consumed, in one normal form whatever the provider's wire format.

Every format reports the same few counts under other names and with other borders: one counts cached prompt tokens
inside the input, another beside it. `Usage` is the normal form that prices, budgets and records read; each file of this
package turns one wire format into its fields and knows nothing else.

normal      Usage
meter       UsageMeter: the usage of a stream
readers     which file reads which format
faults      what a report says in spite of fields that nobody can read
"""

from tokenfoundry.usage.meter import UsageMeter
from tokenfoundry.usage.normal import Usage

__all__ = ["Usage", "UsageMeter"]
