"""What came of it all, in one file for everyone: the data, the forecast, the verdict, the memory, the recipe."""

from gatecast.report.build import Origin, report
from gatecast.report.made import Report

__all__ = ["Origin", "Report", "report"]
