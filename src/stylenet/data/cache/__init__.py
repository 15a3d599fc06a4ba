"""Images decoded and shrunk once, kept on the disk."""

from stylenet.data.cache.pictures import CachedPictures, cached

__all__ = ["CachedPictures", "cached"]
