from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

# Difference of sequence between two stages, so that a new one fits between them.
GAP = 10


class DealerCrmStage(models.Model):
    _name = "dealer.crm.stage"
    _description = "Dealer CRM Stage"
    _inherit = ["dealer.crm.guarded.mixin", "dealer.crm.unique.name.mixin", "mail.thread"]
    _order = "sequence, id"

    name = fields.Char("Stage Name", tracking=True)
    sequence = fields.Integer(
        default=lambda self: self._default_sequence(),
        tracking=True,
        help="Order of the columns. Leave gaps of 10 between stages.",
    )
    is_won = fields.Boolean("Is Won Stage", copy=False, tracking=True)
    is_lost = fields.Boolean("Is Lost Stage", copy=False, tracking=True)
    fold = fields.Boolean("Folded in Kanban", tracking=True)
    requirements = fields.Text(
        translate=True, help="What a lead needs in this stage. Shown as the column's tooltip."
    )
    rotting_threshold_days = fields.Integer(
        "Days to rot",
        default=0,
        help="Leads that stay longer than this many days are marked as rotting. 0 marks none.",
    )

    lead_count = fields.Integer(
        "Leads",
        compute="_compute_lead_count",
        help="Leads in this stage: of all companies, archived ones too.",
    )

    _is_won_uniq = models.UniqueIndex(
        "(is_won) WHERE is_won",
        "Another stage is the Won stage already: take the flag off that one first.",
    )
    _is_lost_uniq = models.UniqueIndex(
        "(is_lost) WHERE is_lost",
        "Another stage is the Lost stage already: take the flag off that one first.",
    )
    _not_won_and_lost = models.Constraint(
        "CHECK (NOT (is_won AND is_lost))",
        "A stage cannot be both the Won stage and the Lost stage: keep one of the flags.",
    )
    _rotting_positive = models.Constraint(
        "CHECK (rotting_threshold_days >= 0)",
        "Days to rot cannot be negative: use 0 to mark no lead.",
    )

    def _default_sequence(self):
        """Middle of the gap before Won; without a Won stage, after the last open one."""
        stages = self._get_all()
        won = stages.filtered("is_won")
        if not won:
            open_stages = stages.filtered(lambda stage: not stage.is_lost)
            return max(open_stages.mapped("sequence"), default=0) + GAP
        place = stages._ids.index(won.id)
        previous = stages[place - 1].sequence if place else won.sequence - 2 * GAP
        middle = (previous + won.sequence) // 2
        return middle if middle < won.sequence else won.sequence - 1

    def _compute_lead_count(self):
        counts = self.env["dealer.crm.lead"].sudo()._count_by("stage_id", self)
        for stage in self:
            stage.lead_count = counts.get(stage, 0)

    @api.model_create_multi
    def create(self, vals_list):
        # A flag must leave its old stage first.
        self.flush_model(["is_won", "is_lost"])
        stages = super().create(
            [{"fold": True, **vals} if vals.get("is_lost") else vals for vals in vals_list]
        )
        self._clear_pipeline()
        return stages

    def write(self, vals):
        self.check_access("write")
        # A flag must leave its old stage first.
        self.flush_model(["is_won", "is_lost"])
        for flag, status in (("is_won", "won"), ("is_lost", "lost")):
            if vals.get(flag):
                flagged = self.filtered(lambda stage, flag=flag: not stage[flag])
                flagged._check_closed_leads(status)
                if flagged and flag == "is_lost":
                    vals = {"fold": True, **vals}
        result = super().write(vals)
        self._clear_pipeline()
        return result

    def unlink(self):
        result = super().unlink()
        self._clear_pipeline()
        return result

    def web_resequence(self, specification, field_name="sequence", offset=0):
        """Reorder stages by drag and drop; all stages are renumbered in steps of 10.

        These stages are put, in their new order, at the positions they had among all stages. Odoo
        would number them 1, 2, 3, without gaps.
        """
        if field_name != "sequence":
            return super().web_resequence(specification, field_name, offset)
        self.check_access("write")
        for number, stage in enumerate(self._place_among(self._get_all()), 1):
            if stage.sequence != number * GAP:
                stage.sequence = number * GAP
        return self.web_read(specification)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_leads(self):
        leads = self.env["dealer.crm.lead"].sudo()
        for stage, count in leads._count_by("stage_id", self).items():
            raise UserError(
                self.env._(
                    'Stage "%(stage)s" holds %(count)s lead(s), archived ones and'
                    " those of other companies included: move them out first.",
                    stage=stage.name,
                    count=count,
                )
            )

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """The translation dialog does not call ``write``: log its changes here."""
        if field_name != "name":
            return super()._update_field_translations(field_name, translations, digest, source_lang)
        langs = list(translations)
        before = {lang: self.with_context(lang=lang).name for lang in langs}
        result = super()._update_field_translations(field_name, translations, digest, source_lang)
        for lang in langs:
            after = self.with_context(lang=lang).name
            if after != before[lang]:
                self._message_log(
                    body=self.env._(
                        "Stage Name (%(lang)s): %(old)s → %(new)s",
                        lang=lang,
                        old=before[lang],
                        new=after,
                    )
                )
        return result

    def _restore_shipped(self, data):
        """A stage that comes back loses its flag if another stage has it now."""
        result = super()._restore_shipped(data)
        for flag in ("is_won", "is_lost"):
            if data["values"].get(flag) and self.search_count([(flag, "=", True)]):
                data["values"][flag] = False
        return result

    @tools.ormcache()
    def _get_pipeline(self):
        """The stages in order: tuple of (id, closing status or None)."""
        return tuple(
            (stage.id, "won" if stage.is_won else "lost" if stage.is_lost else None)
            for stage in self.sudo().search([])
        )

    def _get_all(self):
        """All stages, in order."""
        return self.browse(stage_id for stage_id, _closing in self._get_pipeline())

    def _get_open_ids(self):
        """Ids of the stages that close no leads, in order."""
        return [stage_id for stage_id, closing in self._get_pipeline() if not closing]

    def _get_next_ids(self):
        """Dict of stage id to the id of the open stage after it; None after the last one."""
        next_ids, next_open_id = {}, None
        for stage_id, closing in reversed(self._get_pipeline()):
            next_ids[stage_id] = next_open_id
            if not closing:
                next_open_id = stage_id
        return next_ids

    def _clear_pipeline(self):
        """Clear the cache now, and after the commit what others cached of the old order.

        Open boards load again.
        """
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)
        self.env["dealer.crm.lead"]._announce_pipeline()

    def _get_closing_stage(self, status):
        """The stage that closes leads as ``status`` ('won' or 'lost')."""
        for stage_id, closing in self._get_pipeline():
            if closing == status:
                return self.browse(stage_id)
        raise UserError(
            self.env._(
                "No Won/Lost stage configured: ask a Dealer Admin to flag one in"
                " Configuration → Stages."
            )
        )

    def _check_closed_leads(self, status):
        """Refuse to flag a stage that holds leads which were not closed as ``status``."""
        leads = self.env["dealer.crm.lead"].sudo()
        others = Domain("won_status", "!=", status)
        for stage, count in leads._count_by("stage_id", self, others).items():
            raise ValidationError(
                self.env._(
                    'Stage "%(stage)s" holds %(count)s lead(s) that were not closed as'
                    " %(status)s: move them out before setting the flag.",
                    stage=stage.name,
                    count=count,
                    status=dict(leads._fields["won_status"]._description_selection(self.env))[
                        status
                    ],
                )
            )
