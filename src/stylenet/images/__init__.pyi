from .adjusting import Adjustment
from .any_image import AnyImage, PilImage, as_tensor, in_kind
from .colour import (
    Colours,
    LuminanceOnly,
    MatchedCovariance,
    MatchedHistograms,
    StyleColours,
)
from .colour_names import colour_in_words, colour_values
from .converting import to_pil, to_tensor
from .errors import PictureError, SizeError
from .listing import path_hash, picture_files
from .photographs import (
    Photograph,
    encoded_photograph,
    painted_suffix,
    read_photograph,
    write_photograph,
)
from .reading import (
    DEFAULT_MAX_PIXELS,
    PICTURE_SUFFIXES,
    decode_image,
    open_image,
    read_image,
)
from .samples import reference_photographs, sample_photographs
from .sheets import contact_sheet
from .sizing import (
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
from .writing import check_writable, write_image

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
    "colour_in_words",
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
