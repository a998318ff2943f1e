"""What is wrong with an installation, a configuration or the way to a provider: one finding per thing looked at.

Nothing is changed by looking: the books are read and never opened for writing, and no provider is asked for anything
that costs, unless `call` is.
"""

from tokenfoundry.doctor.examination import examine
from tokenfoundry.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine"]
