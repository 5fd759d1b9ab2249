"""The one rule of the pipeline: every way in writes through here."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

FLOW_FIELDS = ("won_status", "open_stage_id", "date_last_stage_update")
CLOSING_FIELDS = ("date_won", "date_lost", "lost_reason", "lost_notes")
BPO_FIELDS = (
    "bpo_source_lead_id",
    "bpo_source_lead_name",
    "bpo_source_url",
    "callback_sequence",
)
STAGE_SUBTYPES = ("stage", "won", "lost")
MESSAGE_LINES = 10


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"

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
        index="btree_not_null",
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
        "Kanban State",
        default="normal",
        required=True,
        copy=False,
    )
    date_last_stage_update = fields.Datetime(
        "Last Stage Update", default=fields.Datetime.now, readonly=True, copy=False
    )

    @api.model
    def _default_stage_id(self):
        for stage_id, closing in self.env["dealer.crm.stage"]._get_pipeline():
            if not closing:
                return stage_id
        return False

    @api.model_create_multi
    def create(self, vals_list):
        closing_stages = dict(self.env["dealer.crm.stage"]._get_pipeline())
        for vals in vals_list:
            self._check_bpo_fields(vals)
            self._check_flow_fields(vals)
            stage_id = vals.get("stage_id") or self._default_stage_id()
            if closing_stages.get(stage_id):
                raise UserError(
                    self.env._(
                        "A lead cannot start in %(stage)s: create it in an open stage and"
                        " close it with Mark Won or Mark Lost.",
                        stage=self.env["dealer.crm.stage"].browse(stage_id).name,
                    )
                )
            vals["open_stage_id"] = stage_id
        return super().create(vals_list)

    def write(self, vals):
        self._check_bpo_fields(vals)
        self._check_flow_fields(vals)
        self._check_closing_fields(vals)
        moving = self.browse()
        if "stage_id" in vals:
            moving = self.filtered(lambda lead: lead.stage_id.id != vals["stage_id"])
        if not moving:
            return super().write(vals)
        stage = self.env["dealer.crm.stage"].browse(vals["stage_id"])
        outcome = moving._check_move(stage, vals)
        if staying := self - moving:
            super(DealerCrmLead, staying).write(vals)
        vals = {
            "kanban_state": "normal",
            **vals,
            "date_last_stage_update": fields.Datetime.now(),
        }
        if not outcome:
            vals["open_stage_id"] = stage.id
            return super(DealerCrmLead, moving).write(vals)
        moving._close(outcome, vals)
        moving._register_outcome(outcome)
        return True

    def _close(self, outcome, vals):
        """Stamp the closing, once: a date that is there already stays."""
        stamp, other = ("date_won", "date_lost") if outcome == "won" else ("date_lost", "date_won")
        vals = {**vals, "won_status": outcome, other: False}
        if outcome == "won":
            vals.update(lost_reason=False, lost_notes=False)
        if not vals.get(stamp):
            dated = self.filtered(stamp)
            if dated:
                super(DealerCrmLead, dated).write(
                    {key: value for key, value in vals.items() if key != stamp}
                )
            self -= dated
            vals[stamp] = fields.Datetime.now()
        if self:
            super().write(vals)

    def _register_outcome(self, outcome):
        """Hook: these leads have just become ``outcome`` ('won', 'lost' or 'reopened')."""

    def action_mark_won(self):
        """Move the leads to the Won stage, all or none; the gate may refuse."""
        stage = self.env["dealer.crm.stage"]._get_closing_stage("won")
        self.write({"stage_id": stage.id})
        return {
            "effect": {
                "fadeout": "slow",
                "type": "rainbow_man",
                "message": self.env._("Won. Well done!"),
            }
        }

    def action_mark_lost(self):
        """Open the wizard that asks for the reason."""
        self.env["dealer.crm.stage"]._get_closing_stage("lost")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "dealer_crm.dealer_crm_lead_lost_action"
        )
        action["context"] = {"default_lead_ids": self.ids}
        return action

    def action_reopen(self, reason=None):
        """Take closed leads back to the stage they closed from (managers only).

        :param str reason: why; without it the wizard that asks for it is returned.
        """
        if not self.env.user.has_group("dealer_crm.group_dealer_manager"):
            raise AccessError(
                self.env._(
                    "Only a Dealer Manager can reopen %(lead)s: ask one.", lead=self[:1].name
                )
            )
        self.check_access("write")
        if reason is None:
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "dealer_crm.dealer_crm_lead_reopen_action"
            )
            action["context"] = {"default_lead_ids": self.ids}
            return action
        if not (isinstance(reason, str) and reason.strip()):
            raise ValidationError(
                self.env._("Give a reason for reopening %(lead)s.", lead=self[:1].name)
            )
        if pending := self.filtered(lambda lead: lead.won_status == "pending"):
            raise UserError(
                self.env._("%(lead)s is not closed: nothing to reopen.", lead=pending[0].name)
            )
        for stage, leads in self.grouped(lambda lead: lead._get_reopen_stage()).items():
            super(DealerCrmLead, leads).write(
                {
                    "stage_id": stage.id,
                    "open_stage_id": stage.id,
                    "won_status": "pending",
                    "date_won": False,
                    "date_lost": False,
                    "lost_reason": False,
                    "lost_notes": False,
                    "date_last_stage_update": fields.Datetime.now(),
                }
            )
        self._message_log_batch(
            bodies=dict.fromkeys(self.ids, self.env._("Reopened: %(reason)s", reason=reason))
        )
        self._register_outcome("reopened")
        return True

    def _message_track(self, fields_iter, initial_values_dict):
        """Find in one query who follows stages: for all others the change is just logged."""
        subtypes = [self._get_stage_subtype_id(name) for name in STAGE_SUBTYPES]
        self.env.cr.execute(
            """
            SELECT DISTINCT f.res_id FROM mail_followers f
              JOIN mail_followers_mail_message_subtype_rel r ON r.mail_followers_id = f.id
             WHERE f.res_model = %s AND f.res_id = ANY(%s) AND r.mail_message_subtype_id = ANY(%s)
            """,
            [self._name, self.ids, subtypes],
        )
        followed = frozenset(lead_id for (lead_id,) in self.env.cr.fetchall())
        leads = self.with_context(dealer_crm_followed=followed)
        return super(DealerCrmLead, leads)._message_track(fields_iter, initial_values_dict)

    def _track_subtype(self, init_values):
        self.ensure_one()
        if "stage_id" not in init_values:
            return super()._track_subtype(init_values)
        if self.id not in self.env.context.get("dealer_crm_followed", ()):
            return False
        name = "stage" if self.won_status == "pending" else self.won_status
        return self.env["mail.message.subtype"].browse(self._get_stage_subtype_id(name))

    @api.model
    def _get_stage_subtype_id(self, name):
        return self.env["ir.model.data"]._xmlid_to_res_id(
            f"dealer_crm.mt_lead_{name}", raise_if_not_found=False
        )

    def _get_reopen_stage(self):
        """The stage it closed from; the last open one where that is gone or closes now."""
        self.ensure_one()
        stages = self.env["dealer.crm.stage"]
        open_ids = [stage_id for stage_id, closing in stages._get_pipeline() if not closing]
        if not open_ids:
            raise UserError(
                self.env._("No open stage is left for %(lead)s: add one.", lead=self.name)
            )
        stage_id = self.open_stage_id.id
        return stages.browse(stage_id if stage_id in open_ids else open_ids[-1])

    def _check_move(self, stage, vals):
        """Whether all of these leads may enter ``stage``.

        :return: the outcome of entering it: 'won', 'lost' or None
        :raise UserError: naming each lead that may not, and where it may go
        """
        pipeline = self.env["dealer.crm.stage"]._get_pipeline()
        closing_stages = dict(pipeline)
        if stage.id not in closing_stages:
            raise ValidationError(
                self.env._("Choose a stage for %(lead)s.", lead=self[:1].display_name)
            )
        next_stages, following = {}, None
        for stage_id, closing in reversed(pipeline):
            next_stages[stage_id] = following
            following = following if closing else stage_id
        outcome = closing_stages[stage.id]
        refusals = []
        for lead in self:
            if lead.won_status != "pending":
                refusals.append(
                    self.env._(
                        "%(lead)s is closed in %(stage)s: only a Dealer Manager can reopen it.",
                        lead=lead.name,
                        stage=lead.stage_id.name,
                    )
                )
            elif not outcome and next_stages[lead.stage_id.id] != stage.id:
                refusals.append(lead._get_step_refusal(stage, next_stages[lead.stage_id.id]))
        if outcome == "lost" and not vals.get("lost_reason"):
            refusals.append(
                self.env._(
                    "%(lead)s needs a lost reason: close it with Mark Lost.", lead=self[0].name
                )
            )
        self._raise_refusals(refusals)
        if outcome == "won":
            self._raise_refusals(
                [
                    self.env._("%(lead)s: %(blocker)s", lead=lead.name, blocker=blocker)
                    for lead, blockers in self._get_won_blockers().items()
                    for blocker in blockers
                ]
            )
        return outcome

    def _get_step_refusal(self, stage, next_stage_id):
        self.ensure_one()
        if not next_stage_id:
            return self.env._(
                "%(lead)s cannot go from %(stage)s to %(target)s: from here it is closed with"
                " Mark Won or Mark Lost.",
                lead=self.name,
                stage=self.stage_id.name,
                target=stage.name,
            )
        return self.env._(
            "%(lead)s cannot go from %(stage)s to %(target)s: its next stage is %(next)s;"
            " to close it use Mark Won or Mark Lost.",
            lead=self.name,
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

    def _check_bpo_fields(self, vals):
        if self.env.su:
            return
        for name in BPO_FIELDS:
            if name in vals and (self or vals[name]):
                self._refuse_field(name)

    def _check_flow_fields(self, vals):
        for name in FLOW_FIELDS:
            if name in vals:
                self._refuse_field(name)

    def _refuse_field(self, name):
        raise AccessError(
            self.env._(
                'The field "%(field)s" (%(name)s) of a lead is set by the pipeline alone:'
                " leave it out.",
                field=self._fields[name]._description_string(self.env),
                name=name,
            )
        )

    def _check_closing_fields(self, vals):
        """What was reported of a closed lead stays as reported."""
        names = [name for name in CLOSING_FIELDS if name in vals]
        if not names:
            return
        for lead in self.filtered(lambda lead: lead.won_status != "pending"):
            for name in names:
                field = self._fields[name]
                if field.convert_to_cache(vals[name], lead) != field.convert_to_cache(
                    lead[name], lead
                ):
                    raise UserError(
                        self.env._(
                            '%(lead)s is closed, so its "%(field)s" stays: a Dealer Manager'
                            " can reopen it first.",
                            lead=lead.name,
                            field=field._description_string(self.env),
                        )
                    )
