from odoo import fields, models


class BpoDealerKey(models.Model):
    """The API key for a dealer, in a separate table.

    When PostgreSQL refuses a row, the log and the error message show the whole row. In the table of
    the dealers, an invalid value in another field would reveal the key.
    """

    _name = "bpo.dealer.key"
    _description = "Key of a Dealer"
    _log_access = False

    dealer_id = fields.Many2one("bpo.dealer", required=True, readonly=True, ondelete="cascade")
    secret = fields.Char(readonly=True, groups=fields.NO_ACCESS, export_string_translation=False)

    _dealer_uniq = models.Constraint("UNIQUE(dealer_id)", "A dealer has one key.")

    def _get_secrets(self, dealers):
        """``{dealer id: key}``, without dealers that have no key."""
        keys = self.sudo().search([("dealer_id", "in", dealers.ids)])
        return {key.dealer_id.id: key.secret for key in keys if key.secret}

    def _delete_secrets(self, dealers):
        self.sudo().search([("dealer_id", "in", dealers.ids)]).unlink()

    def _set_secret(self, dealer, secret):
        self.env.cr.execute(
            """
            INSERT INTO bpo_dealer_key (dealer_id, secret) VALUES (%s, %s)
                ON CONFLICT (dealer_id) DO UPDATE SET secret = EXCLUDED.secret
            """,
            [dealer.id, secret],
            # Odoo would log a failing statement with its values.
            log_exceptions=False,
        )
        self.invalidate_model(["secret"], flush=False)
