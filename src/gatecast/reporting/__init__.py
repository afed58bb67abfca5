"""What came of it all, in one file for everyone: the data, the forecast, the verdict, the memory, the recipe."""

from gatecast.reporting.build import report
from gatecast.reporting.made import Origin, Report

__all__ = ["Origin", "Report", "report"]
