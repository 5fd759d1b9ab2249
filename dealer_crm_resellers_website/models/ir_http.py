from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _unslug(cls, value):
        """Of thousands of digits Python makes no number: no slug, rather than an error."""
        try:
            return super()._unslug(value)
        except ValueError:
            return None, None

    @classmethod
    def _serve_fallback(cls):
        """No database can be asked for the page of an address with a NUL: there is none."""
        if "\0" in request.httprequest.path:
            cls._frontend_pre_dispatch()
            return None
        return super()._serve_fallback()
