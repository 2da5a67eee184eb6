"""From a case folder to a package an editor can open.

Start reading in flow.py: it is the whole journey in ten lines.
Each step is a room beside it (intake, check, policy, deidentify, verify, consent,
review, render, pack). Rooms never call each other; they share core/ only.
"""

__version__ = "0.1.0"
