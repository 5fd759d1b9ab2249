from odoo.tools import SQL


def migrate(cr, version):
    """Fill the new field ``bpo_sender`` of outcomes: which BPO endorsed the lead.

    It stays empty if the lead was deleted; the dispatcher sends such rows to any BPO.
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
