from odoo.tools import SQL


def migrate(cr, version):
    """Outcomes know which BPO endorsed their lead: before, only its number there was kept.

    Rows whose lead was deleted stay without, which the dispatcher takes for any BPO.
    """
    cr.execute(
        SQL(
            """
            UPDATE dealer_crm_callback callback
               SET bpo_sender = COALESCE(
                       lead.bpo_instance, NULLIF(lead.bpo_source_url, ''), lead.create_uid::text
                   )
              FROM dealer_crm_lead lead
             WHERE lead.id = callback.lead_id AND callback.bpo_sender IS NULL
            """
        )
    )
