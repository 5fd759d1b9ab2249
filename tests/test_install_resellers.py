"""Installing and uninstalling the resellers' addons in a database where ``dealer_crm`` was used."""

import pytest

from .life import UNINSTALL, Life

DEMO = """
from odoo.modules import Manifest
from odoo.tools import convert_file
# A database with demo data has it already.
missing = not env.ref("base.module_{addon}").demo
for path in Manifest.for_addon("{addon}")["demo"]:
    if missing and any(name in path for name in {names}):
        convert_file(env, "{addon}", path, {{}}, mode="init", noupdate=True)
env.cr.commit()
"""

# In addition to the other file's story: empty stock, coordinates of one customer only, a demo lead with
# a customer, and one in another currency.
USE = """
for quant in env["stock.quant"].search([("location_id.usage", "=", "internal")]):
    quant.inventory_quantity = 0
    quant.action_apply_inventory()
Lead = env["dealer.crm.lead"]
place = {"street": "1 Main", "city": "Lyon", "country_id": env.ref("base.fr").id}
customer = env["res.partner"].create({"name": "Placed", **place})
Lead.create([{"contact_name": "At home", "partner_id": customer.id},
             {"contact_name": "Elsewhere", "partner_id": customer.id, "city": "Paris"}])
rate = env["res.currency"].with_context(active_test=False).search([("id", "!=", env.company.currency_id.id)], limit=1)
rate.active = True
env["res.currency.rate"].create({"currency_id": rate.id, "company_rate": 3, "name": "2020-01-01"})
abroad = Lead.create({"contact_name": "Abroad", "product_id": env["product.product"].search(
    [("default_code", "=", "TEST-SERVICE")]).id})
abroad.action_convert_to_quotation()
pricelist = env["product.pricelist"].create({"name": "Abroad", "currency_id": rate.id})
abroad.sale_order_ids.pricelist_id = pricelist
abroad.sale_order_ids.order_line.price_unit = 100
abroad.sale_order_ids.action_confirm()
abroad.action_mark_won()
env.cr.commit()
"""
# The cases of commissions that the demo data show.
SHOWN = """
SELECT e.reason, e.state, sign(e.amount)::int AS sign, m.move_type, m.state AS bill
  FROM dealer_crm_commission_entry e
  LEFT JOIN account_move_line l ON l.id = e.bill_line_id LEFT JOIN account_move m ON m.id = l.move_id
"""
LOCATE = """
module = env.ref("base.module_base_geolocalize")
module.button_immediate_install()
partner = env["res.partner"].search([("name", "=", "Placed")])
partner.write({"partner_latitude": 45.75, "partner_longitude": 4.85})
env.cr.commit()
"""
RECOMPUTE = """
leads = env["dealer.crm.lead"].with_context(active_test=False).search([])
stored = {lead: (lead.won_revenue, lead.partner_latitude, lead.partner_longitude) for lead in leads}
for name in ("won_revenue", "partner_latitude", "partner_longitude"):
    env.add_to_compute(leads._fields[name], leads)
for lead, values in stored.items():
    again = (lead.won_revenue, lead.partner_latitude, lead.partner_longitude)
    assert again == values, (lead.contact_name, values, again)
assert stored[leads.filtered(lambda lead: lead.contact_name == "At home")][1:] == (45.75, 4.85)
assert not any(stored[leads.filtered(lambda lead: lead.contact_name == "Elsewhere")][1:])
abroad = leads.filtered(lambda lead: lead.contact_name == "Abroad")
assert abs(stored[abroad][0] - 33.33) < 0.001, stored[abroad]
env.cr.rollback()
"""
PUBLISH = """
env["ir.config_parameter"].sudo().set_param("web.base.url", "http://localhost")
page = env["res.partner"].create({
    "name": "Isar", "is_company": True, "country_id": env.ref("base.de").id, "is_published": True,
    "dealer_level_id": env["dealer.crm.partner.level"].search([("weight", ">", 0)], limit=1).id})
assert page.website_url.startswith("/partners/"), page
# A designer's choice makes a copy of the view for this website.
contact = env.ref("dealer_crm_resellers_website.partner_contact")
contact.with_context(website_id=env["website"].search([], limit=1).id).active = True
env.cr.commit()
"""
RESELLER = """
env["res.partner"].create({"name": "Isar", "country_id": env.ref("base.de").id,
    "dealer_level_id": env["dealer.crm.partner.level"].search([("weight", ">", 0)], limit=1).id})
env.cr.commit()
"""
ASSIGN = """
lead = env["dealer.crm.lead"].create({"contact_name": "Ana", "country_id": env.ref("base.de").id})
lead.action_assign_partner()
assert lead.partner_assigned_id.country_id == env.ref("base.de"), lead.partner_assigned_id
env["dealer.crm.partnership.report"].search([], limit=1).read()
env.cr.commit()
"""


@pytest.fixture(scope="module")
def used_by_resellers(used, settings, tmp_path_factory):
    """As ``used``, with ``dealer_crm_resellers``."""
    with Life.copied(used, settings, tmp_path_factory.mktemp("resellers")) as life:
        life.run("-i", "dealer_crm_resellers")
        yield life


@pytest.fixture
def installed(used_by_resellers, settings, tmp_path):
    """A copy of ``used_by_resellers``."""
    with Life.copied(used_by_resellers, settings, tmp_path) as life:
        yield life


def left_of(db, addon):
    """Names of records, views and files left by an uninstalled addon, except those that sales use."""
    return [
        row["name"]
        for row in db.query(
            "SELECT model || ' ' || name AS name FROM ir_model_data WHERE module = %s"
            " AND model NOT IN ('res.partner', 'dealer.crm.lead')"
            " UNION ALL SELECT 'view ' || key FROM ir_ui_view WHERE key LIKE %s"
            " UNION ALL SELECT 'asset ' || path FROM ir_asset WHERE path LIKE %s"
            " UNION ALL SELECT 'asset ' || url FROM ir_attachment WHERE url LIKE %s",
            addon,
            f"{addon}.%",
            f"%{addon}/%",
            f"%/{addon}/%",
        )
    ]


def names_in(db, pattern):
    """Tables, columns and indexes whose name matches a regular expression."""
    return [
        row["name"]
        for row in db.query(
            "SELECT name FROM (SELECT table_name || '.' || column_name AS name"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'public') n"
            " WHERE name ~ %s ORDER BY name",
            pattern,
        )
    ]


def test_resellers_over_used(life):
    """Demo data does not depend on stock, leads or stages that people may have changed or deleted."""
    life.shell(USE + DEMO.format(addon="dealer_crm", names=("user", "product")) + LOCATE)
    leads = life.leads()
    life.run("-i", "dealer_crm_resellers")
    life.shell(RECOMPUTE)
    life.shell(DEMO.format(addon="dealer_crm_resellers", names=("",)))
    assert life.db.value("SELECT count(*) FROM dealer_crm_commission") == 6
    assert {tuple(row.values()) for row in life.db.query(SHOWN)} == {
        ("won", "approved", 1, None, None),
        ("won", "refused", 1, None, None),
        ("order_changed", "draft", -1, None, None),
        ("by_hand", "approved", 1, None, None),
        ("won", "paid", 1, "in_invoice", "posted"),
        ("won", "billed", 1, "in_invoice", "posted"),
        ("cancelled", "billed", -1, "in_refund", "draft"),
        ("invoiced", "approved", 1, None, None),
        ("credited", "draft", -1, None, None),
        ("paid", "draft", 1, None, None),
    }
    assert life.leads() == leads
    life.shell(ASSIGN)


# Deals in each state; afterwards they get the columns and lines of the version before.
GRANT = """
env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)
plan = env["dealer.crm.commission.plan"].create({"name": "Old", "rule_ids": [(0, 0, {"percentage": 3.33})]})
reseller = env["res.partner"].create({"name": "Old hand", "dealer_commission_plan_id": plan.id,
    "dealer_level_id": env.ref("dealer_crm_resellers.level_gold").id})
products = env["product.product"].create(
    [{"name": price, "type": "service", "list_price": price} for price in (100, 433.33)])
for name in ("draft", "approved", "billed", "paid", "refused"):
    lead = env["dealer.crm.lead"].create({"contact_name": name, "partner_assigned_id": reseller.id})
    env["sale.order"].create({
        "partner_id": env["res.partner"].create({"name": name}).id, "dealer_crm_lead_id": lead.id,
        "order_line": [(0, 0, {"product_id": product.id}) for product in products]}).action_confirm()
    lead.action_mark_won()
    deal = lead.commission_ids
    if name != "draft":
        deal.action_refuse() if name == "refused" else deal.action_approve()
    if name in ("billed", "paid"):
        deal.action_create_bills()
    if name == "paid":
        bill = deal.entry_ids.bill_line_id.move_id
        bill.action_post()
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=bill.ids).create({})._create_payments()
env.cr.commit()
"""
BEFORE = """
CREATE TABLE dealer_crm_commission_line (id serial PRIMARY KEY, commission_id int, order_line_id int,
    rule_id int, base numeric, percentage numeric, amount numeric);
CREATE TABLE dealer_crm_commission_former_bill_line_rel (commission_id int, line_id int);
INSERT INTO dealer_crm_commission_line (commission_id, order_line_id, rule_id, base, percentage, amount)
SELECT commission_id, order_line_id, rule_id, base, 3.33, amount
  FROM dealer_crm_commission_entry ORDER BY id;
ALTER TABLE dealer_crm_commission ADD amount numeric, ADD base numeric, ADD amount_company numeric,
    ADD state varchar, ADD bill_line_id int, DROP terms, DROP is_stale, DROP is_cancelled;
UPDATE dealer_crm_commission c
   SET amount = e.amount, base = e.base, amount_company = e.amount_company,
       bill_line_id = e.bill_line_id,
       state = CASE e.state WHEN 'billed' THEN 'approved' WHEN 'refused' THEN 'cancelled'
               ELSE e.state END
  FROM (SELECT commission_id, SUM(amount) AS amount, SUM(base) AS base,
               SUM(amount_company) AS amount_company, MAX(bill_line_id) AS bill_line_id,
               MAX(state) AS state FROM dealer_crm_commission_entry GROUP BY commission_id) e
 WHERE e.commission_id = c.id;
DELETE FROM dealer_crm_commission_entry;
UPDATE ir_module_module SET latest_version = '19.0.2.0.0' WHERE name = 'dealer_crm_resellers'
"""
# An index of the lead and foreign keys of the log that the version before had.
NEEDED_BEFORE = """
CREATE INDEX dealer_crm_lead__partner_assigned_id_index ON dealer_crm_lead (partner_assigned_id);
ALTER TABLE dealer_crm_assignment ADD FOREIGN KEY (company_id) REFERENCES res_company(id),
      ADD FOREIGN KEY (user_id) REFERENCES res_users(id);
INSERT INTO ir_model_constraint (name, model, module, type)
SELECT 'dealer_crm_assignment_user_id_fkey', f.model_id, d.id, 'f'
  FROM ir_model_fields f, ir_module_module d
 WHERE f.model = 'dealer.crm.assignment' AND f.name = 'user_id' AND d.name = 'dealer_crm_resellers'
"""
MADE = """
SELECT 'index ' || indexname AS name FROM pg_indexes WHERE tablename = 'dealer_crm_lead'
UNION ALL SELECT 'key ' || conname FROM pg_constraint
           WHERE conrelid = 'dealer_crm_assignment'::regclass
UNION ALL SELECT 'record ' || name FROM ir_model_constraint WHERE name LIKE 'dealer_crm_assignment%'
 ORDER BY name
"""
ENTRIES = """
SELECT l.contact_name AS lead, e.source, e.state, e.amount, e.amount_company, e.base, e.rule_id,
       e.bill_line_id IS NOT NULL AS on_bill,
       (SELECT count(*) FROM dealer_crm_commission_entry_bill_line_rel r WHERE r.entry_id = e.id) AS bills
  FROM dealer_crm_commission_entry e JOIN dealer_crm_commission c ON c.id = e.commission_id
  JOIN dealer_crm_lead l ON l.id = c.lead_id ORDER BY l.contact_name, e.source
"""
RECONCILE = """
deals = env["dealer.crm.commission"].search([])
draft = deals.filtered(lambda deal: deal.lead_id.contact_name == "draft")
refused = deals.filtered(lambda deal: deal.lead_id.contact_name == "refused")
assert not (deals - refused)._reconcile(), "something else is due than was granted"
assert deals.mapped("terms"), "the terms are missing"
draft.order_id.order_line[0].price_unit = 200
env.cr.flush()
assert draft.amount == 6.66 + 14.43, draft.amount
# What was cancelled is proposed again, as it was before when its order was confirmed again.
assert refused._reconcile().mapped("state") == ["draft", "draft"]
env.cr.rollback()
"""


def test_upgrade_of_commissions(installed):
    """Commissions with lines become deals with entries: the same sums in the right states.

    An index and foreign keys that assigning does not need are dropped.
    """
    installed.shell(GRANT)
    entries = installed.db.query(ENTRIES)
    assert {row["state"] for row in entries} == {"draft", "approved", "billed", "paid", "refused"}
    assert sum(row["on_bill"] for row in entries) == 4
    made = installed.db.query(MADE)
    installed.db.query(BEFORE)
    installed.db.query(NEEDED_BEFORE)
    assert installed.db.query(MADE) != made
    installed.run("-u", "dealer_crm_resellers")
    assert installed.db.query(ENTRIES) == entries
    assert installed.db.query(MADE) == made
    installed.shell(RECONCILE)
    assert not names_in(
        installed.db, "^dealer_crm_commission_(line|former)|^dealer_crm_commission[.]state$"
    )


# Their stock was counted.
IN_STOCK = ("product_hatchback", "product_pickup", "product_sedan", "product_suv")
SOLD = "product_warranty"
# One demo reseller became a customer and one demo product was sold.
KEEP = """
env["sale.order"].create({
    "partner_id": env.ref("dealer_crm_resellers.reseller_hudson").id,
    "order_line": [(0, 0, {"product_id": env.ref("dealer_crm.{sold}").id})]}).action_confirm()
for number in (1, 2, 3):
    env["ir.config_parameter"].set_param("dealer_crm_resellers.radius_%s" % number, str(10 * number))
env.cr.commit()
"""
PARAMETERS = "SELECT key FROM ir_config_parameter WHERE key LIKE 'dealer_crm%%'"


def test_demo_goes_where_nobody_uses_it(installed):
    """Demo partners, users and products are deleted with their addon, except those that a sale uses."""
    installed.shell(
        DEMO.format(addon="dealer_crm", names=("user", "product"))
        + DEMO.format(addon="dealer_crm_resellers", names=("plan", "partner"))
        + KEEP.replace("{sold}", SOLD)
    )
    assert len(installed.db.query(PARAMETERS)) >= 3
    for addon, kept in (
        ("dealer_crm_resellers", {"res_partner": ["reseller_hudson"]}),
        ("dealer_crm", {"res_partner": [], "res_users": [], "product_product": [*IN_STOCK, SOLD]}),
    ):
        made = {
            table: installed.db.query(
                "SELECT name, res_id FROM ir_model_data WHERE module = %s AND model = %s",
                addon,
                table.replace("_", "."),
            )
            for table in kept
        }
        installed.shell(UNINSTALL.format(addon=addon))
        for table, names in kept.items():
            there = {row["id"] for row in installed.db.query(f"SELECT id FROM {table}")}
            left = [row["name"] for row in made[table] if row["res_id"] in there]
            assert sorted(left) == sorted(names), table
            assert len(made[table]) > len(names), table
        assert not installed.db.query(
            "SELECT name FROM ir_model_data WHERE module = %s"
            " AND model NOT IN ('product.category', 'dealer.crm.lead')",
            addon,
        )
        assert not [
            row for row in installed.db.query(PARAMETERS) if row["key"].startswith(addon + ".")
        ]


STATE = "SELECT state FROM ir_module_module WHERE name = %s"
MENUS = "SELECT count(*) FROM website_menu WHERE url = '/partners'"


def test_beside_the_peer(life):
    """With the excluded addon, the website's addon is not installed and blocks no other installation."""
    life.run("-i", "website,website_crm_partner_assign")
    life.run("-i", "dealer_crm_resellers")
    assert life.db.value(STATE, "dealer_crm_resellers") == "installed"
    assert life.db.value(STATE, "website_crm_partner_assign") == "installed"
    assert life.db.value(STATE, "dealer_crm_resellers_website") == "uninstalled"
    life.shell(RESELLER + ASSIGN)
    # Without the excluded addon it can be installed.
    life.shell(UNINSTALL.format(addon="website_crm_partner_assign"))
    life.run("-i", "dealer_crm_resellers_website")
    life.shell(PUBLISH)


def test_website_comes_later(installed):
    """It is installed with Website; after an uninstallation it does not come back by itself."""
    installed.run("-i", "website")
    assert installed.db.value(STATE, "dealer_crm_resellers_website") == "installed"
    installed.shell(UNINSTALL.format(addon="dealer_crm_resellers_website"))
    installed.run("-u", "website,dealer_crm_resellers")
    assert installed.db.value(STATE, "dealer_crm_resellers_website") == "uninstalled"


def test_website_comes_and_goes(life):
    """It installs itself with Website; the rest works without it."""
    before = life.db.value("SELECT count(*) FROM dealer_crm_lead")
    life.run("-i", "dealer_crm_resellers,website")
    state = STATE
    assert life.db.value(state, "dealer_crm_resellers_website") == "installed"
    # One in the default menu, which new websites copy, and one in the existing website's menu.
    assert life.db.value(MENUS) == 2
    life.shell(PUBLISH)
    own = "partner_reference_rel|partner_level.*published|dealer_published"
    assert names_in(life.db, own)

    life.shell(UNINSTALL.format(addon="dealer_crm_resellers_website"))
    assert life.db.value(state, "dealer_crm_resellers_website") == "uninstalled"
    assert left_of(life.db, "dealer_crm_resellers_website") == names_in(life.db, own) == []
    assert life.db.value(MENUS) == 0
    life.shell(ASSIGN)

    life.run("-i", "dealer_crm_resellers_website")
    life.shell(PUBLISH)

    life.shell(UNINSTALL.format(addon="dealer_crm_resellers"))
    for addon in ("dealer_crm_resellers", "dealer_crm_resellers_website"):
        assert life.db.value(state, addon) == "uninstalled"
        assert left_of(life.db, addon) == []
    assert (
        names_in(life.db, "partner_assigned|dealer_level|dealer_crm_(partner|comm|assignment)")
        == []
    )
    assert life.db.value(state, "dealer_crm") == "installed"
    assert life.db.value("SELECT count(*) FROM dealer_crm_lead") >= before
