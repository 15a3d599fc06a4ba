"""Using trained nets."""

from stylenet.apply.banks import BankError, copy_pictures, grown, merge, remove_style
from stylenet.apply.model_file import (
    DESCRIPTION,
    Model,
    ModelFileError,
    check_architecture,
    load_model,
    save_model,
)
from stylenet.apply.requests import Request, style_bytes
from stylenet.apply.style_of import style_of
from stylenet.apply.stylizer import Stylizer

__all__ = [
    "DESCRIPTION",
    "BankError",
    "Model",
    "ModelFileError",
    "Request",
    "Stylizer",
    "check_architecture",
    "copy_pictures",
    "grown",
    "load_model",
    "merge",
    "remove_style",
    "save_model",
    "style_bytes",
    "style_of",
]
