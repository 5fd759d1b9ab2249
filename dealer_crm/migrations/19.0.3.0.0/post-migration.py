from odoo.tools import SQL

COLUMNS = ("user_id", "company_id", "open_stage_id", "contact_name")


def migrate(cr, version):
    """Drop the indexes that the lead no longer has: Odoo keeps the index of a changed field."""
    for column in COLUMNS:
        cr.execute(
            SQL("DROP INDEX IF EXISTS %s", SQL.identifier(f"dealer_crm_lead__{column}_index"))
        )
