"""Joint lumping: both networks swept over one table, so that equal units meet.

As in bisimulation checking the networks lie side by side over shared inputs. Layers
need not match: a unit joins whatever unit met before its row is a multiple of.

References
----------
Prabhakar: *Bisimulations for Neural Network Reduction*, for the idea; theory D2.3.
"""

from lumpver.proving.joint.reading import swept
from lumpver.proving.joint.sweep import Sweep

__all__ = ["Sweep", "swept"]
