"""What a change to a stage would do, said before it is saved."""

from odoo import api, models


class DealerCrmStage(models.Model):
    _inherit = "dealer.crm.stage"  # pylint: disable=consider-merging-classes-inherited

    @api.readonly
    def explain_edit(self, vals):
        """What it would do to write ``vals`` on this stage.

        :param dict vals: as for ``write``
        :return: list of sentences; empty if nobody need be warned
        """
        self.ensure_one()
        self.check_access("write")
        sentences = []
        if self.is_won and not vals.get("is_won", True):
            sentences.append(
                self.env._(
                    "Without a Won stage nobody can mark a lead as won, until another stage gets"
                    ' the flag. The %(count)s lead(s) in "%(stage)s" stay won.',
                    count=self.lead_count,
                    stage=self.name,
                )
            )
        if self.is_lost and not vals.get("is_lost", True):
            sentences.append(
                self.env._(
                    "Without a Lost stage nobody can mark a lead as lost, until another stage gets"
                    ' the flag. The %(count)s lead(s) in "%(stage)s" stay lost.',
                    count=self.lead_count,
                    stage=self.name,
                )
            )
        if (self.is_won or self.is_lost) and vals.get("name", self.name) != self.name:
            sentences.append(
                self.env._(
                    'Everybody knows "%(stage)s" by this name. It becomes "%(new)s" for all, also'
                    " on its %(count)s lead(s). Mark Won, Mark Lost and the BPO go by the flag and"
                    " work as before.",
                    stage=self.name,
                    new=vals["name"],
                    count=self.lead_count,
                )
            )
        if (self.is_won or self.is_lost) and vals.get("fold") and not self.fold:
            sentences.append(
                self.env._(
                    'The column "%(stage)s" will be folded on everybody\'s board: its'
                    " %(count)s lead(s) show only after a click.",
                    stage=self.name,
                    count=self.lead_count,
                )
            )
        if "sequence" in vals:
            stages = self._get_all()
            order = {stage: (stage.sequence, stage.id) for stage in stages}
            sequence = self._fields["sequence"].convert_to_cache(vals["sequence"], self)
            order[self] = (sequence, self.id)
            sentences += self._explain_order(stages, stages.sorted(order.get))
        return sentences

    @api.readonly
    def explain_resequence(self):
        """As ``explain_edit``, for ``web_resequence`` of these stages in their new order."""
        self.check_access("write")
        stages = self._get_all()
        return self._explain_order(stages, self._place_among(stages))

    def _place_among(self, stages):
        """``stages``, with these in their new order at the positions that they have together."""
        in_new_order = iter(self)
        return stages.browse(
            next(in_new_order).id if stage in self else stage.id for stage in stages
        )

    @api.model
    def _explain_order(self, before, after):
        """A sentence for each open stage that comes to the other side of the Won stage."""
        won = before.filtered("is_won")
        if not won:
            return []

        def left_of_won(stages):
            return stages[: stages._ids.index(won.id)]

        is_left, was_left = left_of_won(after), left_of_won(before)
        moved = (is_left - was_left) + (was_left - is_left)
        sentences = []
        for stage in moved.filtered(lambda each: not each.is_lost):
            names = {"stage": stage.name, "won": won.name, "count": stage.lead_count}
            if stage in is_left:
                sentences.append(
                    self.env._(
                        '"%(stage)s" will come before "%(won)s" on everybody\'s board, with'
                        " its %(count)s lead(s). Leads go through it before they are won.",
                        **names,
                    )
                )
            else:
                sentences.append(
                    self.env._(
                        '"%(stage)s" will come after "%(won)s" on everybody\'s board, with'
                        " its %(count)s lead(s). They stay open, and leads still go through it.",
                        **names,
                    )
                )
        return sentences
