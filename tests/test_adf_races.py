"""The same ADF in two e-mails, or one e-mail twice, at the same moment, with real processes."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from .concurrency import at_once, held, people, served_twice, waiting
from .harness import wait_until

# Both have looked for the prospect and found none when the lock stops them.
LOCK = "LOCK TABLE dealer_crm_lead IN SHARE MODE"
PROSPECT = """
<prospect><id source="AutoTown">{number}</id><customer><contact><name part="full">{name}</name>
<email>{name}@example.com</email></contact></customer></prospect>"""
MAIL = """\
From: AutoTown <leads@autotown.example.com>
To: leads@dealer.example.com
Subject: A lead
Message-Id: <{message}@autotown.example.com>
Content-Type: text/plain

<adf>{prospects}</adf>
"""


# Two incoming mail servers of one database, each with one e-mail: what Odoo's cron does with them.
FETCH = """
import json
import logging
from unittest.mock import MagicMock, patch
mail = json.loads({mail!r})
# Of two that insert one prospect, PostgreSQL refuses the second; Odoo logs that as an error.
logging.getLogger("odoo.sql_db").setLevel(logging.CRITICAL)
# With this context Odoo does not start its own fetching, which would take the server first.
servers = env["fetchmail.server"].with_context(fetchmail_cron_running=True)
server = servers.create({{
    "name": {mail!r}[:20], "server_type": "imap", "server": "127.0.0.1", "state": "done",
    "object_id": env["ir.model"]._get_id("dealer.crm.lead")}})
env.cr.commit()
connection = MagicMock()
connection.check_unread_messages.return_value = 1
connection.retrieve_unread_messages.return_value = [(1, mail.encode())]
with patch.object(type(server), "_connect__", return_value=connection):
    server.with_context(fetchmail_cron_running=False)._fetch_mail()
env.cr.commit()
"""


@pytest.fixture(scope="module")
def dealer(peers_of, tmp_path_factory):
    with served_twice(peers_of, tmp_path_factory.mktemp("dealer"), "dealer_crm_adf") as dealer:
        yield dealer


def make_mail(message, *prospects):
    made = "".join(PROSPECT.format(number=number, name=name) for number, name in prospects)
    return MAIL.format(message=message, prospects=made)


def names_of(dealer, *numbers):
    """Contacts of the leads with these numbers of prospects."""
    rows = dealer.db.query(
        "SELECT contact_name FROM dealer_crm_lead WHERE adf_id = ANY(%s) ORDER BY contact_name",
        list(numbers),
    )
    return [row["contact_name"] for row in rows]


def deliver_at_once(dealer, *mails):
    """Give the e-mails to the gateway as a mail server's program does; fail if one is refused."""
    callers = people(dealer, *["admin"] * len(mails))
    answers = at_once(
        dealer,
        LOCK,
        (),
        *[
            lambda who=who, mail=mail: who.call(
                "mail.thread", "message_process", "dealer.crm.lead", mail
            )
            for who, mail in zip(callers, mails, strict=True)
        ],
    )
    assert all(answer is False or isinstance(answer, int) for answer in answers), answers


def test_one_e_mail_twice(dealer):
    mail = make_mail("same", ("1", "Ana"), ("2", "Bo"))
    deliver_at_once(dealer, mail, mail, mail, mail)
    assert names_of(dealer, "1", "2") == ["Ana", "Bo"]


def test_one_prospect_in_two_e_mails(dealer):
    """What only one of them brings is not lost."""
    one = make_mail("one", ("3", "Cy"), ("4", "Di"))
    two = make_mail("two", ("4", "Di"), ("5", "Ed"))
    deliver_at_once(dealer, one, two)
    assert names_of(dealer, "3", "4", "5") == ["Cy", "Di", "Ed"]


def test_two_e_mails_that_odoo_fetches(dealer):
    """Odoo marks an e-mail as read whatever becomes of it."""
    one = make_mail("three", ("6", "Flo"), ("7", "Gil"))
    two = make_mail("four", ("8", "Hal"), ("7", "Gil"))
    with ThreadPoolExecutor(2) as pool:
        with held(dealer, LOCK):
            scripts = [FETCH.format(mail=json.dumps(mail)) for mail in (one, two)]
            runs = [pool.submit(dealer.shell, script) for script in scripts]
            wait_until(lambda: waiting(dealer) >= 2, "both wait for the lock", 240)
        for run in runs:
            run.result(120)
    assert names_of(dealer, "6", "7", "8") == ["Flo", "Gil", "Hal"]
