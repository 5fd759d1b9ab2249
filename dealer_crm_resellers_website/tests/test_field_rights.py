from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.dealer_crm.tests.field_table import FieldTableCase
from odoo.addons.dealer_crm.tests.test_mail_gateway import MailCase


@tagged("post_install", "-at_install")
class TestWebsiteFieldRights(FieldTableCase):
    MODULE = "dealer_crm_resellers_website"
    TABLE = {"res.partner": (("amd", "amd", "dealer_reference_ids"),)}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = {"res.partner": cls.env["res.partner"].create({"name": "Reseller"})}

    def get_base(self, model):
        return {"name": "Another"}

    def test_table(self):
        self.assertFieldTable()


@tagged("post_install", "-at_install")
class TestPublishedByMail(MailCase):
    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_nobody_is_published(self):
        for words, options in self.each_caller():
            for name in ("is_published", "website_published"):
                with self.subTest(name=name, **words), self.assertRefused(UserError):
                    self.process("res.partner", {"name": "By mail", name: True}, **options)
