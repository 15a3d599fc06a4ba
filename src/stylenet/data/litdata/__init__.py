"""Data sets in LitData's format: chunks, local or remote."""

from stylenet.data.litdata.chunk_order import ChunkOrder
from stylenet.data.litdata.module import LitData
from stylenet.data.litdata.pictures import LitDataPictures, write_litdata

__all__ = ["ChunkOrder", "LitData", "LitDataPictures", "write_litdata"]
