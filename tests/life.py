"""A dealer's database that people have used, for tests of installing, upgrading and uninstalling."""

import uuid
from contextlib import contextmanager

from .harness import Database, run_odoo

# Changes that people make to the shipped stages and to leads before the upgrade.
STORY = """
Stage, Lead = env["dealer.crm.stage"], env["dealer.crm.lead"]
stage = {name: env.ref("dealer_crm.stage_" + name) for name in ("new", "qualified", "negotiation", "won", "lost")}
reason = env.ref("dealer_crm.lost_reason_price")
product = env["product.product"].search([("default_code", "=", "TEST-SERVICE")])
Lead.with_context(active_test=False).search([]).unlink()

def lead(where, **vals):
    return Lead.create({"contact_name": "Ana", "stage_id": stage[where].id, "product_id": product.id, **vals})

def receive(number):
    answer = Lead.receive_endorsed_lead({
        "bpo_source_lead_id": number, "bpo_source_url": "https://bpo.example.com", "contact_name": "Bo",
        "product_code": "TEST-SERVICE", "with_quotation": True, "surplus": "kept"})
    return Lead.browse(answer["id"])

lead("new", phone="+16505550111", tag_ids=[(0, 0, {"name": "Tag of the tests"})]).message_post(body="Called")
lead("new", active=False)
lost = lead("new") | receive(1)
lost.write({"stage_id": stage["lost"].id, "lost_reason": reason.id, "lost_notes": "Too dear"})
won = lead("new", contact_name="Winner") | receive(2)
for each in won:
    each.product_id = product
    each.action_convert_to_quotation()
    if not each.sale_order_ids.order_line:
        each.sale_order_ids.order_line = [(0, 0, {"product_id": product.id})]
    each.sale_order_ids.action_confirm()
won.action_mark_won()
again = lead("new")
again.write({"stage_id": stage["lost"].id, "lost_reason": reason.id})
again.action_reopen("Called back")
again.activity_schedule("mail.mail_activity_data_todo", user_id=env.ref("base.user_admin").id)
env["dealer.crm.bpo.connection"].create({
    "name": "BPO", "url": "https://bpo.example.com", "database": "bpo", "login": "x", "api_key": "x"})

stage["new"].write({"name": "First Call", "sequence": 12, "fold": True})
stage["qualified"].unlink()
Stage.create({"name": " QUALIFIED", "sequence": 25})
stage["negotiation"].unlink()
stage["lost"].fold = False
orders = won.sale_order_ids
won[1].with_context(tracking_disable=True).action_reopen("To be taken out of Won")
won[0].action_reopen("Too")
orders.write({"dealer_crm_lead_id": won[0].id})
stage["won"].unlink()
Stage.create({"name": "Delivered", "sequence": 45, "is_won": True})
won[0].action_mark_won()
env.ref("dealer_crm.lost_reason_stock").unlink()
env.ref("dealer_crm.lost_reason_price").name = "Too dear"
env.ref("dealer_crm.ir_cron_deliver_callbacks").interval_number = 7
env.cr.commit()
"""

# The shell fails on an error in the log; Odoo logs one for each record that is still referenced.
UNINSTALL = """
module = env.ref("base.module_{addon}")
assert module.state == "installed", module.state
module.button_immediate_uninstall()
"""


class Life:
    """A database that was used; `run` runs Odoo on it to its end."""

    def __init__(self, database, settings, folder):
        self.db = database
        self.folder = folder
        self.options = settings.options_for(settings.cluster, db_name=database.name)

    @classmethod
    @contextmanager
    def copied(cls, source, settings, folder):
        """A copy of a ``Template`` or of another ``Life``, dropped in the end."""
        life = cls(source.copy(settings.cluster), settings, folder)
        try:
            yield life
        finally:
            life.db.drop()

    def copy(self, cluster):
        self.db.close()
        return Database.copy(self.db.name, f"{self.db.name}_{uuid.uuid4().hex[:6]}", cluster)

    def run(self, *arguments):
        return run_odoo(
            self.options, self.folder, "server", *arguments, "--stop-after-init", "--no-http"
        )

    def shell(self, script):
        # The shell goes on after an exception, so the last line shows that the script reached its end.
        done = "THE END OF THE SCRIPT"
        output = run_odoo(
            self.options, self.folder, "shell", "--no-http", script=f"{script}\nprint('{done}')\n"
        )
        assert done in output and "Error" not in output, output[-4000:]

    def leads(self):
        """The leads of the story, without demo leads, which an upgrade restores."""
        return self.db.query(
            "SELECT id, name, stage_id, open_stage_id, won_status, date_won, date_lost, lost_reason,"
            " bpo_source_lead_id, active, write_date FROM dealer_crm_lead"
            " WHERE contact_name IN ('Ana', 'Bo', 'Winner') ORDER BY id"
        )
