from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _unslug(cls, value):
        """Treat thousands of digits, for which `int` raises an error, as no slug."""
        try:
            return super()._unslug(value)
        except ValueError:
            return None, None

    @classmethod
    def _serve_fallback(cls):
        """Answer addresses with a NUL with 404: PostgreSQL raises an error for one."""
        if "\0" in request.httprequest.path:
            cls._frontend_pre_dispatch()
            return None
        return super()._serve_fallback()
