from markupsafe import Markup

from odoo.tests import tagged

from .common import DealerCase


@tagged("post_install", "-at_install")
class TestLeadTracking(DealerCase):
    """Changes of many leads are logged like those of single leads."""

    def setUp(self):
        super().setUp()
        self.leads = self.Lead.concat(*(self.make_lead(expected_price=n) for n in range(5)))
        self.flush_tracking()
        self.before = self.leads.message_ids

    def flush_tracking(self):
        self.env.flush_all()
        self.env.cr.flush()

    def get_log(self, lead):
        """New messages in the chatter: list of (author, subtype, body, [(field, old, new)])."""
        self.flush_tracking()
        return [
            (
                message.author_id,
                message.subtype_id,
                message.body,
                [
                    (value.field_id.name, value.old_value_char, value.new_value_char)
                    for value in message.sudo().tracking_value_ids
                ],
            )
            for message in lead.message_ids - self.before
        ]

    def test_batch_like_single(self):
        single, *rest = self.leads
        single.with_user(self.manager).write({"stage_id": self.qualified.id})
        expected = self.get_log(single)
        author, subtype, body, [(field, old, new)] = expected[0]
        self.assertEqual(author, self.manager.partner_id)
        self.assertEqual(subtype, self.env.ref("mail.mt_note"))
        self.assertFalse(body)
        self.assertEqual((field, old, new), ("stage_id", "New", "Qualified"))
        batch = self.Lead.concat(*rest)
        batch.with_user(self.manager).write({"stage_id": self.qualified.id})
        for lead in batch:
            self.assertEqual(self.get_log(lead), expected)

    def test_several_fields(self):
        self.leads.write({"stage_id": self.lost.id, "lost_reason": self.reason.id})
        for lead in self.leads:
            [(_author, _subtype, _body, changes)] = self.get_log(lead)
            self.assertIn(("stage_id", "New", "Lost"), changes)
            self.assertIn(("lost_reason", "", self.reason.name), changes)

    def test_no_query_per_lead(self):
        def move(leads):
            leads.write({"stage_id": self.qualified.id})
            self.flush_tracking()

        few = self.cost(lambda: move(self.leads[:1]))
        many = self.cost(lambda: move(self.leads[1:]))
        self.assertLessEqual(many, few)

    def test_body_and_author_of_the_caller(self):
        for lead in self.leads:
            lead._track_set_log_message(f"Because of {lead.name}")
        self.leads[0]._track_set_author(self.agent.partner_id)
        self.leads.write({"stage_id": self.qualified.id})
        for lead in self.leads:
            [(author, _subtype, body, _changes)] = self.get_log(lead)
            self.assertIn(f"Because of {lead.name}", body)
            wanted = self.agent if lead == self.leads[0] else self.env.user
            self.assertEqual(author, wanted.partner_id)

    def test_markup_is_sanitized(self):
        lead, other, *_rest = self.leads
        lead._track_set_log_message(Markup("<b onclick='x()'>Urgent</b>"))
        other._track_set_log_message("<b>Urgent</b>")
        (lead + other).write({"stage_id": self.qualified.id})
        [(_author, _subtype, body, changes)] = self.get_log(lead)
        self.assertIn("<b>Urgent</b>", body)
        self.assertEqual(changes, [("stage_id", "New", "Qualified")])
        [(_author, _subtype, body, changes)] = self.get_log(other)
        self.assertIn("&lt;b&gt;Urgent&lt;/b&gt;", body)
        self.assertEqual(changes, [("stage_id", "New", "Qualified")])

    def test_changes_like_odoo(self):
        """Tracking values of each type are those that Odoo creates."""
        Value = self.env["mail.tracking.value"]
        field_id = self.env["ir.model.fields"]._get("dealer.crm.lead", "stage_id").id
        euro = self.env.ref("base.EUR").id
        moment = "2026-11-27 18:30:00"
        values_list = [
            {"field_id": field_id, "old_value_integer": 1, "new_value_integer": 2}
            | {"old_value_char": "New", "new_value_char": '\\ "Äö" {NULL}, <b>'},
            {"field_id": field_id, "old_value_integer": False, "new_value_integer": True},
            {"field_id": field_id, "old_value_char": "", "new_value_char": False},
            {"field_id": field_id, "old_value_text": False, "new_value_text": "a\nb"},
            {"field_id": field_id, "old_value_datetime": False, "new_value_datetime": moment},
            {"field_id": field_id, "old_value_float": 0.1, "new_value_float": 1e12 / 3}
            | {"currency_id": euro},
            {"field_info": {"desc": "Colour", "name": "properties", "type": "tags"}}
            | {"old_value_char": "red", "new_value_char": False},
        ]
        lead, *rest = self.leads
        names = [n for n, f in Value._fields.items() if f.store and not n.startswith("write_")]
        skipped = ("id", "create_date", "mail_message_id")
        notes = self.leads._insert_notes(
            dict.fromkeys(self.leads.ids, ""),
            self.env.user.partner_id.id,
            None,
            [(lead.id, values) for values in values_list] + [(rest[-1].id, values_list[0])],
        )
        found = [note.tracking_value_ids.sorted("id").read(names) for note in notes]
        self.assertEqual([len(rows) for rows in found], [len(values_list), 0, 0, 0, 1])
        expected = Value.create(
            [{**values, "mail_message_id": notes[0].id} for values in values_list]
        )
        for row, wanted in zip(found[0], expected.read(names), strict=True):
            self.assertEqual(
                {**row, **dict.fromkeys(skipped)}, {**wanted, **dict.fromkeys(skipped)}
            )
        self.env.cr.execute(
            "SELECT count(*) FROM mail_tracking_value WHERE id = ANY(%s)"
            " AND (old_value_char = '' OR new_value_char IS NOT NULL)",
            [[row["id"] for row in found[0]]],
        )
        self.assertEqual(self.env.cr.fetchone(), (2,))

    def test_follower_is_notified(self):
        followed, *rest = self.leads
        partner = self.env["res.partner"].create({"name": "Boss", "email": "boss@example.com"})
        subtype = self.env.ref("dealer_crm.mt_lead_stage")
        followed.message_subscribe(partner.ids, subtype.ids)
        self.leads.with_user(self.manager).write({"stage_id": self.qualified.id})
        self.flush_tracking()
        message = followed.message_ids - self.before
        self.assertEqual(message.subtype_id, subtype)
        self.assertEqual(message.notified_partner_ids, partner)
        for lead in rest:
            self.assertEqual(self.get_log(lead)[0][1], self.env.ref("mail.mt_note"))

    def test_notes_like_odoo(self):
        """A plain note has the same values as one that Odoo creates for another model."""
        skipped = {"id", "model", "res_id", "message_id", "date", "reply_to", "write_uid"}
        stored = [name for name, field in self.env["mail.message"]._fields.items() if field.store]
        names = [name for name in stored if name not in skipped]
        partner = self.env["res.partner"].create({"name": "Customer"})
        for text in ("Plain", "", "<b>Tags</b> & 'quotes' \"double\"", "Äö \u4e2d\nnext line"):
            for author in (None, self.agent.partner_id.id):
                note, expected = (
                    record.with_user(self.manager)._message_log_batch(
                        {record.id: text}, author_id=author
                    )
                    for record in (self.leads[0], partner)
                )
                self.assertTrue(note.date)
                [note], [expected] = note.read(names), expected.read(names)
                self.assertEqual({**note, "id": 0}, {**expected, "id": 0})

    def test_notes_in_order(self):
        texts = {lead.id: f"Note {lead.id}" for lead in self.leads}
        notes = self.leads[::-1]._message_log_batch(texts)
        self.assertEqual(notes.mapped("res_id"), self.leads[::-1].ids)
        for lead in self.leads:
            self.assertIn(f"Note {lead.id}", lead.message_ids[0].body)

    def test_other_notes_are_odoo_s(self):
        """Markup is sanitized, and attachments and recipients are linked."""
        self.assertFalse(self.Lead._message_log_batch({}))
        lead = self.leads[0]
        note = lead._message_log(body=Markup("<p onclick='x()'>A note</p>"))
        self.assertEqual(note.body, "<p>A note</p>")
        attachment = self.env["ir.attachment"].create({"name": "file", "raw": b"x"})
        note = lead._message_log(
            body="A note", attachment_ids=attachment.ids, partner_ids=self.agent.partner_id.ids
        )
        self.assertEqual(note.attachment_ids, attachment)
        self.assertEqual(note.partner_ids, self.agent.partner_id)

    def test_notes_are_written_at_once(self):
        self.leads.write({"stage_id": self.qualified.id})
        self.leads[0]._message_log(body="A note")
        self.assertIn("A note", self.leads[0].message_ids[0].body)
