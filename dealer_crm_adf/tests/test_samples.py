from odoo.tests import tagged

from .common import FOLDER, AdfCase, make_mail, read_sample
from .table import ANA, RAW, SAMPLES


@tagged("post_install", "-at_install")
class TestSamples(AdfCase):
    def assertLead(self, lead, expected):
        """The lead is as expected, and has the file."""
        log = "".join(lead.message_ids.filtered(lambda each: not each.subject).mapped("body"))
        files = lead.message_ids.attachment_ids.filtered(lambda each: each.name == "adf.xml")
        self.assertEqual(len(files), 1)
        self.assertEqual(files.mimetype, "text/plain")
        if expected == RAW:
            self.assertIn(RAW, log)
            self.assertEqual(lead.email, "leads@autotown.example.com")
            return files.raw or b""
        expected = {**ANA, **expected}
        for text in expected.pop("notes", []):
            self.assertIn(text, lead.description)
        for text in expected.pop("log", []):
            self.assertIn(text, log)
        for name in ("source_id", "state_id", "country_id"):
            if name in expected:
                self.assertEqual(lead[name].display_name, expected.pop(name))
        for name in ("adf_date", "date_deadline"):
            if expected.get(name):
                expected[name] = lead._fields[name].convert_to_cache(expected[name], lead)
        self.assertLessEqual(len(lead.adf_id), 200)
        self.assertRecordValues(lead, [expected])
        return files.raw or b""

    def test_each_sample_is_in_the_table(self):
        files = {path.name for path in FOLDER.iterdir()}
        self.assertEqual(files, {name for name in SAMPLES if "." in name})
        self.assertGreater(len(files), 40)

    def test_samples(self):
        """Each becomes its leads, which come once, however often the e-mail comes."""
        for name, expected in SAMPLES.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                leads = self.process(make_mail(name))
                self.assertEqual(len(leads), len(expected))
                kept = [self.assertLead(*each) for each in zip(leads, expected, strict=True)]
                if not name.endswith(".eml"):
                    self.assertEqual(set(kept), {read_sample(name)})
                self.assertFalse(self.process(make_mail(name)))
                if RAW not in expected and "no_date" not in name and name != "only_email.adf":
                    # In another e-mail
                    self.assertFalse(self.process(make_mail(name, "again")))
                savepoint.rollback()

    def test_all_after_one_another(self):
        """None is lost among the others of the same sender, none comes twice."""
        self.env["mail.gateway.allowed"].create({"email": "leads@autotown.example.com"})
        made = {}
        for _round in range(2):
            for name in SAMPLES:
                if name != "megabyte":
                    made.setdefault(name, self.Lead)
                    made[name] |= self.process(make_mail(name))
        counts = {name: len(SAMPLES[name]) for name in made}
        self.assertEqual({name: len(leads) for name, leads in made.items()}, counts)
