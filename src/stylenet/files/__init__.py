"""Files: downloads, archives, checksums, locks, and writing that is whole or not at all.

Images, nets and data sets write through here, so that what is read is never half of something.
"""

from stylenet.files.checksums import sha256_of
from stylenet.files.disk import FULL, disk_error, require_space
from stylenet.files.downloads import Patience, download_file
from stylenet.files.locks import claimed, in_turn, locked
from stylenet.files.places import cache_folder, expanded
from stylenet.files.progress import ByteProgress
from stylenet.files.published import fetch_published
from stylenet.files.small_downloads import (
    SECONDS_OF_SILENCE,
    SECONDS_TO_ANSWER,
    UnavailableError,
    download_bytes,
)
from stylenet.files.streams import is_stream
from stylenet.files.tables import write_csv
from stylenet.files.unpacking import unpack
from stylenet.files.writing import part_of, replacing, write_bytes, write_files, write_text

__all__ = [
    "FULL",
    "SECONDS_OF_SILENCE",
    "SECONDS_TO_ANSWER",
    "ByteProgress",
    "Patience",
    "UnavailableError",
    "cache_folder",
    "claimed",
    "disk_error",
    "download_bytes",
    "download_file",
    "expanded",
    "fetch_published",
    "in_turn",
    "is_stream",
    "locked",
    "part_of",
    "replacing",
    "require_space",
    "sha256_of",
    "unpack",
    "write_bytes",
    "write_csv",
    "write_files",
    "write_text",
]
