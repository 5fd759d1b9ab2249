"""Texts of others are shown as text: they create no HTML element and load nothing."""

from odoo.tests import HttpCase, tagged

from odoo.addons.dealer_crm.bpo.answer import Answer, Verdict

from .callback_common import CallbackCase, FakeClient

MARKUP = (
    '<h1 class="stranger">Log in again</h1><a class="stranger" href="http://stranger.invalid/">'
    'here</a><img class="stranger" src="http://stranger.invalid/x.png" onerror="stranger=1">'
)
REFUSED = Answer(Verdict.MESSAGE, "validation", MARKUP)
HELD = Answer(Verdict.CONNECTION, "access_denied", MARKUP)
# In the browser: the text is visible, and there is no element of it.
LOOK = """(async () => {
    const until = async (found) => {
        for (let i = 0; i < 200 && !found(); i++) await new Promise((r) => setTimeout(r, 100));
        await new Promise((r) => setTimeout(r, 500));
        return found();
    };
    const read = await until(
        () => document.querySelector(".o-mail-Chatter") && document.body.innerText.includes("Log in again")
    );
    const fetched = performance.getEntriesByType("resource").map((e) => e.name);
    const found = [
        read ? "" : "the words are not shown",
        document.querySelector(".stranger, [src*='stranger.invalid'], [href*='stranger.invalid']") ? "an element" : "",
        fetched.some((name) => name.includes("stranger.invalid")) ? "a request" : "",
        window.stranger ? "a script" : "",
    ].join("");
    if (found) console.error(`Words of others became ${found}`);
    else console.log("test successful");
})()"""


@tagged("post_install", "-at_install")
class TestForeignText(CallbackCase, HttpCase):
    def assertText(self, html):
        """``html`` contains the markup as escaped text."""
        self.assertIn("Log in again", html)
        for tag in ("<h1", "<a ", "<img"):
            self.assertNotIn(tag, html)

    def look(self, record):
        self.env.flush_all()
        self.browser_js(f"/odoo/{record._name}/{record.id}", LOOK, login="cb_admin", timeout=120)

    def test_refusal_of_the_bpo(self):
        row = self.lose(self.make_leads(1))
        self.deliver(FakeClient([REFUSED]))
        self.assertEqual(row.state, "parked")
        self.assertIn(MARKUP, row.last_error)
        self.assertText(row.activity_ids.note)
        for message in row.lead_id.message_ids | row.message_ids:
            self.assertNotIn("<h1", message.body)
        self.look(row)

    def test_reason_of_a_hold(self):
        row = self.lose(self.make_leads(1))
        self.deliver(FakeClient([HELD]))
        self.assertEqual(self.connection.state, "held")
        self.assertIn(MARKUP, self.connection.state_reason)
        self.assertText(self.connection.activity_ids.note)
        self.look(self.connection)
        # The reason that a person enters for a retry is text, too.
        row.with_user(self.admin).action_retry(MARKUP)
        self.assertText(row.message_ids[0].body)
        row.difference = MARKUP
        self.look(row)

    def test_what_a_lead_brings(self):
        """A lead with markup in the endorsed values and in the closing notes."""
        answer = self.env["dealer.crm.lead"].receive_endorsed_lead(
            {
                "bpo_source_lead_id": 4711,
                "bpo_source_lead_name": MARKUP[:60],
                "bpo_source_url": "https://bpo.example.com",
                "contact_name": MARKUP,
                "partner_name": MARKUP,
                "description": MARKUP,
                "vehicle_model_text": MARKUP,
                MARKUP: MARKUP,
            }
        )
        lead = self.env["dealer.crm.lead"].browse(answer["id"])
        self.assertIn("Log in again", lead.contact_name)
        [note] = lead.message_ids.filtered(lambda message: "also sent" in message.body)
        self.assertText(note.body)
        self.reason.name = MARKUP
        lead.write({"stage_id": self.lost.id, "lost_reason": self.reason.id, "lost_notes": MARKUP})
        lead.sudo().action_reopen(MARKUP)
        for message in lead.message_ids:
            for tag in ("<h1", "<a ", "<img"):
                self.assertNotIn(tag, message.body)
        self.look(lead)
