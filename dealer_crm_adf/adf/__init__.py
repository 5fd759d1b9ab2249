"""ADF/XML 1.0 in plain Python and lxml: bytes to prospects. Nothing here imports Odoo."""

from .mail import find_parts, read_parts
from .prospect import Prospect
from .read import AdfError, read_adf
from .text import looks_like_adf

__all__ = ["AdfError", "Prospect", "find_parts", "looks_like_adf", "read_adf", "read_parts"]
