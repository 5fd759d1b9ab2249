from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import DealerCase

ODD = ("a\0b", "a\ud800b", "\udfff")


@tagged("post_install", "-at_install")
class TestTexts(DealerCase):
    """Texts that cannot be stored are refused with a sentence, for every user and entry point."""

    def text_fields(self, model):
        fields = self.env[model]._fields.values()
        return [
            field.name
            for field in fields
            if field.type in ("char", "text", "html")
            and field.store
            and not field.related
            and (not field.readonly or field.name == "name")
        ]

    def test_every_text_of_ours(self):
        tried = 0
        for model in self.env:
            if not model.startswith("dealer.crm.") or self.env[model]._abstract:
                continue
            if not self.env[model]._auto:
                continue
            for name in self.text_fields(model):
                for text in ODD:
                    with self.subTest(model=model, name=name), self.assertRaises(ValidationError):
                        self.env[model].create({name: text})
                    tried += 1
        self.assertGreater(tried, 60)

    def test_changes_of_a_lead(self):
        lead = self.make_lead().with_user(self.agent)
        for name in self.text_fields("dealer.crm.lead"):
            if name == "name":
                continue
            for text in ODD:
                with self.subTest(name=name), self.assertRefused(ValidationError, "stored"):
                    lead.write({name: text})
        for name in ("email", "contact_name", "phone", "city", "vehicle_model_text"):
            with self.subTest(name=name), self.assertRefused(ValidationError, "501"):
                lead.write({name: "x" * 501})
        with self.assertRefused(ValidationError, "501"):
            self.Lead.with_user(self.agent).create({"name": "X" * 501})
        with self.assertRefused(ValidationError, "Email", "one line"):
            lead.write({"email": "a@example.com\nBcc: b@example.com"})
        with self.assertRefused(ValidationError, "stored"):
            self.Lead.with_user(self.agent).with_context(default_city="a\0").create({})
        lead.write({"email": "x" * 240 + "@example.com", "contact_name": "Zoë 🚗" * 90})
        self.env.flush_all()

    def test_reasons(self):
        lead = self.endorse(self.make_lead(self.lost))
        for text in ODD:
            with self.assertRefused(ValidationError, "Reason"):
                lead.with_user(self.manager).action_reopen(text)
            lead_two = self.make_lead()
            wizards = self.env["dealer.crm.lead.lost"].with_user(self.agent)
            with self.assertRefused(ValidationError, "Notes"):
                wizards.create(
                    {
                        "lead_ids": lead_two.ids,
                        "lost_reason": self.reason.id,
                        "lost_notes": text,
                    }
                )

    def test_searches(self):
        for value in ("a\0b", "\ud800", ["a\0b"]):
            with self.subTest(value=value), self.assertRefused(ValidationError, "BPO Informed"):
                operator = "in" if isinstance(value, list) else "="
                self.Lead.search([("callback_state", operator, value)])
        for value in (1, 1.5, True, [1], ["pending", 5]):
            operator = "in" if isinstance(value, list) else "="
            with self.subTest(value=value):
                self.assertIsNotNone(self.Lead.search([("callback_state", operator, value)]))

    def test_a_person_sees_the_sentence(self):
        with self.assertRefused(ValidationError, "Email"), Form(self.Lead) as form:
            form.contact_name = "Ana"
            form.email = "x" * 4000
