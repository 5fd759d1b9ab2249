from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    dealer_lead_assignment = fields.Selection(
        [
            ("nobody", "Nobody"),
            ("customer", "The customer's salesperson"),
            ("team", "The team's members in turn"),
        ],
        "New Leads Go To",
        default="nobody",
        required=True,
        help="Who gets a lead that comes without a salesperson: endorsed, by e-mail or imported.",
    )
    dealer_lead_alias_id = fields.Many2one(
        "mail.alias",
        "Address for Leads",
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="A mail to this address becomes a lead of the company.",
    )
    dealer_first_contact_minutes = fields.Integer(
        "First Contact Within (minutes)",
        help="Counted in the company's working hours. 0: no limit.",
    )

    dealer_keep_activities = fields.Boolean(
        "Keep Activities After Closing",
        help="The open activities of a lead stay when it is won or lost. Otherwise they end.",
    )

    dealer_undo_seconds = fields.Integer(
        "Undo a Closing Within (seconds)",
        default=10,
        help="For this long, who closed a lead in the web client can undo that; the BPO is informed"
        " afterwards. 0: closings cannot be undone.",
    )

    _dealer_undo_seconds_range = models.Constraint(
        "CHECK (dealer_undo_seconds BETWEEN 0 AND 60)",
        "The seconds to undo a closing must be between 0, to switch it off, and 60.",
    )
    _dealer_first_contact_minutes_range = models.Constraint(
        "CHECK (dealer_first_contact_minutes BETWEEN 0 AND 10080)",
        "The minutes to the first contact must be between 0, for no limit, and 10,080.",
    )

    def _set_dealer_lead_alias(self, name):
        """Make ``name`` the local part of the company's address for leads; empty: no address."""
        self.ensure_one()
        alias = self.dealer_lead_alias_id
        if not name:
            alias.unlink()
        elif alias:
            alias.alias_name = name
        else:
            self.dealer_lead_alias_id = alias.create(
                {
                    "alias_name": name,
                    "alias_domain_id": self.alias_domain_id.id,
                    "alias_model_id": self.env["ir.model"]._get_id("dealer.crm.lead"),
                    "alias_parent_model_id": self.env["ir.model"]._get_id("res.company"),
                    "alias_parent_thread_id": self.id,
                }
            )
