from odoo import models

from .dealer_crm_lead_live import CHANNEL


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """People of the dealer hear which leads of their companies change."""
        channels = super()._build_bus_channel_list(channels)
        user = self.env.user
        if user._is_internal() and user.has_group("dealer_crm.group_dealer_user"):
            channels.extend((company, CHANNEL) for company in user.company_ids)
        return channels
