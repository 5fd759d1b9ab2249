import os

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import config

from ..bpo.caller import Endpoint, check_url
from ..bpo.transport import open_transport


class DealerCrmBpoConnection(models.Model):
    _name = "dealer.crm.bpo.connection"
    _description = "BPO CRM Connection"
    _inherit = ["dealer.crm.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "company_id, id"
    _program_fields = frozenset(
        {
            "capabilities",
            "state",
            "hold_code",
            "state_reason",
            "next_probe_at",
            "unreadable_count",
            "last_success_at",
            "bound_to",
        }
    )

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
        help="Can be written, never read; forgotten when the address changes."
        " DEALER_CRM_BPO_API_KEY of the environment goes first.",
    )
    api_key_stored = fields.Char(
        compute="_compute_api_key_stored", groups=fields.NO_ACCESS, copy=False
    )
    api_key_state = fields.Selection(
        [("missing", "Missing"), ("stored", "Stored here"), ("environment", "In the environment")],
        compute="_compute_api_key_state",
    )
    protocol = fields.Selection(
        [("jsonrpc", "JSON-RPC"), ("json2", "JSON-2 (Odoo 19 and later)")],
        default="jsonrpc",
        required=True,
        tracking=True,
    )
    in_flight = fields.Integer(
        "Requests at Once", default=2, help="Never more than one for one lead."
    )
    capabilities = fields.Json(readonly=True, copy=False, default=dict)
    state = fields.Selection(
        [("ready", "Ready"), ("held", "Held")],
        default="ready",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    hold_code = fields.Char(readonly=True, copy=False)
    state_reason = fields.Char(readonly=True, copy=False, tracking=True)
    next_probe_at = fields.Datetime(readonly=True, copy=False)
    unreadable_count = fields.Integer(readonly=True, copy=False)
    last_success_at = fields.Datetime(readonly=True, copy=False)
    bound_to = fields.Char(groups=fields.NO_ACCESS, copy=False)

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
        for connection in self.filtered("api_key"):
            self.env["dealer.crm.bpo.key"]._set_secret(connection, connection.api_key.strip())
        self.invalidate_recordset(["api_key", "api_key_stored"], flush=False)

    def _compute_api_key_stored(self):
        secrets = self.env["dealer.crm.bpo.key"]._get_secrets(self)
        for connection in self:
            connection.api_key_stored = secrets.get(connection.id)

    @api.depends("api_key")
    def _compute_api_key_state(self):
        for connection in self:
            if os.environ.get("DEALER_CRM_BPO_API_KEY"):
                connection.api_key_state = "environment"
            else:
                stored = connection.sudo().api_key_stored
                connection.api_key_state = "stored" if stored else "missing"

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
            self._strip_url(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._strip_url(vals)
        moved = self.filtered(lambda connection: vals.get("url", connection.url) != connection.url)
        done = super().write(vals)
        if moved and not vals.get("api_key"):
            # Whoever may type an address must not get the key of where it pointed before.
            self.env["dealer.crm.bpo.key"]._forget_secrets(moved)
            moved.invalidate_recordset(["api_key", "api_key_stored", "api_key_state"], flush=False)
        return done

    def copy_data(self, default=None):
        return super().copy_data({"active": False, **(default or {})})

    def action_test_connection(self):
        """Ask the BPO whether outcomes would arrive, changing nothing there; say what is wrong.

        A connection that works is ready afterwards, one that does not is held.
        """
        self.ensure_one()
        self.check_access("write")
        if reason := self._check_fence():
            return self._notify("danger", reason)
        with self._open_transport() as transport:
            answer = transport.test()
            capabilities = transport.capabilities() if answer.accepted else {}
        if answer.accepted:
            self._release(capabilities)
            return self._notify("success", self.env._("The BPO answers: outcomes will arrive."))
        self._hold(answer)
        return self._notify("danger", self._describe(answer))

    def action_rebind(self):
        """Let this database, and no longer the one it was copied from, talk to the BPO."""
        self.ensure_one()
        self.check_access("write")
        self.sudo()._write_past_rule({"bound_to": self._get_instance()})
        self._message_log(body=self.env._("Bound to this database."))
        return self.action_test_connection()

    @api.model
    def _get_for_companies(self, companies):
        """Dict of the active connection by company."""
        return {
            connection.company_id: connection
            for connection in self.sudo().search([("company_id", "in", companies.ids)])
        }

    @api.model
    def _get_allowed_hosts(self):
        listed = os.environ.get("DEALER_CRM_BPO_HOSTS") or config.get("dealer_crm_bpo_hosts") or ""
        return tuple(host.strip() for host in str(listed).split(",") if host.strip())

    def _get_endpoint(self):
        self.ensure_one()
        key = os.environ.get("DEALER_CRM_BPO_API_KEY") or self.sudo().api_key_stored or ""
        return Endpoint(
            url=self.url,
            database=self.database,
            login=self.login,
            key=key,
            protocol=self.protocol,
            allowed_hosts=self._get_allowed_hosts(),
        )

    def _open_transport(self):
        """Transport to this connection's BPO; tests put their own in its place."""
        return open_transport(self._get_endpoint())

    @api.model
    def _strip_url(self, vals):
        if isinstance(vals.get("url"), str):
            vals["url"] = vals["url"].strip().rstrip("/")

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
