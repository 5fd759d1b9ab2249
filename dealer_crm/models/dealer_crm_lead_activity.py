from odoo import models
from odoo.tools import SQL


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """My Activities is a to-do list: let it be sorted by the reader's next deadline."""
        if field_name != "my_activity_date_deadline":
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        return SQL(
            """(SELECT MIN(a.date_deadline) FROM mail_activity a
                 WHERE a.res_model = %s AND a.res_id = %s AND a.user_id = %s AND a.active)
               %s %s""",
            self._name,
            SQL.identifier(alias, "id"),
            self.env.uid,
            direction,
            nulls,
        )
