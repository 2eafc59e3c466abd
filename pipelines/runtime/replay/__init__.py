"""Prove it later: the archive run again, and compared with the store (`verify`) or made into a new one
(`into`).
"""

from pipelines.runtime.replay.rebuilding import into
from pipelines.runtime.replay.verifying import EntityReport, Report, verify

__all__ = ["EntityReport", "Report", "into", "verify"]
