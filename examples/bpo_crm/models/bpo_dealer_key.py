from odoo import fields, models


class BpoDealerKey(models.Model):
    """A dealer's key, in a table of its own.

    PostgreSQL shows the whole row when it refuses one, in the log and in the error: a missing name
    beside the key would tell it to whoever left the name out.
    """

    _name = "bpo.dealer.key"
    _description = "Key of a Dealer"
    _log_access = False

    dealer_id = fields.Many2one("bpo.dealer", required=True, readonly=True, ondelete="cascade")
    secret = fields.Char(readonly=True, groups=fields.NO_ACCESS, export_string_translation=False)

    _dealer_uniq = models.Constraint("UNIQUE(dealer_id)", "A dealer has one key.")

    def _get_secrets(self, dealers):
        """``{dealer id: key}`` of those that have one."""
        keys = self.sudo().search([("dealer_id", "in", dealers.ids)])
        return {key.dealer_id.id: key.secret for key in keys if key.secret}

    def _set_secret(self, dealer, secret):
        self.env.cr.execute(
            """
            INSERT INTO bpo_dealer_key (dealer_id, secret) VALUES (%s, %s)
                ON CONFLICT (dealer_id) DO UPDATE SET secret = EXCLUDED.secret
            """,
            [dealer.id, secret or None],
            # Odoo logs a statement that fails with its values.
            log_exceptions=False,
        )
        self.invalidate_model(["secret"], flush=False)
