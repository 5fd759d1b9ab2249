from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from ..wire.transport import DealerError
from .mail_thread import as_program


class CrmLead(models.Model):
    _inherit = "crm.lead"  # pylint: disable=consider-merging-classes-inherited

    def action_endorse(self):
        """Send pending leads to their dealers; leads that are endorsed already are skipped.

        A lead is sent first and changed here afterwards. If the answer is lost, the next click
        sends the lead again; the dealer recognises its number and returns the existing lead.

        :return: True, or a notification if only a part of a selection was endorsed
        :raises UserError: saying why, if nothing was endorsed
        """
        self.check_access("write")
        leads = self.filtered(lambda lead: not lead.dealer_endorsed_at)
        leads._choose_only_dealer()
        leads._check_can_endorse()
        stages = leads._endorse_stages()
        failures = []
        for dealer, dealer_leads in leads.grouped("dealer_id").items():
            try:
                with dealer._connect() as client:
                    for lead in dealer_leads:
                        failures += lead._endorse(client, stages[lead])
            except DealerError as error:
                failures.append(dealer._explain(error))
        count = len(leads.filtered("dealer_endorsed_at"))
        if failures and not count:
            raise UserError("\n".join(failures))
        return leads._notify_partly_endorsed(count, failures) if failures else True

    def _choose_only_dealer(self):
        """Set the dealer on leads without one, if there is only one dealer."""
        undecided = self.filtered(lambda lead: not lead.dealer_id)
        dealers = self.env["bpo.dealer"].search([], limit=2)
        if len(dealers) == 1:
            undecided.dealer_id = dealers

    def _check_can_endorse(self):
        """:raises UserError: naming the first lead that cannot be endorsed, and why"""
        for lead in self:
            if lead.type != "opportunity":
                problem = self.env._(
                    "Lead %(lead)s is not qualified yet: convert it to an opportunity."
                )
            elif lead.won_status != "pending" or not lead.active:
                problem = self.env._("Lead %(lead)s is closed: restore it to endorse it.")
            elif not lead.dealer_id:
                problem = self.env._(
                    "Lead %(lead)s has no dealer: choose the one to endorse it to."
                )
            elif not lead.dealer_id.active:
                problem = self.env._("The dealer of lead %(lead)s is archived: choose another one.")
            else:
                continue
            raise UserError(problem % {"lead": lead.name})

    def _endorse_stages(self):
        """``{lead: stage}``: the current stage if it is an endorse stage, else that of the team.

        :raises UserError: if a lead's team has no endorse stage
        """
        stages = {lead: lead.stage_id for lead in self if lead.stage_id.is_endorse}
        others = self.filtered(lambda lead: lead not in stages)
        for leads in others.grouped("team_id").values():
            stage = leads._stage_find(domain=Domain("is_endorse", "=", True))
            if not stage:
                raise UserError(
                    self.env._(
                        "There is no stage for lead %(lead)s while the dealer works it: tick "
                        '"Is Endorse Stage?" on one in CRM > Configuration > Stages.',
                        lead=leads[0].name,
                    )
                )
            stages.update(dict.fromkeys(leads, stage))
        return stages

    def _endorse(self, client, stage):
        """Send one lead, then store the number and name that it has at the dealer.

        :return: list of the refusal, if the dealer refuses this lead
        """
        self.ensure_one()
        try:
            answer = client.call(
                "dealer.crm.lead", "receive_endorsed_lead", self._endorse_payload()
            )
        except DealerError as error:
            if error.kind != "refused":
                raise
            sentence = self.env._(
                "Dealer %(dealer)s refuses lead %(lead)s: %(detail)s",
                dealer=self.dealer_id.name,
                lead=self.name,
                detail=error.detail,
            )
            return [sentence]
        match answer:
            case {"id": int(dealer_lead_id), "name": str(dealer_lead_name)} if dealer_lead_id > 0:
                pass
            case _:
                raise DealerError("answer")
        # Users may not write these fields; access to the lead was checked before.
        as_program(self.sudo()).write(
            {
                "stage_id": stage.id,
                "dealer_lead_id": dealer_lead_id,
                "dealer_lead_name": dealer_lead_name,
                "dealer_endorsed_at": fields.Datetime.now(),
                "dealer_outcome": "endorsed",
            }
        )
        self._message_log(
            body=self.env._(
                "Endorsed to dealer %(dealer)s as %(name)s.",
                dealer=self.dealer_id.name,
                name=dealer_lead_name,
            )
        )
        return []

    def _endorse_payload(self):
        """The payload for the dealer's ``receive_endorsed_lead``, without empty values."""
        self.ensure_one()
        lead = self.sudo()
        parameters = self.env["ir.config_parameter"].sudo()
        payload = {
            "bpo_source_lead_id": lead.id,
            "bpo_source_lead_name": lead.name,
            # Stable, unlike the address, which may change when an admin logs in under another one.
            "bpo_instance": self._get_bpo_instance(),
            "bpo_source_url": parameters.get_param("web.base.url", "").rstrip("/"),
            "contact_name": lead.contact_name
            or lead.partner_name
            or lead.partner_id.name
            or lead.name,
            "phone": lead.phone,
            "email": lead.email_from,
            "street": lead.street,
            "street2": lead.street2,
            "city": lead.city,
            "zip": lead.zip,
            "state_code": lead.state_id.code,
            "country_code": lead.country_id.code,
            "product_code": lead.product_code,
            "product_name": lead.product_name,
            "vehicle_model_text": lead.vehicle_model_text,
            "quantity": lead.quantity,
            "expected_price": lead.expected_revenue,
            "priority": lead.priority,
            "description": html2plaintext(lead.description or "").strip(),
            "date_deadline": lead.date_deadline and lead.date_deadline.isoformat(),
            "tags": lead.tag_ids.mapped("name"),
            "source": lead.source_id.name,
            "with_quotation": lead.dealer_id.with_quotation,
        }
        return {key: value for key, value in payload.items() if value}

    def _get_bpo_instance(self):
        """The uuid of this database, by which a dealer recognises the sender of a lead."""
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    def _notify_partly_endorsed(self, count, failures):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._(
                    "%(count)s of %(total)s leads endorsed", count=count, total=len(self)
                ),
                "message": "\n".join(failures),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
