"""Import of leads from a file."""

import csv
import io

from odoo.tests import tagged
from odoo.tools import file_open

from .test_lead_arrival import ArrivalCase

OPTIONS = {"quoting": '"', "separator": ",", "has_headers": True, "import_skip_records": []}


@tagged("post_install", "-at_install")
class TestLeadImport(ArrivalCase):
    def do_import(self, header, *rows, dryrun=False, user=None, name="leads.csv"):
        """Import a file as in the app; the answer."""
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        return self.import_file(text.getvalue().encode(), "text/csv", name, dryrun, user)

    def import_file(self, content, kind, name, dryrun=False, user=None):
        wizard = (
            self.env["base_import.import"]
            .with_user(user or self.manager)
            .create(
                {
                    "res_model": "dealer.crm.lead",
                    "file": content,
                    "file_type": kind,
                    "file_name": name,
                }
            )
        )
        preview = wizard.parse_preview(dict(OPTIONS))
        self.assertNotIn("error", preview)
        fields = [
            preview["matches"][index][0] if index in preview["matches"] else False
            for index in range(len(preview["headers"]))
        ]
        self.assertNotIn(False, fields, preview["headers"])
        answer = wizard.execute_import(
            fields, preview["headers"], {**OPTIONS, **preview["options"]}, dryrun=dryrun
        )
        self.env.flush_all()
        self.env.invalidate_all()
        return answer

    def leads(self, answer):
        self.assertFalse(answer["messages"])
        return self.Lead.browse(answer["ids"])

    def test_templates(self):
        """Both files have the same rows, and go in as they are."""
        templates = self.Lead.get_import_templates()
        names = [template["template"].removeprefix("/") for template in templates]
        self.assertEqual([name[-4:] for name in names], ["xlsx", ".csv"])
        kinds = (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "text/csv",
        )
        found = []
        for name, kind in zip(names, kinds, strict=True):
            with file_open(name, "rb") as file:
                leads = self.leads(self.import_file(file.read(), kind, name))
            self.assertEqual(leads.mapped("contact_name"), ["Maria Santos", "Omar Haddad"])
            self.assertEqual(leads[0].name, "OLD-1001")
            self.assertRegex(leads[1].name, r"^DLEAD/")
            self.assertEqual(leads.stage_id, self.new)
            found.append(
                leads.read(
                    [
                        "phone",
                        "mobile",
                        "city",
                        "zip",
                        "quantity",
                        "expected_price",
                        "date_deadline",
                        "priority",
                        "vehicle_model_text",
                    ]
                )
            )
            leads.unlink()
        self.assertEqual(*[[{**row, "id": 0} for row in rows] for rows in found])

    def test_assigned(self):
        """In turn, as one batch; a salesperson in the file stays."""
        header = ["contact_name", "user_id"]
        rows = [[f"Lead {number}", ""] for number in range(5)]
        leads = self.leads(self.do_import(header, *rows, ["Mine", self.manager.name]))
        self.assertEqual(
            leads.mapped("user_id.login"), [*self.agents.mapped("login"), "dealer-manager"]
        )
        self.assertEqual(leads[5].user_id, self.manager)
        self.assertEqual(leads[4].user_id, self.other_agent)
        leads = self.leads(self.do_import(["contact_name"], ["A"], ["B"]))
        self.assertEqual(leads.user_id, self.third_agent | self.agent)

    def test_assigned_for_an_agent(self):
        """The rule assigns to others, though the agent who imports may not."""
        answer = self.do_import(["contact_name"], ["A"], ["B"], ["C"], user=self.agent)
        self.assertEqual(self.leads(answer).user_id, self.agents)

    def test_to_nobody(self):
        self.company.dealer_lead_assignment = "nobody"
        leads = self.leads(self.do_import(["contact_name"], ["A"], ["B"]))
        self.assertFalse(leads.user_id)
        self.assertEqual(len(self.announcements(leads)), 6)

    def test_old_references(self):
        """They are kept; the sequence goes on after those in its own form."""
        first = self.make_lead().name
        form, number = first.rsplit("/", 1)
        high = f"{form}/{int(number) + 500:05}"
        leads = self.leads(
            self.do_import(["name", "contact_name"], ["A-77", "A"], [high, "B"], ["", "C"])
        )
        self.assertEqual(leads.mapped("name")[:2], ["A-77", high])
        self.assertEqual(self.make_lead().name, f"{form}/{int(number) + 501:05}")

    def test_a_dry_run_leaves_nothing(self):
        first = self.make_lead().name
        form, number = first.rsplit("/", 1)
        before = self.count()
        turns = self.env["dealer.crm.lead.turn"].search_count([])
        answer = self.do_import(
            ["name", "contact_name"], [f"{form}/{int(number) + 500:05}", "A"], dryrun=True
        )
        self.assertFalse(answer["messages"])
        self.assertEqual(self.count(), before)
        self.assertEqual(self.env["dealer.crm.lead.turn"].search_count([]), turns)
        self.assertEqual(self.make_lead().name, f"{form}/{int(number) + 1:05}")

    def test_errors_name_row_and_column(self):
        taken = self.make_lead().name
        for name, value, words in (
            ("name", taken, "reference of another lead"),
            ("stage_id", "Won", "cannot start"),
            ("user_id", self.clerk.name, "cannot be the salesperson"),
            ("vehicle_model_text", "x" * 600, "characters"),
            ("quantity", "-1", "more than 0"),
            ("product_id", "No such car", "No such car"),
        ):
            with self.subTest(name):
                good = {"quantity": "1", "expected_price": "5"}.get(name, "")
                rows = [["A", good], ["B", good], ["C", value], ["D", good]]
                answer = self.do_import(["contact_name", name], *rows, dryrun=True)
                [message] = [each for each in answer["messages"] if each["type"] == "error"]
                self.assertIn(words, message["message"])
                self.assertEqual(message["field"], name)
                self.assertEqual(message["rows"], {"from": 2, "to": 2})

    def test_a_wrong_number_is_found_before_the_rows(self):
        rows = [["A", "5"], ["B", "much"]]
        answer = self.do_import(["contact_name", "expected_price"], *rows, dryrun=True)
        [message] = answer["messages"]
        self.assertIn("expected_price", message["message"])
        self.assertIn("much", message["message"])

    def test_a_reference_twice_in_the_file(self):
        rows = [["A-1", "A"], ["A-2", "B"], ["A-1", "C"]]
        answer = self.do_import(["name", "contact_name"], *rows, dryrun=True)
        [message] = [each for each in answer["messages"] if each["type"] == "error"]
        self.assertEqual((message["field"], message["rows"]["from"]), ("name", 2))

    def test_more_wrong_rows(self):
        rows = [["A", "x" * 600], ["B", ""], ["C", "x" * 600]]
        answer = self.do_import(["contact_name", "vehicle_model_text"], *rows, dryrun=True)
        errors = [each["rows"]["from"] for each in answer["messages"] if each["type"] == "error"]
        self.assertEqual(errors, [0, 2])
