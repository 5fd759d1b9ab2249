"""When API keys end: ours at the BPO, and the BPO's here."""

import logging
from datetime import timedelta

from odoo import api, fields, models

from ..text import text_to_html

_logger = logging.getLogger(__name__)

WARN_DAYS = 7
ACTIVITY = "dealer_crm.mail_activity_type_bpo_key"


class DealerCrmBpoConnection(models.Model):
    _inherit = "dealer.crm.bpo.connection"  # pylint: disable=consider-merging-classes-inherited

    api_key_expires_at = fields.Datetime(
        "API Key Ends",
        readonly=True,
        copy=False,
        help="As reported by the BPO. Empty if the key never ends or the BPO does not report it.",
    )

    @api.model
    def _cron_watch_keys(self):
        """Ask each BPO when our key ends; warn a week before one of the keys ends."""
        for connection in self.sudo().search([("active", "=", True)]):
            try:
                connection._for_responsible()._watch_keys()
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Checking the keys of BPO connection %s failed", connection.id)
            self.env["ir.cron"]._commit_progress(1)

    def _watch_keys(self):
        self.ensure_one()
        if self.state == "ready" and self._can("key_expiry") and not self._check_instance():
            with self._open_client() as client:
                self._update_key_expiry(client)
        note = "\n".join(self._get_ending_keys())
        if not note:
            self.activity_unlink([ACTIVITY])
        elif activity := self.activity_search([ACTIVITY]):
            activity.note = text_to_html(note)
        else:
            self._schedule_warning(self.env._("An API key ends soon"), note, ACTIVITY)

    def _update_key_expiry(self, client):
        ends, answer = client.key_expires_at()
        if answer.accepted:
            self.sudo()._write_unchecked({"api_key_expires_at": ends})

    def _get_ending_keys(self):
        """List of sentences, one for each key that ends within a week."""
        soon = self.env.cr.now() + timedelta(days=WARN_DAYS)
        sentences = []
        if self.api_key_expires_at and self.api_key_expires_at < soon:
            sentences.append(
                self.env._(
                    "Our key at the BPO, for login %(login)s, ends on %(date)s (UTC): ask the BPO"
                    " for a new one, enter it here and press Test Connection.",
                    login=self.login,
                    date=self.api_key_expires_at.strftime("%Y-%m-%d %H:%M"),
                )
            )
        for user, ends in self._get_intake_key_ends().items():
            if ends < soon:
                sentences.append(
                    self.env._(
                        "The BPO's key for our user %(login)s ends on %(date)s (UTC): make a new"
                        " one for that user and give it to the BPO.",
                        login=user.login,
                        date=ends.strftime("%Y-%m-%d %H:%M"),
                    )
                )
        return sentences

    def _get_intake_key_ends(self):
        """Dict of user of Dealer Intake to the end of the user's last key.

        Users without a key, or with one that never ends, are left out.
        """
        users = self.env.ref("dealer_crm.group_dealer_intake").sudo().user_ids
        users = users.filtered(lambda user: self.company_id in user.company_ids)
        keys = self.env["res.users.apikeys"].sudo().search([("user_id", "in", users.ids)])
        return {
            user: max(user_keys.mapped("expiration_date"))
            for user, user_keys in keys.grouped("user_id").items()
            if all(key.expiration_date for key in user_keys)
        }
