from odoo import fields, models


class DealerCrmBpoKey(models.Model):
    """The key of a connection, in a table of its own.

    PostgreSQL shows the whole row when it refuses one, in the log and in the error: a wrong number
    beside the key would tell it to whoever typed the number.
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
        """Dict of the key by connection id, of those that have one."""
        keys = self.sudo().search([("connection_id", "in", connections.ids)])
        return {key.connection_id.id: key.secret for key in keys if key.secret}

    def _forget_secrets(self, connections):
        self.sudo().search([("connection_id", "in", connections.ids)]).unlink()

    def _set_secret(self, connection, secret):
        self.env.cr.execute(
            """
            INSERT INTO dealer_crm_bpo_key (connection_id, secret) VALUES (%s, %s)
                ON CONFLICT (connection_id) DO UPDATE SET secret = EXCLUDED.secret
            """,
            [connection.id, secret],
            # Odoo logs a statement that fails with its values.
            log_exceptions=False,
        )
        self.invalidate_model(["secret"], flush=False)
