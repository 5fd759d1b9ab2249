import logging
import os
import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import config

from ..bpo.client import Client
from ..bpo.http import Endpoint, check_url
from ..text import text_to_html

_logger = logging.getLogger(__name__)

# What an API key belongs to: it is deleted when one of these changes.
ADDRESS_FIELDS = ("url", "database", "login")
# The code of a hold by a person.
MANUAL_CODE = "manual"
# Warn this many days before a key ends.
WARN_DAYS = 7
ACTIVITY = "dealer_crm.mail_activity_type_bpo_key"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class DealerCrmBpoConnection(models.Model):
    _name = "dealer.crm.bpo.connection"
    _description = "BPO CRM Connection"
    _inherit = ["dealer.crm.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "company_id, id"

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    active = fields.Boolean(default=True, tracking=True)
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        required=True,
        default=lambda self: self.env.user,
        tracking=True,
        help="Gets the activity when the connection needs a person.",
    )
    url = fields.Char("Address", required=True, tracking=True)
    database = fields.Char(required=True, tracking=True)
    login = fields.Char(required=True, tracking=True)
    api_key = fields.Char(
        "API Key",
        compute="_compute_api_key",
        inverse="_inverse_api_key",
        copy=False,
        help="The key cannot be read back. It is deleted when the address, the database or the"
        " login changes. DEALER_CRM_BPO_API_KEY in the server's environment is used instead of it,"
        " if dealer_crm_bpo_hosts lists the addresses that may be called.",
    )
    api_key_state = fields.Selection(
        [
            ("missing", "Missing"),
            ("stored", "Stored here"),
            ("environment", "In the environment"),
            ("unlisted", "In the environment, not used: no dealer_crm_bpo_hosts"),
        ],
        string="API Key Status",
        compute="_compute_api_key_state",
    )
    api_key_expires_at = fields.Datetime(
        "API Key Ends",
        readonly=True,
        copy=False,
        help="As reported by the BPO. Empty if the key never ends or the BPO does not report it.",
    )
    protocol = fields.Selection(
        [("jsonrpc", "JSON-RPC"), ("json2", "JSON-2 (Odoo 19 and later)")],
        default="jsonrpc",
        required=True,
        tracking=True,
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        help="Language of the lost reasons that are sent to the BPO; the company's if empty.",
    )
    in_flight = fields.Integer(
        "Requests at Once", default=2, help="Never more than one at a time for the same lead."
    )
    capabilities = fields.Json(readonly=True, copy=False, default=lambda self: {})
    was_asked = fields.Boolean(
        readonly=True,
        copy=False,
        help="The receiver at this address has told its capabilities and its database. Nothing is"
        " sent before that.",
    )
    state = fields.Selection(
        [("ready", "Ready"), ("held", "Held")],
        "Ready or Held",
        default="ready",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    status = fields.Selection(
        [("new", "Not set up"), ("ready", "Ready"), ("held", "Held")],
        compute="_compute_status",
        help="Not set up until the receiver at this address has been asked, and has answered.",
    )
    hold_code = fields.Char(readonly=True, copy=False)
    state_reason = fields.Char(readonly=True, copy=False, tracking=True)
    next_probe_at = fields.Datetime(readonly=True, copy=False)
    unreadable_count = fields.Integer(readonly=True, copy=False)
    unreadable_code = fields.Char(
        readonly=True,
        copy=False,
        help="The code of the unreadable answers of the last hold; cleared by the next delivery.",
    )
    needs_person = fields.Boolean(
        readonly=True, copy=False, help="Held until a person tests it; it is not probed."
    )
    last_success_at = fields.Datetime(readonly=True, copy=False)
    bound_to = fields.Char(groups=fields.NO_ACCESS, readonly=True, copy=False)
    waiting_count = fields.Integer("Waiting", compute="_compute_queue")
    parked_count = fields.Integer("Need an Admin", compute="_compute_queue")
    oldest_due_age = fields.Float(
        "Oldest Due For", compute="_compute_queue", help="Hours and minutes."
    )

    _company_uniq = models.UniqueIndex(
        "(company_id) WHERE active",
        "This company has a BPO connection already: edit or archive that one.",
    )
    _in_flight_range = models.Constraint(
        "CHECK (in_flight BETWEEN 1 AND 16)", "Requests at once must be between 1 and 16."
    )

    def _compute_api_key(self):
        self.api_key = False

    def _inverse_api_key(self):
        for connection in self:
            if key := (connection.api_key or "").strip():
                self.env["dealer.crm.bpo.key"]._set_secret(connection, key)
        self.invalidate_recordset(["api_key"], flush=False)

    @api.depends("api_key")
    def _compute_api_key_state(self):
        secrets = self.env["dealer.crm.bpo.key"]._get_secrets(self)
        for connection in self:
            if self._get_environment_key():
                connection.api_key_state = "environment"
            elif connection.id in secrets:
                connection.api_key_state = "stored"
            elif os.environ.get("DEALER_CRM_BPO_API_KEY"):
                connection.api_key_state = "unlisted"
            else:
                connection.api_key_state = "missing"

    @api.depends("state", "was_asked")
    def _compute_status(self):
        for connection in self:
            asked = connection.was_asked or connection.state == "held"
            connection.status = connection.state if asked else "new"

    @api.depends("company_id")
    def _compute_queue(self):
        """Count the company's rows: they may be older than the connection."""
        queues = {
            (company, state): (count, due)
            for company, state, count, due in self.env["dealer.crm.callback"]._read_group(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("state", "in", ("pending", "parked")),
                ],
                ["company_id", "state"],
                ["__count", "next_attempt_at:min"],
            )
        }
        now = fields.Datetime.now()
        for connection in self:
            waiting, due = queues.get((connection.company_id, "pending"), (0, False))
            connection.waiting_count = waiting
            connection.parked_count = queues.get((connection.company_id, "parked"), (0, False))[0]
            connection.oldest_due_age = max((now - due).total_seconds() / 3600, 0) if due else 0

    @api.constrains("url")
    def _check_url(self):
        for connection in self:
            if refusal := check_url(connection.url, self._get_allowed_hosts()):
                raise ValidationError(
                    self.env._(
                        'Connection "%(name)s": %(reason)s',
                        name=connection.name,
                        reason=connection._describe(refusal),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._clean(vals)
        connections = super().create(vals_list)
        # Bind now, not at the first delivery: a copy of the database could be the first to send.
        connections.sudo()._write_unchecked({"bound_to": self._get_instance()})
        return connections

    def write(self, vals):
        self._clean(vals)
        changed = {name: vals[name] for name in ADDRESS_FIELDS if name in vals}
        moved = self.filtered(
            lambda connection: any(connection[name] != value for name, value in changed.items())
        )
        done = super().write(vals)
        if moved:
            # Another receiver may understand other things, and be of another BPO.
            moved.sudo()._write_unchecked(
                {"capabilities": {}, "was_asked": False, "unreadable_code": False}
            )
        if moved and not vals.get("api_key"):
            # Never send the key to a server that it was not entered for.
            self.env["dealer.crm.bpo.key"]._delete_secrets(moved)
            moved.invalidate_recordset(["api_key", "api_key_state"], flush=False)
        if moved or vals.get("api_key"):
            self.sudo()._write_unchecked({"api_key_expires_at": False})
        return done

    def copy_data(self, default=None):
        return super().copy_data({"active": False, **(default or {})})

    def action_test_connection(self):
        """Check whether outcomes can be delivered, without changing anything at the BPO.

        The connection is ready afterwards if it works, and held if not.

        :return: action that shows a notification with the result
        """
        self.ensure_one()
        self.check_access("write")
        if reason := self._check_instance():
            return self._notify("danger", reason)
        with self._open_client() as client:
            answer = client.test()
            capabilities = client.capabilities() if answer.accepted else {}
            if capabilities.get("key_expiry"):
                self._update_key_expiry(client)
        if not answer.accepted:
            self._hold(answer)
            return self._notify("danger", self._describe(answer))
        self._release(capabilities)
        if self.state == "held":
            message = self.env._(
                "The BPO answers. The connection stays held, as somebody holds it: press Resume to"
                " send again."
            )
            return self._notify("warning", message)
        if answer.code == "untried":
            message = self.env._(
                "The BPO answers and has a receiver. Its answer to an outcome could not be tested"
                " without sending one. The receiver announces no capabilities, so outcomes are sent"
                " one by one and reopened leads are not reported."
            )
        else:
            message = self.env._(
                "The BPO answers: outcomes will arrive. Closing a lead there could not be tested"
                " without sending an outcome."
            )
        return self._notify("success", message)

    def action_hold(self, reason=None):
        """Send nothing over this connection until somebody presses Resume.

        :param str reason: why; without it, return the wizard that asks for it
        """
        self.ensure_one()
        self.check_access("write")
        if reason is None:
            return self.env["dealer.crm.lead"]._get_action(
                "dealer_crm.dealer_crm_bpo_connection_hold_action", default_connection_id=self.id
            )
        self._check_reason(reason)
        self._hold_by_hand(reason)
        return True

    def action_resume(self):
        """End the hold of a person; then test the connection."""
        self.ensure_one()
        self.check_access("write")
        if self.hold_code == MANUAL_CODE:
            self.sudo()._write_unchecked({"hold_code": False, "needs_person": False})
        return self.action_test_connection()

    def action_rebind(self):
        """Bind the connection to this database, so that it may send to the BPO; then test it."""
        self.ensure_one()
        self.check_access("write")
        self.sudo()._write_unchecked({"bound_to": self._get_instance()})
        self._message_log(body=self.env._("Bound to this database."))
        return self.action_test_connection()

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

    def _get_for_companies(self, companies):
        """Dict of the active connection by company."""
        return {
            connection.company_id: connection
            for connection in self.sudo().search([("company_id", "in", companies.ids)])
        }

    def _get_allowed_hosts(self):
        listed = os.environ.get("DEALER_CRM_BPO_HOSTS") or config.get("dealer_crm_bpo_hosts") or ""
        return tuple(host.strip() for host in str(listed).split(",") if host.strip())

    def _get_address(self):
        """Tuple of ``ADDRESS_FIELDS`` as they are in the database now, not in the cache."""
        self.ensure_one()
        self.flush_recordset(ADDRESS_FIELDS)
        self.invalidate_recordset(ADDRESS_FIELDS, flush=False)
        return tuple(self[name] for name in ADDRESS_FIELDS)

    def _get_endpoint(self):
        self.ensure_one()
        stored = self.env["dealer.crm.bpo.key"]._get_secrets(self).get(self.id, "")
        address = {name: self[name] for name in (*ADDRESS_FIELDS, "protocol")}
        key = self._get_environment_key() or stored
        return Endpoint(**address, key=key, allowed_hosts=self._get_allowed_hosts())

    def _open_client(self):
        """Client of this connection's BPO; tests replace it."""
        return Client(self._get_endpoint())

    def _get_environment_key(self):
        """The key in the environment; None unless the operator lists where it may be sent.

        Otherwise any address that an admin enters would get it.
        """
        return os.environ.get("DEALER_CRM_BPO_API_KEY") if self._get_allowed_hosts() else None

    def _get_wire_lang(self, company, connection):
        """Language of the texts sent to the BPO: the connection's, else the company's.

        :param connection: the company's connection, or None
        """
        lang = (connection and connection.lang) or company.sudo().partner_id.lang
        return lang if lang and self.env["res.lang"]._get_data(code=lang) else None

    def _clean(self, vals):
        """Strip the texts in ``vals``; refuse those that cannot be stored or sent."""
        for name in (*ADDRESS_FIELDS, "api_key", "name"):
            value = vals.get(name)
            if value is None or value is False:
                continue
            if not isinstance(value, str) or CONTROL.search(value.strip()):
                raise ValidationError(
                    self.env._(
                        '"%(field)s" of a BPO connection must be one line of text without control'
                        " characters: enter it again.",
                        field=self._fields[name]._description_string(self.env),
                    )
                )
            vals[name] = value.strip()
        if vals.get("url"):
            vals["url"] = vals["url"].rstrip("/")

    def _notify(self, kind, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": self.name,
                "message": message,
                "sticky": kind == "danger",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
