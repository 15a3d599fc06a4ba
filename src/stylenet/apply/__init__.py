"""Using trained nets."""

from stylenet.apply.model_file import Model, ModelFileError, load_model, save_model
from stylenet.apply.stylizer import Stylizer

__all__ = ["Model", "ModelFileError", "Stylizer", "load_model", "save_model"]
