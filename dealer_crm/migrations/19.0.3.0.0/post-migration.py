from odoo.tools import SQL

COLUMNS = ("user_id", "company_id", "open_stage_id", "contact_name")


def migrate(cr, version):
    """Drop unused indexes, fill the time in stages, and switch on the numbers of the digest."""
    drop_indexes(cr)
    fill_stays(cr)
    # A record of another module that exists already is not changed by our data file.
    cr.execute(
        """
        UPDATE digest_digest
           SET kpi_dealer_crm_arrived = TRUE, kpi_dealer_crm_won = TRUE, kpi_dealer_crm_lost = TRUE
          FROM ir_model_data d
         WHERE d.module = 'digest' AND d.name = 'digest_digest_default' AND digest_digest.id = d.res_id
        """
    )


def drop_indexes(cr):
    """Drop the indexes that the lead no longer has: Odoo keeps the index of a changed field."""
    for column in COLUMNS:
        cr.execute(
            SQL("DROP INDEX IF EXISTS %s", SQL.identifier(f"dealer_crm_lead__{column}_index"))
        )
    cr.execute("DROP INDEX IF EXISTS dealer_crm_lead_response_idx")


def fill_stays(cr):
    """Fill the table of the time in stages from the tracked changes of the leads' stages.

    The salesperson and the team of that time are not known: those of the lead are taken.
    """
    cr.execute(
        """
        INSERT INTO dealer_crm_lead_stay (lead_id, company_id, team_id, user_id, origin, stage_id,
               next_stage_id, date, days, moved_on)
        SELECT moved.lead_id, l.company_id, l.team_id, l.user_id,
               CASE WHEN l.bpo_source_lead_id > 0 THEN 'bpo' ELSE 'walk_in' END,
               s.id, n.id, moved.date,
               GREATEST(EXTRACT(EPOCH FROM moved.date - COALESCE(moved.entered, l.create_date)), 0)
                   / 86400,
               CASE WHEN n.is_lost THEN 0 ELSE 100 END
          FROM (
            SELECT m.res_id AS lead_id, v.old_value_integer AS stage_id,
                   v.new_value_integer AS next_id, v.create_date AS date, v.id,
                   LAG(v.create_date) OVER (PARTITION BY m.res_id ORDER BY v.id) AS entered
              FROM mail_tracking_value v
              JOIN ir_model_fields f ON f.id = v.field_id
              JOIN mail_message m ON m.id = v.mail_message_id
             WHERE f.model = 'dealer.crm.lead' AND f.name = 'stage_id' AND m.model = f.model
          ) AS moved
          JOIN dealer_crm_lead l ON l.id = moved.lead_id
          JOIN dealer_crm_stage s ON s.id = moved.stage_id
          LEFT JOIN dealer_crm_stage n ON n.id = moved.next_id
         WHERE s.is_won IS NOT TRUE AND s.is_lost IS NOT TRUE
           AND NOT EXISTS (SELECT FROM dealer_crm_lead_stay)
         ORDER BY moved.id
        """
    )
