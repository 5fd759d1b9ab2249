from odoo import api, models

from .dealer_crm_lead_first_contact import ANNOUNCEMENTS


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # The board's bars read the activities of all leads, without the table and in the leads' order.
    _dealer_lead_idx = models.Index(
        "(res_id) INCLUDE (date_deadline, user_tz) WHERE active AND res_model = 'dealer.crm.lead'"
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Boards and forms show the activities of leads."""
        activities = super().create(vals_list)
        activities._get_dealer_leads()._announce_activities()
        return activities

    def write(self, vals):
        """The same, also of a lead that an activity is taken from."""
        leads = self._get_dealer_leads()
        res = super().write(vals)
        (leads | self._get_dealer_leads())._announce_activities()
        return res

    def unlink(self):
        self._get_dealer_leads()._announce_activities()
        return super().unlink()

    def _action_done(self, feedback=False, attachment_ids=None):
        """An activity that a person does on a lead is a contact with the customer."""
        leads = self._get_contacted_leads()
        done = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        leads._register_first_contact()
        return done

    def _get_contacted_leads(self):
        xmlid_to_id = self.env["ir.model.data"]._xmlid_to_res_id
        announcements = {xmlid_to_id(name, raise_if_not_found=False) for name in ANNOUNCEMENTS}
        contacts = self.filtered(lambda activity: activity.activity_type_id.id not in announcements)
        return contacts._get_dealer_leads().exists()

    def _get_dealer_leads(self):
        """The leads that these activities belong to, deleted ones too."""
        leads = self.env["dealer.crm.lead"]
        own = self.sudo().filtered(lambda activity: activity.res_model == leads._name)
        return leads.browse(set(own.mapped("res_id")))
