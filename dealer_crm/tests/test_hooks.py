from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..hooks import _is_deleted
from .common import DealerCase


@tagged("post_install", "-at_install")
class TestHooks(DealerCase):
    def test_what_is_used_stays(self):
        partner = self.env["res.partner"].create({"name": "Customer"})
        order = self.env["sale.order"].create({"partner_id": partner.id})
        self.assertFalse(_is_deleted(partner), "the database says so")
        order.unlink()
        with patch.object(type(partner), "unlink", side_effect=UserError("I use it.")):
            self.assertFalse(_is_deleted(partner), "an addon says so")
        self.assertTrue(partner.exists())
        with (
            patch.object(type(partner), "unlink", side_effect=KeyError("a fault")),
            self.assertRaises(KeyError),
        ):
            _is_deleted(partner)
        self.assertTrue(_is_deleted(partner))
        self.assertFalse(partner.exists())
