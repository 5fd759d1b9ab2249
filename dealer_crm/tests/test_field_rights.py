from odoo.tests import tagged

from .field_table import FieldTableCase

NOBODY = ("", "")


@tagged("post_install", "-at_install")
class TestFieldRights(FieldTableCase):
    TABLE = {
        "dealer.crm.lead": (("amd", "amd", "active"),),
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.make_lead()
        cls.connection = cls.env["dealer.crm.bpo.connection"].create(
            {
                "name": "BPO",
                "url": "https://bpo.example.com",
                "database": "bpo",
                "login": "dealer",
                "company_id": cls.env["res.company"].create({"name": "Third"}).id,
            }
        )
