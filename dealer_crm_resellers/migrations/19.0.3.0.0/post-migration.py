"""Commissions with lines become deals with entries; the sums stay the same. Assigning writes less.

The columns and the tables of the version before are still there.
"""

from psycopg2.extras import Json

from odoo import SUPERUSER_ID, api
from odoo.tools import sql

# An approved commission on a live bill is billed. A cancelled one is kept as refused; nothing was due
# (`due`), so it is proposed again once something is. The last entry takes what is left of the amount
# in the company's currency.
ENTRIES = """
WITH line AS (
    SELECT c.id AS commission_id, c.date, c.amount_company AS whole, c.bill_line_id,
           COALESCE(l.amount, c.amount) AS amount, COALESCE(l.base, c.base) AS base,
           l.order_line_id, l.rule_id, l.id,
           ROUND(COALESCE(l.amount * c.amount_company / NULLIF(c.amount, 0), 0), m.decimal_places)
               AS share,
           CASE c.state WHEN 'cancelled' THEN 'refused'
                WHEN 'approved' THEN CASE
                    WHEN b.state != 'cancel' AND b.payment_state != 'reversed' THEN 'billed'
                    ELSE 'approved' END
                ELSE c.state END AS state
      FROM dealer_crm_commission c
      JOIN res_company o ON o.id = c.company_id
      JOIN res_currency m ON m.id = o.currency_id
      LEFT JOIN dealer_crm_commission_line l ON l.commission_id = c.id
      LEFT JOIN account_move_line i ON i.id = c.bill_line_id
      LEFT JOIN account_move b ON b.id = i.move_id
     WHERE COALESCE(l.amount, c.amount) != 0
       AND NOT EXISTS (SELECT FROM dealer_crm_commission_entry e WHERE e.commission_id = c.id))
INSERT INTO dealer_crm_commission_entry (commission_id, date, date_rate, amount, amount_company,
       base, due, reason, source, order_line_id, rule_id, state, bill_line_id, create_uid,
       create_date, write_uid, write_date)
SELECT commission_id, date, date, amount,
       CASE WHEN row_number() OVER each = 1
            THEN whole - SUM(share) OVER (PARTITION BY commission_id) + share ELSE share END,
       base, CASE state WHEN 'refused' THEN 0 ELSE amount END, 'won',
       COALESCE(order_line_id, 0) || '/', order_line_id, rule_id, state,
       CASE WHEN state IN ('billed', 'paid') THEN bill_line_id END,
       %(user)s, now() AT TIME ZONE 'UTC', %(user)s, now() AT TIME ZONE 'UTC'
  FROM line WINDOW each AS (PARTITION BY commission_id ORDER BY id DESC) ORDER BY id
"""
BILL_LINES = """
INSERT INTO dealer_crm_commission_entry_bill_line_rel (entry_id, line_id)
SELECT e.id, l.line_id
  FROM dealer_crm_commission_entry e
  JOIN (SELECT id AS commission_id, bill_line_id AS line_id FROM dealer_crm_commission
         WHERE bill_line_id IS NOT NULL
         UNION SELECT commission_id, line_id FROM dealer_crm_commission_former_bill_line_rel) l
    ON l.commission_id = e.commission_id
    ON CONFLICT DO NOTHING
"""
RATES = """
SELECT commission_id, rule_id, MAX(percentage) FROM dealer_crm_commission_line
 WHERE rule_id IS NOT NULL GROUP BY commission_id, rule_id
"""


def migrate(cr, version):
    drop_unneeded(cr)
    if not sql.table_exists(cr, "dealer_crm_commission_line"):
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    cr.execute(
        "UPDATE dealer_crm_commission_plan SET commission_product_id = %s"
        " WHERE commission_product_id IS NULL",
        [env.ref("dealer_crm_resellers.product_commission").id],
    )
    env.invalidate_all()
    freeze_terms(env)
    cr.execute(ENTRIES, {"user": SUPERUSER_ID})
    cr.execute(BILL_LINES)
    # Odoo drops no tables, and no columns of fields that are computed now.
    cr.execute(
        """
        DROP TABLE dealer_crm_commission_line, dealer_crm_commission_former_bill_line_rel;
        ALTER TABLE dealer_crm_commission
              DROP COLUMN amount, DROP COLUMN amount_company, DROP COLUMN base, DROP COLUMN state,
              DROP COLUMN bill_line_id
        """
    )


def drop_unneeded(cr):
    """Drop an index that begins another one, and the log's keys: Odoo keeps those of a field."""
    cr.execute("DROP INDEX IF EXISTS dealer_crm_lead__partner_assigned_id_index")
    cr.execute(
        """
        ALTER TABLE dealer_crm_assignment
              DROP CONSTRAINT IF EXISTS dealer_crm_assignment_company_id_fkey,
              DROP CONSTRAINT IF EXISTS dealer_crm_assignment_user_id_fkey;
        DELETE FROM ir_model_constraint
         WHERE name IN ('dealer_crm_assignment_company_id_fkey', 'dealer_crm_assignment_user_id_fkey')
        """
    )


def freeze_terms(env):
    """Give each deal the rules of its plan, with the rates that its lines were computed with."""
    env.cr.execute(RATES)
    rates = {}
    for commission_id, rule_id, percentage in env.cr.fetchall():
        rates.setdefault(commission_id, {})[rule_id] = str(percentage)
    plans = (
        env["dealer.crm.commission.plan"].with_context(active_test=False).search([("id", "!=", 0)])
    )
    terms = {plan.id: plan._get_terms() for plan in plans}
    env.cr.execute(
        "SELECT id, plan_id FROM dealer_crm_commission WHERE terms IS NULL AND plan_id IS NOT NULL"
    )
    for commission_id, plan_id in env.cr.fetchall():
        known = rates.get(commission_id, {})
        rules = [
            {**rule, "percentage": known.get(rule["id"], rule["percentage"])}
            for rule in terms[plan_id]["rules"]
        ]
        env.cr.execute(
            "UPDATE dealer_crm_commission SET terms = %s, is_stale = FALSE WHERE id = %s",
            [Json({**terms[plan_id], "basis": "won", "rules": rules}), commission_id],
        )
    env.invalidate_all()
