"""Is a fit too short, too small, too big or done? With the evidence, and settings to paste."""

from gatecast.diagnosis.diagnosis import diagnose
from gatecast.diagnosis.findings import Diagnosis, Finding, FixStep

__all__ = ["Diagnosis", "Finding", "FixStep", "diagnose"]
