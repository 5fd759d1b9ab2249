from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..hooks import _try_unlink
from .common import DealerCase


@tagged("post_install", "-at_install")
class TestHooks(DealerCase):
    def test_what_is_used_stays(self):
        partner = self.env["res.partner"].create({"name": "Customer"})
        order = self.env["sale.order"].create({"partner_id": partner.id})
        self.assertFalse(_try_unlink(partner), "the database says so")
        order.unlink()
        with patch.object(type(partner), "unlink", side_effect=UserError("I use it.")):
            self.assertFalse(_try_unlink(partner), "an addon says so")
        self.assertTrue(partner.exists())
        with (
            patch.object(type(partner), "unlink", side_effect=KeyError("a fault")),
            self.assertRaises(KeyError),
        ):
            _try_unlink(partner)
        self.assertTrue(_try_unlink(partner))
        self.assertFalse(partner.exists())
