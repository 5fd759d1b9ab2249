from odoo import api, fields, models

# Days after which to call again, by result.
CALL_AGAIN = {"busy": "0", "no_answer": "1", "voicemail": "1", "wrong_number": "1"}


class DealerCrmLeadCall(models.TransientModel):
    _name = "dealer.crm.lead.call"
    _inherit = ["dealer.crm.text.mixin"]
    _description = "Log Call"

    lead_id = fields.Many2one("dealer.crm.lead", required=True)
    number = fields.Char("Phone", compute="_compute_number")
    result = fields.Selection(
        [
            ("reached", "Reached"),
            ("no_answer", "No Answer"),
            ("busy", "Busy"),
            ("wrong_number", "Wrong Number"),
            ("voicemail", "Voicemail"),
        ],
        required=True,
    )
    note = fields.Text()
    call_again = fields.Selection(
        [
            ("none", "No"),
            ("0", "Later today"),
            ("1", "Tomorrow"),
            ("3", "In 3 days"),
            ("7", "In a week"),
        ],
        compute="_compute_call_again",
        store=True,
        readonly=False,
        help="Plans the activity Call; a day off moves it to the next working day.",
    )

    @api.depends("lead_id")
    def _compute_number(self):
        for wizard in self:
            wizard.number = wizard.lead_id.mobile or wizard.lead_id.phone

    @api.depends("result")
    def _compute_call_again(self):
        for wizard in self:
            wizard.call_again = CALL_AGAIN.get(wizard.result, "none")

    def action_confirm(self):
        """Log the call, and plan the next one.

        :raise UserError: if the lead is closed or archived by now
        """
        self.ensure_one()
        self.lead_id.log_call(self.result, self.note)
        if self.call_again and self.call_again != "none":
            self.lead_id._plan_call(int(self.call_again), self.result)
        return {"type": "ir.actions.act_window_close"}
