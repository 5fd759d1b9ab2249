"""Odoo's own tests of who may do what with an order, in a database with everything of ours."""

from odoo.addons.sale.tests.test_access_rights import TestAccessRights

__all__ = ["TestAccessRights"]
