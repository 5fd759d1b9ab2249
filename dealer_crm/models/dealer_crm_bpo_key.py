from odoo import fields, models


class DealerCrmBpoKey(models.Model):
    """The API key of a connection, in a separate table.

    When PostgreSQL refuses a row, the log and the error message show the whole row. In the table of
    the connections, an invalid value in another field would reveal the key.
    """

    _name = "dealer.crm.bpo.key"
    _description = "Key of a BPO CRM Connection"
    _inherit = ["dealer.crm.guarded.mixin"]
    _program_only = True
    _log_access = False

    connection_id = fields.Many2one(
        "dealer.crm.bpo.connection", required=True, readonly=True, ondelete="cascade"
    )
    secret = fields.Char(readonly=True, groups=fields.NO_ACCESS)

    _connection_uniq = models.Constraint("UNIQUE(connection_id)", "A connection has one key.")

    def _get_secrets(self, connections):
        """Dict of connection id to key; connections without a key are left out."""
        keys = self.sudo().search([("connection_id", "in", connections.ids)])
        return {key.connection_id.id: key.secret for key in keys if key.secret}

    def _delete_secrets(self, connections):
        self.sudo().search([("connection_id", "in", connections.ids)]).unlink()

    def _set_secret(self, connection, secret):
        self.env.cr.execute(
            """
            INSERT INTO dealer_crm_bpo_key (connection_id, secret) VALUES (%s, %s)
                ON CONFLICT (connection_id) DO UPDATE SET secret = EXCLUDED.secret
            """,
            [connection.id, secret],
            # Odoo would log a failing statement with its values.
            log_exceptions=False,
        )
        self.invalidate_model(["secret"], flush=False)
