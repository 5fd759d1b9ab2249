"""Installing, upgrading, uninstalling and installing again, each in its own process.

The fixture ``template_of`` already checks that ``dealer_crm`` installs without an error in the log.
"""

from .life import UNINSTALL, Life

# A lead that was endorsed and won, one that is endorsed, and a key that expires.
BPO_STORY = """
from odoo.addons.bpo_crm.tests.common import make_payload
user = env["res.users"].create({"name": "City Motors", "login": "city", "group_ids": [
    (6, 0, [env.ref("base.group_user").id, env.ref("bpo_crm.group_dealer_callback").id])]})
dealer = env["bpo.dealer"].create({"name": "City Motors", "url": "https://dealer.example", "database": "d",
    "login": "bpo", "api_key": "x", "user_id": user.id})
dealer.activity_schedule("bpo_crm.mail_activity_type_dealer_key", user_id=env.ref("base.user_admin").id)
leads = env["crm.lead"].create([{"name": name, "type": "opportunity", "dealer_id": dealer.id,
    "stage_id": env.ref("bpo_crm.stage_endorsed").id, "dealer_endorsed_at": "2026-02-01 09:00:00",
    "dealer_outcome": "endorsed", "dealer_lead_id": 7, "dealer_lead_name": "DLEAD/1"} for name in "AB"])
answer = env["crm.lead"].with_user(user).update_from_dealer_callback(make_payload(leads[0].id))
assert answer["status"] == "applied", answer
env.cr.commit()
"""

APPOINTMENT = """
env["calendar.event"].create({
    "name": "Visit of Ana", "start": "2026-02-01 09:00:00", "stop": "2026-02-01 10:00:00",
    "dealer_crm_kind": "visit", "dealer_crm_lead_id": env["dealer.crm.lead"].search([], limit=1).id})
"""

TRY = """
lead = env["dealer.crm.lead"].create({"contact_name": "Ana"})
assert lead.stage_id == env.ref("dealer_crm.stage_new"), lead.stage_id
lead.stage_id = env.ref("dealer_crm.stage_qualified")
assert env.ref("base.user_admin").has_group("dealer_crm.group_dealer_admin")
env.cr.commit()
"""

STAGES = (
    "SELECT s.id, s.name, s.sequence, s.is_won, s.is_lost, s.fold"
    " FROM dealer_crm_stage s ORDER BY s.sequence, s.id"
)
SHIPPED = """
SELECT d.name AS xmlid, s.id, s.name->>'en_US' AS name, s.sequence, coalesce(s.is_won, false) AS is_won,
       coalesce(s.is_lost, false) AS is_lost, coalesce(s.fold, false) AS fold
  FROM ir_model_data d JOIN dealer_crm_stage s ON s.id = d.res_id
 WHERE d.module = 'dealer_crm' AND d.model = 'dealer.crm.stage'
"""


def test_upgrade(life):
    """Edited records stay edited, deleted ones are restored, leads do not change."""
    leads, stages = life.leads(), {row["id"]: row for row in life.db.query(STAGES)}
    taker = next(row for row in stages.values() if row["name"]["en_US"] == " QUALIFIED")
    callbacks = life.db.query("SELECT id, state, payload FROM dealer_crm_callback ORDER BY id")
    assert {lead["won_status"] for lead in leads} == {"pending", "won", "lost"} and len(
        callbacks
    ) >= 2

    life.run("-u", "dealer_crm")
    shipped = {row.pop("xmlid"): row for row in life.db.query(SHIPPED)}
    assert sorted(shipped) == [
        "stage_lost",
        "stage_negotiation",
        "stage_new",
        "stage_qualified",
        "stage_won",
    ]
    after = {row["id"]: row for row in life.db.query(STAGES)}
    assert {key: after[key] for key in stages} == stages
    assert len(after) == len(stages) + 2
    assert shipped["stage_new"]["name"] == "First Call"
    assert shipped["stage_qualified"]["id"] == taker["id"]
    plain = {"is_won": False, "is_lost": False, "fold": False}
    back = {key: shipped[key] for key in ("stage_negotiation", "stage_won")}
    for name, sequence in (("Negotiation", 30), ("Won", 40)):
        row = back[f"stage_{name.lower()}"]
        assert row == {"id": row["id"], "name": name, "sequence": sequence, **plain}
    assert not shipped["stage_lost"]["fold"]
    assert life.leads() == leads
    assert (
        life.db.query("SELECT id, state, payload FROM dealer_crm_callback ORDER BY id") == callbacks
    )
    reasons = life.db.query("SELECT name->>'en_US' AS name FROM dealer_crm_lost_reason")
    names = [row["name"] for row in reasons]
    assert "Too dear" in names and "Price too high" not in names
    assert (
        life.db.value(
            "SELECT interval_number FROM ir_cron WHERE id = (SELECT res_id FROM ir_model_data"
            " WHERE module = 'dealer_crm' AND name = 'ir_cron_deliver_callbacks')"
        )
        == 7
    )

    life.run("-u", "dealer_crm")
    assert {row["id"]: row for row in life.db.query(STAGES)} == after


def test_upgrade_from_19_0_1(life):
    """The migrations set the BPO of outcomes, and drop the indexes that leads no longer have."""
    indexes = "SELECT indexname FROM pg_indexes WHERE tablename = 'dealer_crm_lead' ORDER BY 1"
    fresh = life.db.query(indexes)
    for column in ("user_id", "company_id", "open_stage_id"):
        life.db.query(f"CREATE INDEX dealer_crm_lead__{column}_index ON dealer_crm_lead ({column})")
    senders = "SELECT id, bpo_sender FROM dealer_crm_callback WHERE lead_id IS NOT NULL ORDER BY id"
    now = life.db.query(senders)
    assert now and all(row["bpo_sender"] == "https://bpo.example.com" for row in now)
    life.db.query("UPDATE dealer_crm_callback SET bpo_sender = NULL")
    life.db.query(
        "UPDATE ir_module_module SET latest_version = '19.0.1.0.0' WHERE name = 'dealer_crm'"
    )
    life.run("-u", "dealer_crm")
    assert life.db.query(senders) == now
    assert life.db.query(indexes) == fresh


def test_uninstall_and_install_again(life):
    """All records of the addon are removed, sales and appointments stay; it installs again."""
    orders = life.db.query("SELECT id, name, state, partner_id FROM sale_order ORDER BY id")
    assert len(orders) >= 2
    life.shell(APPOINTMENT + UNINSTALL.format(addon="dealer_crm"))
    assert life.db.query("SELECT res_model_id FROM calendar_event WHERE name = 'Visit of Ana'") == [
        {"res_model_id": None}
    ]
    left = life.db.query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND (table_name LIKE 'dealer_crm%%' OR column_name LIKE '%%dealer_crm%%')"
    )
    assert left == []
    for table, column in (
        ("ir_model", "model"),
        ("mail_message", "model"),
        ("mail_activity", "res_model"),
        ("mail_followers", "res_model"),
        ("ir_cron", "cron_name"),
        ("ir_ui_menu", "name::text"),
    ):
        count = life.db.value(
            f"SELECT count(*) FROM {table} WHERE {column} LIKE 'dealer.crm%%' OR {column} LIKE '%%Dealer CRM%%'"
        )
        assert count == 0, table
    # Demo customers and products that sales use stay, as with every addon.
    left = life.db.query(
        "SELECT name FROM ir_model_data WHERE module = 'dealer_crm'"
        " AND model NOT IN ('res.partner', 'product.product', 'product.template', 'res.users')"
    )
    assert left == []
    assert (
        life.db.value("SELECT state FROM ir_module_module WHERE name = 'dealer_crm'")
        == "uninstalled"
    )
    assert life.db.query("SELECT id, name, state, partner_id FROM sale_order ORDER BY id") == orders

    life.run("-i", "dealer_crm")
    assert [row["name"]["en_US"] for row in life.db.query(STAGES)] == [
        "New",
        "Qualified",
        "Negotiation",
        "Won",
        "Lost",
    ]
    assert life.leads() == []
    life.shell(TRY)


def test_uninstall_the_bpos_addon(template_of, settings, tmp_path):
    """The leads stay as they are, and no error is logged."""
    with Life.copied(template_of("bpo"), settings, tmp_path) as life:
        life.shell(BPO_STORY)
        count = life.db.value("SELECT count(*) FROM crm_lead")
        life.shell(UNINSTALL.format(addon="bpo_crm"))
        assert life.db.value("SELECT count(*) FROM crm_lead") == count
        assert life.db.value("SELECT won_status FROM crm_lead WHERE name = 'A'") == "won"
        stage = "SELECT s.name->>'en_US' FROM crm_lead l JOIN crm_stage s ON s.id = stage_id"
        assert life.db.value(f"{stage} WHERE l.name = 'B'") == "Endorsed"
        assert not life.db.query(
            "SELECT name FROM ir_model_data WHERE module = 'bpo_crm'"
            " UNION ALL SELECT table_name FROM information_schema.columns"
            " WHERE table_name LIKE 'bpo_%%' OR table_name = 'crm_lead' AND column_name LIKE 'dealer_%%'"
        )
        life.run("-i", "bpo_crm")
