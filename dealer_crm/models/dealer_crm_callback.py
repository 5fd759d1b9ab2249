from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

# Rows per batch of the vacuum.
GC_LIMIT = 5000


class DealerCrmCallback(models.Model):
    _name = "dealer.crm.callback"
    _description = "BPO Callback"
    _inherit = ["dealer.crm.guarded.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _program_only = True
    _rec_name = "event_id"

    lead_id = fields.Many2one("dealer.crm.lead", ondelete="set null", index="btree_not_null")
    company_id = fields.Many2one("res.company", required=True)
    connection_id = fields.Many2one(
        "dealer.crm.bpo.connection", ondelete="set null", index="btree_not_null"
    )
    bpo_source_lead_id = fields.Integer("BPO Lead ID", required=True, aggregator=None)
    bpo_sender = fields.Char(
        "Endorsing BPO",
        help="Who endorsed the lead. Empty for outcomes from before this field existed.",
    )
    event_id = fields.Char(required=True)
    sequence = fields.Integer(required=True, aggregator=None)
    outcome = fields.Selection(
        [("won", "Won"), ("lost", "Lost"), ("reopened", "Reopened")], required=True
    )
    payload = fields.Json(required=True)
    state = fields.Selection(
        [
            ("pending", "Waiting to be sent"),
            ("sending", "Being sent"),
            ("delivered", "BPO informed"),
            ("parked", "Needs an admin"),
            ("cancelled", "Cancelled"),
        ],
        "Status",
        default="pending",
        required=True,
    )
    attempt_count = fields.Integer("Attempts Made", default=0)
    attempt_ids = fields.One2many(
        "dealer.crm.callback.attempt",
        "callback_id",
        "Attempts",
        groups="dealer_crm.group_dealer_manager",
    )
    fault_count = fields.Integer(help="How often this outcome got a connection error.")
    first_attempt_at = fields.Datetime()
    next_attempt_at = fields.Datetime()
    delivered_at = fields.Datetime()
    last_error = fields.Char()
    accepted_words = fields.Char(
        "Accepted, in the Receiver's Own Words",
        help="The answer of a receiver that does not follow this protocol. Any answer other than a"
        " refusal counts as accepted.",
    )
    difference = fields.Char(
        "Differs at the BPO",
        help="What the BPO has instead of this delivered outcome. Retry sends the outcome again.",
    )
    delay_noted = fields.Boolean()
    lease_token = fields.Char(groups=fields.NO_ACCESS)
    lease_until = fields.Datetime(groups=fields.NO_ACCESS)

    _event_id_uniq = models.Constraint("UNIQUE(event_id)", "An event can only be queued once.")
    _lead_sequence_uniq = models.UniqueIndex(
        "(lead_id, sequence) WHERE lead_id IS NOT NULL",
        "Outcomes of a lead must have different numbers.",
    )
    _bpo_lead_idx = models.Index("(company_id, bpo_source_lead_id, id)")
    _due_idx = models.Index("(company_id, next_attempt_at, id) WHERE state = 'pending'")
    _sending_idx = models.Index("(lease_until) WHERE state = 'sending'")
    _parked_idx = models.Index("(company_id) WHERE state = 'parked'")
    _delivered_idx = models.Index("(delivered_at) WHERE state = 'delivered'")
    _difference_idx = models.Index("(company_id) WHERE difference IS NOT NULL")

    @api.depends("bpo_source_lead_id", "lead_id", "outcome", "sequence")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """A name for people; ``event_id`` is for programs."""
        labels = dict(self._fields["outcome"]._description_selection(self.env))
        for row in self:
            # Outcomes are read by those who read their lead.
            lead = row.sudo().lead_id
            row.display_name = self.env._(
                "%(outcome)s · %(lead)s · outcome %(sequence)s",
                outcome=labels.get(row.outcome, ""),
                lead=lead._get_person()
                or self.env._("BPO lead %(lead)s", lead=row.bpo_source_lead_id),
                sequence=row.sequence,
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_old(self):
        """Only outcomes delivered longer ago than the retention time may be deleted."""
        if kept := self - self.filtered_domain(self._get_old_domain()):
            raise UserError(
                self.env._("Outcomes are kept: cancel %(event)s instead.", event=kept[0].event_id)
            )

    def action_retry(self, reason=None):
        """Send parked or waiting outcomes again now, with the same ``event_id`` (admins only).

        :param str reason: why; without it, return the wizard that asks for it
        """
        return self._act("retry", reason)

    def action_cancel(self, reason=None):
        """Cancel parked or waiting outcomes, so that they are never sent (admins only).

        :param str reason: why; without it, return the wizard that asks for it
        """
        return self._act("cancel", reason)

    def _act(self, action, reason):
        if not self.env.user.has_group("dealer_crm.group_dealer_admin"):
            raise AccessError(
                self.env._("Only a Dealer Admin can retry or cancel BPO callbacks: ask one.")
            )
        self.check_access("read")
        if reason is None:
            window = self.env["dealer.crm.lead"]._get_action(
                "dealer_crm.dealer_crm_callback_reason_action",
                default_callback_ids=self.ids,
                default_action=action,
                dialog_size="medium",
            )
            return {**window, "name": self._get_title(action)}
        self._check_reason(reason)
        rows = self.sudo()
        rows.lock_for_update(allow_referencing=True)
        if refused := rows.filtered(lambda row: not row._can_act(action)):
            states = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "Outcome %(sequence)s of BPO lead %(lead)s is %(state)s: only outcomes that wait"
                    " or need an admin can be retried or cancelled, and delivered ones retried if they"
                    " differ at the BPO.",
                    sequence=refused[0].sequence,
                    lead=refused[0].bpo_source_lead_id,
                    state=states[refused[0].state],
                )
            )
        if action == "cancel":
            rows._cancel()
            note = self.env._("Cancelled: %(reason)s", reason=reason)
        else:
            rows._retry()
            note = self.env._("Retried: %(reason)s", reason=reason)
        rows.activity_unlink(["mail.mail_activity_data_warning"])
        rows._message_log_batch(bodies=dict.fromkeys(rows.ids, note))
        rows.lead_id._announce_change()
        self._trigger_delivery()
        return True

    def _get_title(self, action):
        """Title of the window that asks for the reason of ``action``."""
        if action == "retry":
            one, many = self.env._("Retry the Outcome"), self.env._("Retry Outcomes")
        else:
            one, many = self.env._("Cancel the Outcome"), self.env._("Cancel Outcomes")
        return one if len(self) == 1 else many

    def _can_act(self, action):
        self.ensure_one()
        if self.state == "delivered":
            return action == "retry" and bool(self.difference)
        return self.state in ("pending", "parked")

    def _trigger_delivery(self, at=None):
        """Trigger the dispatcher's cron now, or at the time ``at`` of the database's clock.

        If an admin has deleted the cron, the rows wait.
        """
        cron = self.env.ref("dealer_crm.ir_cron_deliver_callbacks", raise_if_not_found=False)
        if not cron:
            return
        now = self.env.cr.now().replace(microsecond=0)
        cron.sudo()._trigger(at or now)
        if not at and now > fields.Datetime.now():
            # This host's clock is behind the database's, so Odoo takes the trigger for a future one
            # and would not wake the cron workers.
            self.env.cr.postcommit.add(cron._notifydb)

    def _note_delays(self, company):
        """Log on each lead with a waiting outcome, once, that the BPO is not informed yet."""
        self.env.cr.execute(
            """
            UPDATE dealer_crm_callback SET delay_noted = TRUE
             WHERE id IN (SELECT id FROM dealer_crm_callback
                           WHERE company_id = %s AND state = 'pending'
                             AND delay_noted IS NOT TRUE
                           LIMIT 10000 FOR UPDATE SKIP LOCKED)
            RETURNING lead_id
            """,
            [company.id],
        )
        self._log_delay([lead_id for (lead_id,) in self.env.cr.fetchall()])

    def _log_delay(self, lead_ids):
        self._log_on_leads(
            lead_ids,
            lambda leads: leads.env._(
                "The BPO cannot be informed of this outcome yet. The outcome is kept and will be"
                " sent as soon as the connection works; you need not do anything."
            ),
        )

    def _log_on_leads(self, lead_ids, get_text):
        """Log a note on each lead, in the language of its readers.

        :param get_text: function that takes leads of one language and returns the text
        """
        leads = self.env["dealer.crm.lead"].browse(filter(None, lead_ids))
        leads._announce_change()
        for group in leads._split_by_language():
            group._message_log_batch(bodies=dict.fromkeys(group.ids, get_text(group)))

    def _get_newest_query(self, states):
        """SQL query of the ids of leads whose newest outcome is in one of ``states``."""
        return SQL(
            """(SELECT c.lead_id FROM dealer_crm_callback c
                 WHERE c.lead_id IS NOT NULL AND c.state = ANY(%s)
                   AND NOT EXISTS (SELECT 1 FROM dealer_crm_callback n
                                    WHERE n.lead_id = c.lead_id AND n.sequence > c.sequence))""",
            list(states),
        )

    def _get_newest_states(self, lead_ids):
        """Dict of lead id to the state of its newest outcome."""
        domain = [("lead_id", "in", lead_ids)]
        rows = self.search_fetch(domain, ["lead_id", "state"], order="sequence")
        return {row.lead_id.id: row.state for row in rows}

    def _get_last_sequence(self, company, bpo_source_lead_id, senders):
        """Number of the newest outcome of a BPO lead, also if its dealer lead was deleted; 0 if
        none.

        :param senders: list of the names that identify its BPO, the present one first; rows with
            one of the older names are renamed
        """
        key = Domain("company_id", "=", company.id) & Domain(
            "bpo_source_lead_id", "=", bpo_source_lead_id
        )
        [[last]] = self._read_group(
            key & Domain("bpo_sender", "in", [False, *senders]), aggregates=["sequence:max"]
        )
        if last:
            renamed = self.search(key & Domain("bpo_sender", "in", senders[1:]))
            renamed._write_unchecked({"bpo_sender": senders[0]})
        return last or 0

    def _get_old_domain(self):
        days = self.env["dealer.crm.settings"]._get_days("keep_delivered_days")
        limit = self.env.cr.now() - timedelta(days=days)
        return Domain("state", "=", "delivered") & Domain("delivered_at", "<", limit)

    @api.autovacuum
    def _gc_delivered(self):
        """Delete old delivered rows through the ORM, with their messages and attachments."""
        rows = self.sudo().search(self._get_old_domain(), limit=GC_LIMIT, order="delivered_at, id")
        rows.unlink()
        return len(rows), len(rows) == GC_LIMIT
