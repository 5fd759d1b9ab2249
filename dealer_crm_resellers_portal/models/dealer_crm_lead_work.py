"""What a reseller does with a lead. Each method expects a lead that passed ``_check_is_assignee``."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

#: kinds of activities that cannot be done on a reseller's page
OTHER_ACTIVITIES = ("upload_file", "grant_approval", "reminder")


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_portal_steps(self):
        """The open stages, in order."""
        stages = self.env["dealer.crm.stage"]
        return stages.browse(
            stage_id for stage_id, closing in stages._get_pipeline() if not closing
        )

    def _get_portal_work(self, stage_id, company_id):
        """Dict: where the lead stands, and what can be done with it.

        :param stage_id: of the lead
        :param company_id: the commercial partner of the lead's partner
        """
        steps = self._get_portal_steps()
        steps.fetch(["name"])
        at = steps.ids.index(stage_id) if stage_id in steps.ids else None
        activity = self._find_portal_activity(company_id)
        return {
            "steps": steps.mapped("name"),
            "step": at,
            "next_step": steps[at + 1].name if at is not None and at + 1 < len(steps) else "",
            "activity": activity
            and {
                "type": activity.activity_type_id.name,
                "summary": activity.summary or "",
                "date": format_date(self.env, activity.date_deadline),
            },
            "activity_types": self._get_portal_activity_types(),
            "lost_reasons": self._get_portal_lost_reasons(),
        }

    @api.model
    def _get_portal_lost_reasons(self):
        """List of (id, name) to choose from."""
        reasons = self.env["dealer.crm.lost.reason"].search_fetch([("active", "=", True)], ["name"])
        return [(reason.id, reason.name) for reason in reasons]

    @api.model
    def _get_portal_activity_types(self):
        """List of (id, name) to choose from."""
        types = self.env["mail.activity.type"].search_fetch(
            Domain("res_model", "in", (False, self._name))
            & Domain("category", "not in", OTHER_ACTIVITIES),
            ["name"],
        )
        return [(each.id, each.name) for each in types]

    def _get_portal_activity(self):
        """The one next activity of the partner's people; may be empty."""
        return self._find_portal_activity(self._get_portal_company().id)

    def _find_portal_activity(self, company_id):
        activities = self.env["mail.activity"].search_fetch(
            [("res_model", "=", self._name), ("res_id", "=", self.id)],
            ["activity_type_id", "summary", "date_deadline", "user_id"],
            order="id",
        )
        return activities.filtered(
            lambda each: (
                each.user_id.share and each.user_id.commercial_partner_id.id == company_id
            )
        )[:1]

    def _check_portal_work(self):
        """:raise UserError: if the lead is not open and accepted"""
        self.ensure_one()
        if self.won_status != "pending":
            raise UserError(
                self.env._(
                    "%(lead)s is closed in %(stage)s: ask your dealer to reopen it.",
                    lead=self._get_label(),
                    stage=self.stage_id.name,
                )
            )
        if not self.date_partner_accept:
            raise UserError(self.env._("Accept %(lead)s first.", lead=self._get_label()))

    def _portal_accept(self):
        self._check_answerable()
        self._accept()

    def _portal_decline(self, given, seen_accepted):
        """Decline, or give back, what the page showed.

        :param given: dict of what the browser sent
        :param bool seen_accepted: whether the page showed an accepted lead
        """
        self._check_answerable()
        if self.date_partner_accept and not seen_accepted:
            raise UserError(
                self.env._(
                    "%(lead)s was accepted meanwhile: look at it again before you give it back.",
                    lead=self._get_label(),
                )
            )
        values = self._read_portal_values(given, ("reason", "contacted", "spam"))
        self._decline(values["reason"], values["contacted"], values["spam"])

    def _portal_advance(self, seen_step):
        """Move to the one next open stage.

        :param seen_step: the place of the lead's stage among the open ones, as the page showed it
        """
        self._check_portal_work()
        steps = self._get_portal_steps()
        at = steps.ids.index(self.stage_id.id)
        if str(at) != seen_step:
            raise UserError(
                self.env._(
                    "%(lead)s is in %(stage)s meanwhile.",
                    lead=self._get_label(),
                    stage=self.stage_id.name,
                )
            )
        if at + 1 == len(steps):
            raise UserError(
                self.env._(
                    "%(lead)s has no further stage: your dealer marks it won.",
                    lead=self._get_label(),
                )
            )
        if self.deal_state == "to_confirm":
            raise UserError(
                self.env._("Your dealer confirms %(lead)s first.", lead=self._get_label())
            )
        self.write({"stage_id": steps[at + 1].id})

    def _portal_lose(self, given):
        self._check_portal_work()
        values = self._read_portal_values(given, ("lost_reason", "lost_notes"))
        if orders := self._get_confirmed_orders().get(self):
            raise UserError(
                self.env._(
                    "%(lead)s has the confirmed order %(orders)s: ask your dealer to cancel it.",
                    lead=self._get_label(),
                    orders=", ".join(orders.mapped("name")),
                )
            )
        stage = self.env["dealer.crm.stage"]._get_closing_stage("lost")
        self.write({"stage_id": stage.id, **values})

    def _portal_update(self, given):
        self._check_portal_work()
        self.write(self._read_portal_values(given, ("expected_price", "date_deadline")))

    def _portal_schedule(self, given):
        """Set the one next activity, in place of the one before."""
        self._check_portal_work()
        names = ("activity_type_id", "summary", "activity_date")
        values = self._read_portal_values(given, names)
        values["date_deadline"] = values.pop("activity_date")
        activity = self._get_portal_activity()
        if activity:
            activity.write({**values, "user_id": self.env.uid})
        else:
            self.activity_schedule(user_id=self.env.uid, **values)

    def _portal_finish_activity(self):
        self._check_portal_work()
        self._get_portal_activity().action_feedback()
