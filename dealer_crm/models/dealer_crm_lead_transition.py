"""The rule of the pipeline: which stage a lead may enter, and what happens when it does.

Only this file overrides ``create`` and ``write`` of the lead. They call the steps of the other
files by name, so that the order of the steps does not depend on the order of imports.
"""

from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError

from .dealer_crm_text_mixin import MESSAGE_LINES

FLOW_FIELDS = {"won_status", "open_stage_id", "date_last_stage_update"}


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    stage_id = fields.Many2one(
        "dealer.crm.stage",
        required=True,
        default=lambda self: self._default_stage_id(),
        ondelete="restrict",
        copy=False,
        tracking=True,
        group_expand="_read_group_expand_full",
    )
    open_stage_id = fields.Many2one(
        "dealer.crm.stage",
        "Last Open Stage",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    won_status = fields.Selection(
        [("pending", "Pending"), ("won", "Won"), ("lost", "Lost")],
        "Won/Lost",
        default="pending",
        required=True,
        readonly=True,
        copy=False,
    )
    date_won = fields.Datetime("Won On", copy=False)
    date_lost = fields.Datetime("Lost On", copy=False)
    lost_reason = fields.Many2one(
        "dealer.crm.lost.reason",
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
    )
    lost_notes = fields.Text(copy=False)
    kanban_state = fields.Selection(
        [("normal", "In Progress"), ("done", "Ready"), ("blocked", "Blocked")],
        default="normal",
        required=True,
        copy=False,
    )
    date_last_stage_update = fields.Datetime("Last Stage Update", readonly=True, copy=False)

    def _default_stage_id(self):
        return next(iter(self.env["dealer.crm.stage"]._get_open_ids()), False)

    @api.constrains("date_won", "date_lost")
    def _check_closing_dates(self):
        # Allow one day more: the clock of whoever sets the date may be ahead.
        latest = fields.Datetime.now() + timedelta(days=1)
        for lead in self:
            for name in ("date_won", "date_lost"):
                if lead[name] and lead[name] > latest:
                    raise ValidationError(
                        self.env._(
                            '%(lead)s: "%(field)s" cannot be in the future.',
                            lead=lead._get_label(),
                            field=lead._fields[name]._description_string(self.env),
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_new_numbers(vals_list)
        self._check_program_fields(vals_list)
        # Quick create in a column, and defaults of the user, set these by default_get.
        defaults = self.default_get(["stage_id", "user_id"])
        for vals in vals_list:
            self._check_ownership({"user_id": vals.get("user_id", defaults.get("user_id"))})
        given = self._get_given({"lost_reason"}, vals_list)
        vals_list = [self._prepare_new_lead(vals, defaults.get("stage_id")) for vals in vals_list]
        if given:
            self._refuse_reason_of_open()
        vals_list = self._add_empty_contacts(vals_list)
        leads = self._as_program()
        leads._check_new_texts(vals_list)
        drawn = leads._set_references(vals_list)
        try:
            created = super(DealerCrmLead, leads).create(vals_list).with_env(self.env)
        except UniqueViolation as error:
            if drawn and self._is_violated("_name_uniq", error):
                # Another transaction has just used this reference: Odoo runs this one again,
                # which then skips it.
                raise ConcurrencyError("A lead's next reference was taken") from error
            raise
        created._announce_change()
        return created

    def _prepare_new_lead(self, vals, default_stage_id):
        """The checked values of a new lead; the flow's fields are set here, not by defaults."""
        self._check_flow_fields(vals)
        stage_id = self._to_stage_id(vals.get("stage_id") or default_stage_id)
        closing_stages = dict(self.env["dealer.crm.stage"]._get_pipeline())
        if stage_id not in closing_stages:
            raise ValidationError(self.env._("Choose an open stage for the new lead."))
        if closing_stages[stage_id]:
            raise UserError(
                self.env._(
                    "A lead cannot start in %(stage)s: create it in an open stage and"
                    " close it with Mark Won or Mark Lost.",
                    stage=self.env["dealer.crm.stage"].browse(stage_id).name,
                )
            )
        return {
            **self._tick_trade_in(vals),
            "stage_id": stage_id,
            "open_stage_id": stage_id,
            "won_status": "pending",
            "date_last_stage_update": fields.Datetime.now(),
        }

    def _to_stage_id(self, value):
        """The id of ``value``, in any form that the field ``stage_id`` accepts."""
        return self._fields["stage_id"].convert_to_cache(value, self)

    def write(self, vals):
        self._check_numbers(vals)
        self._check_fixed_fields(vals)
        self._check_flow_fields(vals)
        self._check_ownership(vals)
        self._check_frozen_fields(vals)
        vals = self._tick_trade_in(vals)
        self._end_announcement(vals)
        moving, outcome = self.browse(), None
        if "stage_id" in vals:
            vals = {**vals, "stage_id": self._to_stage_id(vals["stage_id"])}
            moving = self.filtered(lambda lead: lead.stage_id.id != vals["stage_id"])
        if moving:
            outcome = moving._check_move(vals)
        if not outcome and vals.get("lost_reason"):
            self._refuse_reason_of_open()
        for leads, values in (self - moving)._split_by_contact(vals):
            super(DealerCrmLead, leads).write(values)
        (self - moving)._announce_change(vals)
        if moving:
            moving._move(outcome, vals)
        return True

    def _move(self, outcome, vals):
        """Enter the stage of ``vals``; the rule has been checked."""
        vals = {
            "kanban_state": "normal",
            **vals,
            "date_last_stage_update": fields.Datetime.now(),
        }
        stays = self.env["dealer.crm.lead.stay"]
        for leads, values in self._split_untaken(vals):
            stays._insert_stays(leads, outcome, values)
            if outcome:
                leads._close(outcome, values)
            else:
                leads._write_unchecked({**values, "open_stage_id": vals["stage_id"]})
        if outcome:
            self._end_activities()
            self._register_outcome(outcome)

    def _close(self, outcome, vals):
        """Write the closing with its date; a date that is set already stays."""
        # Archived leads come back to the board.
        vals = {**vals, **self._get_undo_values(), "won_status": outcome, "active": True}
        if outcome == "won":
            date = "date_won"
            vals.update(date_lost=False, lost_reason=False, lost_notes=False)
        else:
            date = "date_lost"
            vals.update(date_won=False)
        for present, leads in self.grouped(date).items():
            moment = vals.get(date) or present or fields.Datetime.now()
            leads._write_unchecked({**vals, date: moment})

    def _write_unchecked(self, vals):
        """Write without checking the rule, also fields that only the program sets."""
        self._end_announcement(vals)
        left = self.stage_id.ids if "stage_id" in vals else ()
        for leads, values in self._as_program()._split_by_contact(vals):
            super(DealerCrmLead, leads).write(values)
        self._announce_change(vals, left)
        return True

    def _register_outcome(self, outcome):
        """Called when these leads have become ``outcome``: 'won', 'lost', 'reopened' or 'undone'."""
        if outcome == "undone":
            self._withdraw_outcome()
        else:
            self._queue_outcome(outcome)

    def action_mark_won(self):
        """Move the leads to the Won stage, all or none; the gate may refuse."""
        stage = self.env["dealer.crm.stage"]._get_closing_stage("won")
        self.write({"stage_id": stage.id})
        effect = {
            "fadeout": "slow",
            "type": "rainbow_man",
            "message": self.env._("Won. Well done!"),
        }
        return {**self._offer_undo(), "effect": effect}

    def action_mark_lost(self):
        """Open the wizard that asks for the reason."""
        self.check_access("write")
        self.env["dealer.crm.stage"]._get_closing_stage("lost")
        xml_id = "dealer_crm.dealer_crm_lead_lost_action"
        return self._get_action(xml_id, default_lead_ids=self.ids, **self._get_undo_context())

    def action_reopen(self, reason=None):
        """Move closed leads back to the stage they were closed from (managers only).

        :param str reason: why; without it, return the wizard that asks for it
        """
        if not self.env.user.has_group("dealer_crm.group_dealer_manager"):
            raise AccessError(
                self.env._(
                    "Only a Dealer Manager can reopen %(lead)s: ask one.",
                    lead=self[:1]._get_label(),
                )
            )
        self.check_access("write")
        if reason is None:
            xml_id = "dealer_crm.dealer_crm_lead_reopen_action"
            return self._get_action(xml_id, default_lead_ids=self.ids)
        self._check_reason(reason)
        if pending := self.filtered(lambda lead: lead.won_status == "pending"):
            raise UserError(
                self.env._(
                    "%(lead)s is not closed: nothing to reopen.", lead=pending[0]._get_label()
                )
            )
        self._return_to_open_stage()
        self._message_log_batch(
            bodies=dict.fromkeys(self.ids, self.env._("Reopened: %(reason)s", reason=reason))
        )
        self._register_outcome("reopened")
        return True

    def _return_to_open_stage(self):
        for stage, leads in self.grouped(lambda lead: lead._get_reopen_stage()).items():
            leads._write_unchecked(
                {
                    "stage_id": stage.id,
                    "open_stage_id": stage.id,
                    "won_status": "pending",
                    "date_won": False,
                    "date_lost": False,
                    "lost_reason": False,
                    "lost_notes": False,
                    "undo_until": False,
                    "undo_user_id": False,
                    "date_last_stage_update": fields.Datetime.now(),
                }
            )

    def _get_reopen_stage(self):
        """The stage it was closed from; the last open one if that is gone or closes leads now."""
        self.ensure_one()
        stages = self.env["dealer.crm.stage"]
        open_ids = stages._get_open_ids()
        if not open_ids:
            raise UserError(
                self.env._(
                    "%(lead)s has no open stage to return to: add one.", lead=self._get_label()
                )
            )
        stage_id = self.open_stage_id.id
        return stages.browse(stage_id if stage_id in open_ids else open_ids[-1])

    def _check_move(self, vals):
        """Check that all of these leads may enter the stage of ``vals``.

        :return: the outcome of entering it: 'won', 'lost' or None
        :raise UserError: naming each lead that may not, and which stage it may enter
        """
        stage = self.env["dealer.crm.stage"].browse(vals["stage_id"])
        closing_stages = dict(stage._get_pipeline())
        if stage.id not in closing_stages:
            lead = self[:1]._get_label()
            raise ValidationError(
                self.env._("%(lead)s: this stage was deleted meanwhile.", lead=lead)
                if stage
                else self.env._("%(lead)s: choose a stage.", lead=lead)
            )
        next_stages = stage._get_next_ids()
        outcome = closing_stages[stage.id]
        reason_id = self._fields["lost_reason"].convert_to_cache(vals.get("lost_reason"), self)
        refusals = []
        for lead in self:
            if lead.won_status != "pending":
                refusals.append(
                    self.env._(
                        "%(lead)s is closed in %(stage)s: only a Dealer Manager can reopen it.",
                        lead=lead._get_label(),
                        stage=lead.stage_id.name,
                    )
                )
            elif not outcome and next_stages[lead.stage_id.id] != stage.id:
                refusals.append(lead._get_step_refusal(stage, next_stages[lead.stage_id.id]))
            elif outcome == "lost" and not reason_id:
                refusals.append(
                    self.env._(
                        "%(lead)s needs a lost reason: close it with Mark Lost.",
                        lead=lead._get_label(),
                    )
                )
        self._raise_refusals(refusals)
        if outcome == "won":
            self._lock_gate()
            self._raise_refusals(
                [
                    self.env._("%(lead)s: %(blocker)s", lead=lead._get_label(), blocker=blocker)
                    for lead, blockers in self._get_won_blockers().items()
                    for blocker in blockers
                ]
            )
        return outcome

    def _get_step_refusal(self, stage, next_stage_id):
        self.ensure_one()
        if not next_stage_id:
            return self.env._(
                "%(lead)s cannot go from %(stage)s to %(target)s: close it with Mark Won or Mark"
                " Lost.",
                lead=self._get_label(),
                stage=self.stage_id.name,
                target=stage.name,
            )
        return self.env._(
            "%(lead)s cannot go from %(stage)s to %(target)s: its next stage is %(next)s;"
            " to close it use Mark Won or Mark Lost.",
            lead=self._get_label(),
            stage=self.stage_id.name,
            target=stage.name,
            next=stage.browse(next_stage_id).name,
        )

    def _raise_refusals(self, refusals):
        if not refusals:
            return
        lines = refusals[:MESSAGE_LINES]
        if more := len(refusals) - len(lines):
            lines.append(self.env._("… and %(count)s more.", count=more))
        raise UserError("\n".join(lines))

    def _check_flow_fields(self, vals):
        """Refuse the fields of the flow, also for the superuser: only the rule sets them."""
        if given := FLOW_FIELDS & vals.keys():
            self._refuse_fields(given)

    def _refuse_reason_of_open(self):
        """Refuse a lost reason for an open or new lead, also if a card is dropped in its column."""
        pending = self.filtered(lambda lead: lead.won_status == "pending")
        if pending or not self:
            raise UserError(
                self.env._(
                    "%(lead)s is open, so it has no lost reason: use Mark Lost to give one.",
                    lead=pending[:1]._get_label(),
                )
            )
