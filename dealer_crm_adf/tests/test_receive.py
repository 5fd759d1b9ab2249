import email
import email.policy
import random
from contextlib import suppress
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo.exceptions import ConcurrencyError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..adf import AdfError, read_adf
from .common import FOLDER, AdfCase, make_mail, read_sample
from .table import RAW

PLAIN = "plain.adf"


@tagged("post_install", "-at_install")
class TestReceive(AdfCase):
    def receive(self, xml, company=None, **options):
        return self.Lead._receive_adf(xml, company or self.env.company, **options)

    def get_log(self, lead):
        return "".join(lead.message_ids.mapped("body"))

    def test_companies(self):
        """Each company has its own lead of a prospect."""
        other = self.env["res.company"].create({"name": "Second Dealer"})
        lead = self.receive(read_sample(PLAIN))
        second = self.receive(read_sample(PLAIN), other)
        self.assertEqual((lead.company_id, second.company_id), (self.env.company, other))
        self.assertEqual(self.receive(read_sample(PLAIN), other), second)
        self.assertEqual(lead.stage_id, self.new)

    def test_merged(self):
        """A prospect that comes again makes no new lead after its lead was merged."""
        lead = self.make_lead()
        prospect = self.receive(read_sample(PLAIN))
        lead.with_user(self.manager)._merge(prospect)
        self.assertEqual(self.receive(read_sample(PLAIN)), lead)

    def test_vehicle(self):
        """The product has the stock number or the name, the category the brand."""
        brand = self.env["product.category"].create({"name": "Ford"})
        named = self.make_product(name="ford ranger xlt")
        lead = self.receive(read_sample("full.adf"))
        self.assertEqual((lead.product_id, lead.brand_id), (named, brand))
        lead.unlink()
        numbered = self.make_product(default_code="R-204")
        lead = self.receive(read_sample("full.adf"))
        self.assertEqual(lead.product_id, numbered)
        self.assertIn("VIN 1FTZR15E21PA00001", lead.vehicle_model_text)

    def test_a_source_that_nobody_knows(self):
        """It is not made, since anybody can send an e-mail."""
        xml = read_sample(PLAIN).replace(b"AutoTown", b"Elsewhere")
        lead = self.receive(xml)
        self.assertFalse(lead.source_id)
        self.assertEqual(lead.adf_source, "Elsewhere")
        self.assertIn("source: Elsewhere", self.get_log(lead))
        self.assertFalse(self.env["utm.source"].search([("name", "=", "Elsewhere")]))

    def test_regions(self):
        cases = (
            ("<country>canada</country><regioncode>ON</regioncode>", "Canada", "Ontario", ""),
            (
                "<country>us</country><regioncode>new york</regioncode>",
                "United States",
                "New York",
                "",
            ),
            ("<country>Utopia</country><regioncode>NY</regioncode>", "", "", "country: Utopia"),
            ("<country>US</country><regioncode>XX</regioncode>", "United States", "", "region: XX"),
            ("<regioncode>ZZ</regioncode>", "", "", "region: ZZ"),
        )
        for number, (address, country, state, log) in enumerate(cases):
            with self.subTest(address):
                xml = read_sample(PLAIN).replace(b"P-1", b"R-%d" % number)
                xml = xml.replace(b"</email>", f"</email><address>{address}</address>".encode())
                lead = self.receive(xml)
                self.assertEqual(lead.country_id.name or "", country)
                self.assertEqual(lead.state_id.name or "", state)
                self.assertIn(log, self.get_log(lead))

    def test_again_with_other_content(self):
        """The lead stays as it is; its chatter gets what came."""
        lead = self.receive(read_sample(PLAIN))
        lead.contact_name = "Ana D."
        changed = read_sample(PLAIN).replace(b"Corolla", b"Camry")
        for _time in range(2):
            self.assertEqual(self.receive(changed), lead)
        self.assertEqual(lead.vehicle_model_text, "2026 Toyota Corolla, new")
        self.assertEqual(self.get_log(lead).count("Camry, new"), 1)
        self.assertEqual(len(lead.message_ids.attachment_ids), 2)

    def test_a_number_that_a_stranger_used(self):
        """Whoever guesses a portal's next number takes no customer from the dealer."""
        forged = read_sample(PLAIN).replace(b"ana.duarte", b"x").replace(b"Ana Duarte", b"X")
        stranger = self.receive(forged)
        lead = self.receive(read_sample(PLAIN))
        self.assertNotEqual(lead, stranger)
        self.assertEqual(lead.contact_name, "Ana Duarte")
        self.assertEqual(self.receive(read_sample(PLAIN)), lead)

    def test_a_number_that_nobody_used(self):
        """A forger who says no name takes no customer, either; an agent may correct the name."""
        xml = read_sample(PLAIN)
        start, end = xml.index(b"<customer>"), xml.index(b"</customer>")
        nobody = self.receive(xml[:start] + xml[end:].removeprefix(b"</customer>"))
        self.assertFalse(nobody.contact_name)
        self.lose(nobody)
        lead = self.receive(xml)
        self.assertEqual((lead.contact_name, lead.won_status), ("Ana Duarte", "pending"))
        lead.write({"contact_name": "Eva", "email": False, "phone": False, "mobile": False})
        self.assertEqual(self.receive(xml), lead)

    def test_without_a_number_and_a_date(self):
        """Each e-mail is another request."""
        xml = read_sample("no_number_no_date.adf")
        first = self.receive(xml, message_id="<1@example.com>")
        self.assertEqual(self.receive(xml, message_id="<1@example.com>"), first)
        self.assertNotEqual(self.receive(xml, message_id="<2@example.com>"), first)

    def test_arrival(self):
        """New leads are given to salespeople like other arrivals, together; known ones are not."""
        known = self.receive(read_sample(PLAIN))
        calls = []

        def assign(leads, former=None):
            calls.append(leads.ids)

        xml = read_sample("two_prospects.adf") + read_sample(PLAIN)
        with patch.object(type(self.Lead), "_assign_arrivals", assign):
            leads = self.receive(xml)
        self.assertEqual(leads[2], known)
        self.assertEqual(calls, [leads[:2].ids])

    def test_two_at_once(self):
        """The one who comes second runs again and finds the first one's lead."""
        self.receive(read_sample(PLAIN))
        nothing = self.Lead.browse()
        with (
            patch.object(type(self.Lead), "_find_adf_lead", return_value=nothing),
            mute_logger("odoo.sql_db"),
            self.assertRaises(ConcurrencyError) as caught,
        ):
            self.receive(read_sample(PLAIN))
        self.assertIsInstance(caught.exception.__cause__, UniqueViolation)

    def test_what_cannot_be_read(self):
        """The note says why."""
        reasons = {
            "nested.adf": "nested too deeply",
            "many.adf": "more than 100 prospects",
            "empty_prospect.adf": "are empty",
            "not_adf.adf": "no prospect",
            "megabyte_and_one": "more than 1 MiB",
            "tags": "too many elements",
            "attributes": "too many elements or attributes",
        }
        made = {
            "tags": b"<adf><prospect>%b" % (b"<vehicle interest='sell'>x</vehicle>" * 25_000),
            "attributes": b"<adf><prospect><id %b>1</id></prospect></adf>"
            % b" ".join(b'a%d="1"' % number for number in range(10_001)),
        }
        for name, words in reasons.items():
            xml = made.get(name) or read_sample(name)
            lead = self.receive(xml)
            self.assertIn(RAW, self.get_log(lead))
            self.assertIn(words, self.get_log(lead))
            self.assertEqual(self.receive(xml), lead)

    def test_the_e_mail_is_kept(self):
        lead = self.process(make_mail("attachments.eml"))[0]
        message = lead.message_ids.filtered("subject")
        self.assertEqual(message.subject, "A lead from AutoTown")
        self.assertIn("Two leads for you.", message.body)
        names = set(message.attachment_ids.mapped("name"))
        self.assertEqual(names, {"lead.xml", "lead 2.xml", "stock.xml"})

    def test_a_portal_is_no_customer(self):
        """Its next e-mail is another lead, not a message for one that has its address."""
        unread = self.process(make_mail("not_adf.adf"))
        self.assertEqual(unread.email, "leads@autotown.example.com")
        lead = self.process(make_mail(PLAIN))
        self.assertEqual(lead.contact_name, "Ana Duarte")

    def test_a_portal_is_no_automatic_reply(self):
        mail = make_mail(PLAIN)
        head = b"Return-Path: <>\r\nX-Autoreply: yes\r\nAuto-Submitted: auto-replied\r\n"
        self.assertEqual(self.process(head + mail).adf_id, "P-1")

    def test_the_address_of_a_company(self):
        """The company whose address for leads the e-mail has gets the lead, and assigns it."""
        other = self.env["res.company"].create({"name": "Second Dealer"})
        domain = self.env["mail.alias.domain"].create({"name": "second.example.com"})
        other.alias_domain_id = domain
        other._set_dealer_lead_alias("leads")
        other.dealer_lead_assignment = "customer"
        self.agent.company_ids = [Command.link(other.id)]
        self.env["res.partner"].create(
            {"name": "Ana", "email": "ana.duarte@example.com", "user_id": self.agent.id}
        )
        mail = make_mail(PLAIN).replace(b"leads@dealer.example.com", b"leads@second.example.com")
        lead = self.process(mail)
        self.assertEqual((lead.company_id, lead.user_id), (other, self.agent))

    def test_an_e_mail_of_many_files(self):
        """None of 25 is lost; what cannot be read makes at most 21 leads."""
        mails = []
        for damage in (b"", b"<adf>F-"):
            mail = email.message_from_bytes(
                make_mail(PLAIN, damage.hex()), policy=email.policy.SMTP
            )
            for number in range(24):
                text = damage or read_sample(PLAIN).replace(b"P-1", b"F-")
                data = text.replace(b"F-", b"F-%d" % number)
                mail.add_attachment(
                    data,
                    maintype="application",
                    subtype="x-adf+xml",
                    filename=f"{number}.adf",
                )
            mails.append(mail.as_bytes())
        leads = self.process(mails[0])
        self.assertEqual(len(leads), 25)
        self.assertEqual(set(leads.mapped("contact_name")), {"Ana Duarte"})
        self.assertLessEqual(len(self.process(mails[1])), 21)

    def test_encodings_of_no_text(self):
        """Python knows them, but not as those of a text."""
        for charset in (b"hex", b"undefined", b"idna"):
            mail = make_mail("unknown_charset.eml", charset.decode())
            leads = self.process(mail.replace(b"x-none", charset).replace(b"G-14", charset))
            self.assertEqual(leads.adf_id, charset.decode())

    def test_other_e_mails(self):
        """An attachment that is other XML makes an ordinary lead."""
        mail = make_mail("attachments.eml").replace(b"adf", b"feed")
        mail = mail.replace(b"Content-Transfer-Encoding: base64", b"X-None: 1")
        lead = self.process(mail)
        self.assertEqual(len(lead), 1)
        self.assertFalse(lead.adf_id)
        self.assertEqual(lead.email, "leads@autotown.example.com")

    def test_damaged_files(self):
        """Whatever is changed in them, they become prospects or an ``AdfError``; the same of leads."""
        dice = random.Random(13)
        samples = [path.read_bytes() for path in sorted(FOLDER.iterdir())]
        samples = [data for data in samples if 0 < len(data) < 20_000]
        read = 0
        for number in range(600):
            data = damage(dice, samples)
            with suppress(AdfError):
                read += bool(read_adf(data))
            if number % 6 == 0:
                self.assertTrue(self.receive(data))
        self.assertGreater(read, 200)


def damage(dice, samples):
    """A sample with bytes changed, cut out, doubled, or with a part of another sample."""
    data = bytearray(dice.choice(samples))
    for _time in range(dice.choice((1, 2, 5, 20))):
        start, length = dice.randrange(len(data) + 1), dice.choice((0, 1, 3, 30))
        other = dice.choice(samples)
        begin = dice.randrange(len(other))
        data[start : start + length] = dice.choice(
            (
                b"",
                bytes(dice.randrange(256) for _byte in range(length)),
                other[begin : begin + dice.choice((1, 10, 200))],
                dice.choice((b"<", b">", b"&", b'"', b"]]>", b"<!--", b"\0", b"&#0;", b"</adf>")),
                dice.choice(
                    (b"9" * 30, b"\xff", b"&lt;adf", b"=3D", b"1e999", b"-", b"<prospect>")
                ),
            )
        )
    return bytes(data)
