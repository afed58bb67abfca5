"""Is a fit too short, too small, too big or done? With the evidence, and settings to paste."""

from gatecast.diagnose.diagnosis import diagnose
from gatecast.diagnose.findings import Diagnosis, Finding, FixStep

__all__ = ["Diagnosis", "Finding", "FixStep", "diagnose"]
