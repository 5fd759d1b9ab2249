import hashlib
import os
import uuid
from pathlib import Path

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from ..bpo.schedule import PROBE_EVERY
from ..bpo.transport import Endpoint, check_url, open_transport

FENCE_CODES = ("instance", "neutralized")


class DealerCrmBpoConnection(models.Model):
    _name = "dealer.crm.bpo.connection"
    _description = "BPO CRM Connection"
    _inherit = ["mail.thread", "mail.activity.mixin"]
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
        help="Can be written, never read. DEALER_CRM_BPO_API_KEY of the environment goes first.",
    )
    api_key_stored = fields.Char(groups=fields.NO_ACCESS, copy=False)
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
