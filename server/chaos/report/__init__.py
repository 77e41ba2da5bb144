"""Reports: one run in short (`Result`), in a few lines (`one`, `many`), and all of them as a page (`page`)."""

from server.chaos.report.bound import failing_at_most
from server.chaos.report.page import CutPoints, page
from server.chaos.report.result import Result, load, save
from server.chaos.report.terminal import many, one

__all__ = ["CutPoints", "Result", "failing_at_most", "load", "many", "one", "page", "save"]
