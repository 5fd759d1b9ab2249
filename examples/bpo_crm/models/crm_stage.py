from odoo import fields, models


class CrmStage(models.Model):
    _name = "crm.stage"
    _inherit = ["crm.stage", "mail.thread"]

    is_endorse = fields.Boolean(
        "Is Endorse Stage?",
        tracking=True,
        help="Leads wait here while a dealer works them. The Endorse button moves a lead "
        "here, and a lead that its dealer reopens comes back here.",
    )

    _check_endorse_not_won = models.Constraint(
        "CHECK(NOT (is_endorse AND is_won))",
        "A stage cannot be both an Endorse stage and a Won stage: untick one of them.",
    )
