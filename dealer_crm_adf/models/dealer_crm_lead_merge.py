from odoo import models

IDENTITY = ("adf_source", "adf_id", "adf_date", "adf_digest")


class DealerCrmLead(models.Model):
    _inherit = "dealer.crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def _move_records(self, lead):
        """The prospect, too, so that it makes no new lead when its source sends it again."""
        result = super()._move_records(lead)
        prospect = self.filtered("adf_id")[:1]
        if prospect and not lead.adf_id:
            identity = {name: prospect[name] for name in IDENTITY}
            prospect._write_unchecked(dict.fromkeys(IDENTITY, False))
            # A prospect has one lead at a time.
            prospect.flush_recordset(IDENTITY)
            lead._write_unchecked(identity)
        return result
