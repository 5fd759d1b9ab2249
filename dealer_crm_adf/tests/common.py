import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from odoo.addons.dealer_crm.tests.common import DealerCase

from ..adf.text import MAX_BYTES

FOLDER = Path(__file__).parent / "samples"


def read_sample(name):
    if name.startswith("megabyte"):
        data = read_sample("plain.adf")
        return data.ljust(MAX_BYTES + name.endswith("_and_one"))
    return (FOLDER / name).read_bytes()


def make_mail(name, message_id=None):
    """The e-mail of a sample (bytes): a portal attaches a file."""
    data = read_sample(name)
    if name.endswith(".eml"):
        # With Windows' ends of lines, as on the wire.
        data = data.replace(b"\n", b"\r\n")
        if message_id:
            head, _mark, rest = data.partition(b"Message-Id: <")
            data = head + b"Message-Id: <" + message_id.encode() + rest
        return data
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "AutoTown <leads@autotown.example.com>"
    message["To"] = "leads@dealer.example.com"
    message["Subject"] = "A lead from AutoTown"
    message["Message-Id"] = f"<{message_id or ''}{name}@autotown.example.com>"
    message.set_content("A lead for you.")
    message.add_attachment(data, maintype="application", subtype="x-adf+xml", filename="lead.adf")
    return message.as_bytes()


class AdfCase(DealerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["utm.source"].create({"name": "AutoTown"})
        cls.env.company.resource_calendar_id.tz = "America/New_York"

    def process(self, mail):
        """The leads that an e-mail makes."""
        before = self.Lead.search([])
        self.env["mail.thread"].message_process("dealer.crm.lead", mail)
        self.env.flush_all()
        self.env.invalidate_all()
        return self.Lead.search([], order="id") - before
