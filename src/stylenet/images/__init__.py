"""Pictures: read, write, resize, lay out. RGB float32 in [0,1], (3,H,W) or (N,3,H,W)."""

from stylenet.images.adjusting import Adjustment
from stylenet.images.any_image import AnyImage, PilImage, as_tensor, in_kind
from stylenet.images.colour import (
    Colours,
    LuminanceOnly,
    MatchedCovariance,
    MatchedHistograms,
    StyleColours,
)
from stylenet.images.colour_names import colour_values
from stylenet.images.converting import to_pil, to_tensor
from stylenet.images.errors import PictureError, SizeError
from stylenet.images.listing import path_hash, picture_files
from stylenet.images.photographs import (
    Photograph,
    encoded_photograph,
    painted_suffix,
    read_photograph,
    write_photograph,
)
from stylenet.images.reading import (
    DEFAULT_MAX_PIXELS,
    PICTURE_SUFFIXES,
    decode_image,
    open_image,
    read_image,
)
from stylenet.images.samples import reference_photographs, sample_photographs
from stylenet.images.sheets import contact_sheet
from stylenet.images.sizing import (
    AsIs,
    CentreCrop,
    CentreSquare,
    Exactly,
    Height,
    LongerSide,
    ShorterSide,
    Sizing,
    resize,
)
from stylenet.images.writing import check_writable, write_image

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "PICTURE_SUFFIXES",
    "Adjustment",
    "AnyImage",
    "AsIs",
    "CentreCrop",
    "CentreSquare",
    "Colours",
    "Exactly",
    "Height",
    "LongerSide",
    "LuminanceOnly",
    "MatchedCovariance",
    "MatchedHistograms",
    "Photograph",
    "PictureError",
    "PilImage",
    "ShorterSide",
    "SizeError",
    "Sizing",
    "StyleColours",
    "as_tensor",
    "check_writable",
    "colour_values",
    "contact_sheet",
    "decode_image",
    "encoded_photograph",
    "in_kind",
    "open_image",
    "painted_suffix",
    "path_hash",
    "picture_files",
    "read_image",
    "read_photograph",
    "reference_photographs",
    "resize",
    "sample_photographs",
    "to_pil",
    "to_tensor",
    "write_image",
    "write_photograph",
]
