"""The archive: every record as received, before anything looks at it; the log that a replay needs, and
nothing else.
"""

from connectors.archive.block import Archived
from connectors.archive.chain import ArchiveError, check_chain
from connectors.archive.reading import Summary, read_archive, read_since, summary
from connectors.archive.source import ArchiveSource, archive_at
from connectors.archive.writing import Archive

__all__ = [
    "Archive",
    "ArchiveError",
    "ArchiveSource",
    "Archived",
    "Summary",
    "archive_at",
    "check_chain",
    "read_archive",
    "read_since",
    "summary",
]
