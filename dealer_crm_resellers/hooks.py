from odoo.tools import sql

from odoo.addons.dealer_crm.hooks import clear_out


def pre_init_hook(env):
    """Create and fill stored computed columns in SQL; Odoo would compute them record by record.

    No partner has a level yet, so only the leads' revenue and place have values to fill.
    """
    columns = {
        "dealer_crm_lead": {
            "date_localization": "date",
            "partner_latitude": "numeric",
            "partner_longitude": "numeric",
            "won_revenue": "numeric",
        },
        "res_partner": {
            "dealer_level_weight": "int4",
            "dealer_place_state": "varchar",
            "dealer_review_reminded": "bool",
        },
    }
    for table, names in columns.items():
        for name, kind in names.items():
            if not sql.column_exists(env.cr, table, name):
                sql.create_column(env.cr, table, name, kind)
    env.cr.execute(
        """
        UPDATE dealer_crm_lead l SET won_revenue = o.total
          FROM (SELECT s.dealer_crm_lead_id AS lead_id,
                       SUM(ROUND(s.amount_untaxed / COALESCE(NULLIF(s.currency_rate, 0), 1),
                                 m.decimal_places)) AS total
                  FROM sale_order s
                  JOIN res_company c ON c.id = s.company_id
                  JOIN res_currency m ON m.id = c.currency_id
                 WHERE s.state IN ('sale', 'done') GROUP BY s.dealer_crm_lead_id) o
         WHERE l.id = o.lead_id AND l.won_status = 'won'
        """
    )
    env.cr.execute(
        """
        UPDATE dealer_crm_lead l
           SET partner_latitude = p.partner_latitude, partner_longitude = p.partner_longitude,
               date_localization = (now() AT TIME ZONE 'UTC')::date
          FROM res_partner p
         WHERE p.id = l.partner_id
           AND (COALESCE(p.partner_latitude, 0) != 0 OR COALESCE(p.partner_longitude, 0) != 0)
           AND (p.state_id, p.country_id) IS NOT DISTINCT FROM (l.state_id, l.country_id)
           AND (COALESCE(p.street, ''), COALESCE(p.street2, ''), COALESCE(p.city, ''),
                COALESCE(p.zip, '')) = (COALESCE(l.street, ''), COALESCE(l.street2, ''),
                COALESCE(l.city, ''), COALESCE(l.zip, ''))
        """
    )


def uninstall_hook(env):
    clear_out(env, "dealer_crm_resellers")
