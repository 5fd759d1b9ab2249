"""Odoo's own tests of rights on orders, in a database with all our addons."""

from odoo.addons.sale.tests.test_access_rights import TestAccessRights

__all__ = ["TestAccessRights"]
