from .any_style import (
    StyledModel,
    in_styles,
    plain_architecture,
    takes_styles,
)
from .banks import BankError, copy_pictures, grown, merge, remove_style
from .model_file import (
    DESCRIPTION,
    Model,
    ModelFileError,
    check_architecture,
    check_empty,
    load_model,
    save_model,
)
from .requests import Request, style_bytes
from .style_of import style_of
from .stylizer import Stylizer, find_named_style
from .zoo import shipped_model, shipped_models, shipped_painters

__all__ = [
    "DESCRIPTION",
    "BankError",
    "Model",
    "ModelFileError",
    "Request",
    "StyledModel",
    "Stylizer",
    "check_architecture",
    "check_empty",
    "copy_pictures",
    "find_named_style",
    "grown",
    "in_styles",
    "load_model",
    "merge",
    "plain_architecture",
    "remove_style",
    "save_model",
    "shipped_model",
    "shipped_models",
    "shipped_painters",
    "style_bytes",
    "style_of",
    "takes_styles",
]
