"""Using trained nets."""

from stylenet.apply.model_file import DESCRIPTION, Model, ModelFileError, load_model, save_model
from stylenet.apply.stylizer import Stylizer

__all__ = ["DESCRIPTION", "Model", "ModelFileError", "Stylizer", "load_model", "save_model"]
