"""Attempts through other entry points than pages (pictures, files, RPC) to read or publish records."""

import base64

from odoo.tests.common import tagged

from .attempts import CONTACT, OUTSIDERS, ROLES, SECRET, AttemptsCase, add_tests


@tagged("post_install", "-at_install")
class TestPartnersRightsEntryPoints(AttemptsCase):
    def try_picture(self):
        self._refuse_picture(
            f"/web/image/res.partner/{partner.id}/{field}"
            for partner in self._get_pictures_hidden()
            for field in ("image_1920", "image_512", "image_256", "avatar_128")
        )

    def try_content(self):
        for partner in self._get_pictures_hidden():
            url = f"/web/content/res.partner/{partner.id}/image_1920"
            self.assertIn(self._refuse_picture([url]), (403, 404), url)

    def try_attachment(self):
        attachments = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_field", "=", "image_1920"),
                ("res_id", "in", self._get_pictures_hidden().ids),
            ]
        )
        self.assertTrue(attachments)
        self._refuse_picture(
            f"/web/{route}/{attachment.id}"
            for attachment in attachments
            for route in ("image", "content")
        )

    def try_rpc_partner(self):
        """Partners are not public over RPC."""
        for kind, ids in (("hidden", self.hidden.ids), ("public", self.public.ids)):
            for method, argument in (("search_read", [("id", "in", ids)]), ("read", ids)):
                answer = self.call("res.partner", method, argument)
                self.assertNotIn(SECRET, answer)
                self.assertNotIn(CONTACT, answer)
                self._note_call(f"res.partner.{method} of {kind} partners", answer)

    def try_rpc_level(self):
        for method, argument in (("search_read", []), ("read", self.Level.search([]).ids)):
            answer = self.call("dealer.crm.partner.level", method, argument)
            self.assertIn('"error"', answer)
            self._note_call(f"dealer.crm.partner.level.{method}", answer)

    def try_change_page(self):
        """A restricted editor may not change contacts."""
        values = {"website_description": "<p>Changed</p>", "name": "Changed"}
        for field, value in values.items():
            self._refuse_call("res.partner", "write", self.public.ids, {field: value})
        self.assertFalse(self.public.website_description)
        self.assertEqual(self.public.name, "Open House")

    def try_publish(self):
        private = self.hidden.filtered(lambda partner: not partner.is_published)
        self._refuse_call("res.partner", "write", private.ids, {"is_published": True})
        self._refuse_call("res.partner", "website_publish_button", private.ids)
        self.assertFalse(private.is_published)

    def try_publish_level(self):
        level = self.private_level
        self._refuse_call("dealer.crm.partner.level", "write", level.ids, {"is_published": True})
        self._refuse_call("dealer.crm.partner.level", "website_publish_button", level.ids)
        self._refuse_call("dealer.crm.partner.level", "create", [{"name": "Mine"}])
        self.assertFalse(level.is_published)

    def try_take_level(self):
        self._refuse_call(
            "res.partner", "write", self.hidden[0].ids, {"dealer_level_id": self.gold.id}
        )

    def _refuse_call(self, model, method, *arguments):
        answer = self.call(model, method, *arguments)
        self.assertIn('"error"', answer)
        self.env.invalidate_all()
        told = ", ".join(str(argument) for argument in arguments[1:])
        self._note_call(f"{model}.{method} {told}".strip(), answer)

    def _note_call(self, what, answer):
        errors = {
            "sessionexpired": "session expired",
            "accesserror": "access error",
            "accessdenied": "access denied",
        }
        told = next((told for name, told in errors.items() if name in answer), "nothing told")
        self.note(f"RPC {what}", told)

    def _refuse_picture(self, urls):
        """Check that no URL returns the hidden picture; return the last status."""
        status = None
        for url in urls:
            answer = self.url_open(url)
            status = answer.status_code
            self.assertNotIn(self._get_colour(), answer.content, url)
            self.note(f"GET {url}", "a placeholder" if status == 200 else str(status))
        return status

    def _get_pictures_hidden(self):
        """The hidden partners whose picture is hidden: those with a level.

        Without a level, the switch *Published* alone decides. Image routes ignore the website.
        """
        return self.hidden.filtered(lambda partner: partner.dealer_level_id)

    def _get_colour(self):
        return base64.b64decode(self.picture)[-40:-20]


add_tests(
    TestPartnersRightsEntryPoints,
    {
        "picture": OUTSIDERS,
        "content": OUTSIDERS,
        "attachment": OUTSIDERS,
        "rpc_partner": OUTSIDERS,
        "rpc_level": OUTSIDERS,
        "change_page": ("visitor", "portal", "editor"),
        "publish": ("visitor", "portal", "editor"),
        "publish_level": ROLES,
        "take_level": ROLES,
    },
)
