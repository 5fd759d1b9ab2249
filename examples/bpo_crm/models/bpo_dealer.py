import logging
import os
import re
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import config, ormcache
from odoo.tools.translate import LazyTranslate

from ..wire import transport

MANAGER = "sales_team.group_sale_manager"
ACTIVITY = "bpo_crm.mail_activity_type_dealer_key"
WARN_DAYS = 7
ADDRESS_FIELDS = ("url", "database", "login")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

# pylint: disable=prefer-env-translation  # the sentences stand outside of a method
# What is wrong and what to do, by the kind of a ``DealerError``.
SENTENCES = {
    "url": _lt(
        "The address %(url)s of dealer %(dealer)s may not be called: use https://, or ask your "
        "administrator to list it."
    ),
    "unreachable": _lt(
        "Dealer %(dealer)s cannot be reached at %(url)s: check the address, or retry later."
    ),
    "timeout": _lt(
        "Dealer %(dealer)s at %(url)s did not answer in time: retry later; a lead is never received"
        " twice."
    ),
    "tls": _lt(
        "The certificate of dealer %(dealer)s at %(url)s is not trusted: ask the dealer to renew "
        "it."
    ),
    "redirect": _lt(
        "Dealer %(dealer)s redirects from %(url)s to another address: enter the final address."
    ),
    "page": _lt(
        "%(url)s answers with a page (status %(detail)s) instead of Odoo's RPC: check the address "
        "of dealer %(dealer)s."
    ),
    "database": _lt(
        "Dealer %(dealer)s cannot open its database %(database)s: check the name, or retry later."
    ),
    "login": _lt(
        "Dealer %(dealer)s refuses the login %(login)s: check the login and enter the API key "
        "again. The key may have ended: ask the dealer how long it lasts."
    ),
    "access": _lt(
        "The user %(login)s may not endorse leads to dealer %(dealer)s: ask the dealer to give this"
        " user the group Dealer Intake."
    ),
    "missing": _lt(
        "Dealer %(dealer)s has no Dealer CRM in its database %(database)s: check the database, or "
        "ask the dealer to install it."
    ),
    "refused": _lt("Dealer %(dealer)s refuses: %(detail)s"),
    "failed": _lt("Dealer %(dealer)s failed with an internal error, retry later: %(detail)s"),
    "answer": _lt(
        "Dealer %(dealer)s gives an answer that cannot be read: ask the dealer which version of "
        "Dealer CRM it runs."
    ),
}


class BpoDealer(models.Model):
    _name = "bpo.dealer"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Dealer"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    url = fields.Char(
        "Address",
        required=True,
        groups=MANAGER,
        help="Where the dealer's Odoo answers, e.g. https://crm.dealer.example",
    )
    database = fields.Char(required=True, groups=MANAGER, help="Name of the dealer's database")
    login = fields.Char(
        required=True, groups=MANAGER, help="The dealer's service user that receives our leads"
    )
    api_key = fields.Char(
        "API Key",
        compute="_compute_api_key",
        inverse="_inverse_api_key",
        copy=False,
        groups=MANAGER,
        help="Enter a key to replace the saved one. It cannot be read back, and it is deleted "
        "when the address, the database or the login changes.",
    )
    has_api_key = fields.Boolean("Key Saved", compute="_compute_has_api_key", groups=MANAGER)
    user_id = fields.Many2one(
        "res.users",
        "Callback User",
        required=True,
        ondelete="restrict",
        check_company=True,
        groups=MANAGER,
        help="Our user with which this dealer reports outcomes. Give each dealer its own: a user "
        "may close the leads of every dealer it stands for, and no others.",
    )
    with_quotation = fields.Boolean(
        groups=MANAGER, help="Ask the dealer to prepare a draft quotation with each lead."
    )

    def _compute_api_key(self):
        self.api_key = False

    def _inverse_api_key(self):
        for dealer in self:
            if key := (dealer.api_key or "").strip():
                self.env["bpo.dealer.key"]._set_secret(dealer, key)
        # Otherwise the response to this write would contain the key.
        self.invalidate_recordset(["api_key"])

    @api.depends("api_key", *ADDRESS_FIELDS)
    def _compute_has_api_key(self):
        secrets = self.env["bpo.dealer.key"]._get_secrets(self)
        for dealer in self:
            dealer.has_api_key = dealer.id in secrets

    @api.constrains("url")
    def _check_url(self):
        for dealer in self:
            try:
                transport.check_url(dealer.url, self._allowed_addresses())
            except transport.DealerError as error:
                raise ValidationError(dealer._explain(error)) from None

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create([self._clean_vals(vals) for vals in vals_list])

    def write(self, vals):
        if "user_id" in vals:
            self.env.registry.clear_cache()
        vals = self._clean_vals(vals)
        changed = {name: vals[name] for name in ADDRESS_FIELDS if name in vals}
        moved = self.filtered(
            lambda dealer: any(dealer[name] != value for name, value in changed.items())
        )
        if moved and not vals.get("api_key"):
            # Never send the key to a server that it was not entered for.
            self.env["bpo.dealer.key"]._delete_secrets(moved)
        return super().write(vals)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Refuse: the mail gateway creates records with ``sudo``, for anybody."""
        raise AccessError(
            self.env._("Dealers are never created from an e-mail: remove the e-mail alias.")
        )

    def message_update(self, msg_dict, update_vals=None):
        """Refuse to add an e-mail to a dealer, whoever sent it."""
        raise AccessError(self.env._("Dealers do not accept e-mails: write to a person instead."))

    def _clean_vals(self, vals):
        vals = dict(vals)
        for name in ("name", *ADDRESS_FIELDS, "api_key"):
            value = vals.get(name)
            if value is None or value is False:
                continue
            if not isinstance(value, str) or CONTROL.search(value.strip()):
                raise ValidationError(
                    self.env._(
                        '"%(field)s" of a dealer must be one line of text without control '
                        "characters: enter it again.",
                        field=self._fields[name]._description_string(self.env),
                    )
                )
            vals[name] = value.strip()
        if vals.get("url"):
            vals["url"] = vals["url"].rstrip("/")
        return vals

    @ormcache("uid")
    def _is_callback_user(self, uid):
        """Whether a dealer reports outcomes as this user.

        Cached: a query would take the transaction's snapshot before ``_lock_inbox`` waits, and the
        outcomes of other transactions would then be invisible.
        """
        dealers = self.sudo().with_context(active_test=False)
        return bool(dealers.search_count([("user_id", "=", uid)], limit=1))

    def action_test_connection(self):
        """Test address, database, login, key and access rights.

        An empty lead is sent, which the dealer must refuse. That tests more than a login, and
        creates nothing.

        :raise UserError: saying what is wrong
        """
        self.ensure_one()
        self.check_access("write")
        try:
            with self._connect() as client:
                client.call("dealer.crm.lead", "receive_endorsed_lead", {})
            raise transport.DealerError("answer")
        except transport.DealerError as error:
            if error.kind != "refused":
                raise UserError(self._explain(error)) from None
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(dealer)s answers and accepts leads from us.", dealer=self.name
                ),
            },
        }

    def _cron_watch_keys(self):
        """Ask each dealer when our key ends there; warn a week before."""
        for dealer in self.sudo().search([("active", "=", True)]):
            if dealer.has_api_key:
                dealer._watch_key()
            self.env["ir.cron"]._commit_progress(1)

    def _watch_key(self):
        self.ensure_one()
        try:
            with self._connect() as client:
                ends = client.key_expires_at()
        except transport.DealerError as error:
            # The dealer cannot be reached now, or has a version without this method.
            _logger.info("Dealer %s does not tell when our key ends: %s", self.id, error)
            return
        if not ends or ends > fields.Datetime.now() + timedelta(days=WARN_DAYS):
            self.activity_unlink([ACTIVITY])
        elif not self.activity_search([ACTIVITY]):
            user = self._get_responsible()
            self = self.with_context(lang=user.lang)
            sentence = self.env._(
                "Our key at %(dealer)s, for login %(login)s, ends on %(date)s (UTC): ask the dealer"
                " for a new one and enter it here.",
                dealer=self.name,
                login=self.login,
                date=ends.strftime("%Y-%m-%d %H:%M"),
            )
            self.activity_schedule(
                ACTIVITY,
                summary=self.env._("An API key ends soon"),
                note=Markup("<p>%s</p>") % sentence,
                user_id=user.id,
            )

    def _get_responsible(self):
        """The dealer's creator, if still a sales manager, else a sales manager of its company."""
        users = self.env.ref(MANAGER).all_user_ids.filtered(
            lambda user: user.active
            and (not self.company_id or self.company_id in user.company_ids)
        )
        return self.create_uid & users or users[:1]

    def _connect(self):
        """A client for this dealer, as a context manager.

        :raises DealerError: if the address may not be called
        :raises UserError: if there is no key
        """
        dealer = self.sudo()
        key = self.env["bpo.dealer.key"]._get_secrets(dealer).get(dealer.id)
        if not key:
            raise UserError(
                self.env._(
                    "Dealer %(dealer)s has no API key: ask a manager to enter it in "
                    "CRM > Configuration > Dealers.",
                    dealer=dealer.name,
                )
            )
        return transport.DealerClient(
            dealer.url,
            dealer.database,
            dealer.login,
            key,
            allowed=self._allowed_addresses(),
        )

    def _allowed_addresses(self):
        """List of the addresses that the operator allows, in the environment or in odoo.conf."""
        listed = os.environ.get("BPO_CRM_DEALER_HOSTS") or config.get("bpo_crm_dealer_hosts") or ""
        return [address for address in listed.split(",") if address.strip()]

    def _explain(self, error):
        """A sentence about a ``DealerError``: what is wrong, and what to do."""
        dealer = self.sudo()
        sentence = self.env._(SENTENCES[error.kind])
        return sentence % {
            "dealer": dealer.name,
            "url": dealer.url,
            "database": dealer.database,
            "login": dealer.login,
            "detail": error.detail,
        }
