"""Who may set each stored field of this addon's models: every role, every entry point."""

from odoo.fields import Command
from odoo.tests import tagged

from .field_table import FieldTableCase

NOBODY = ("", "")


@tagged("post_install", "-at_install")
class TestFieldRights(FieldTableCase):
    MODULE = "dealer_crm"
    TABLE = {
        "calendar.event": (
            (
                "amd",
                "amd",
                "dealer_crm_kind dealer_crm_lead_id dealer_crm_lot_id dealer_crm_product_id"
                " dealer_crm_result",
            ),
        ),
        "crm.team": (("d", "d", "dealer_first_contact_minutes"),),
        "crm.team.member": (("d", "d", "dealer_lead_capacity dealer_lead_optout"),),
        "dealer.crm.bpo.connection": (
            ("d", "d", "active company_id database in_flight lang login name protocol url user_id"),
            (
                *NOBODY,
                "api_key_expires_at bound_to capabilities hold_code last_success_at needs_person was_asked"
                " next_probe_at state state_reason unreadable_code unreadable_count",
            ),
        ),
        "dealer.crm.bpo.key": ((*NOBODY, "connection_id secret"),),
        "dealer.crm.callback": (
            (
                *NOBODY,
                "accepted_words attempt_count attempt_ids bpo_sender bpo_source_lead_id company_id connection_id"
                " delay_noted delivered_at difference event_id fault_count first_attempt_at last_error lead_id"
                " lease_token lease_until next_attempt_at outcome payload sequence state",
            ),
        ),
        "dealer.crm.callback.attempt": (
            (*NOBODY, "callback_id code detail duration started_at verdict"),
        ),
        "dealer.crm.lead": (
            (
                "amd",
                "amd",
                "active appointment_ids city company_id contact_name country_id date_deadline date_lost date_won"
                " description email expected_price kanban_state lost_notes message_bounce mobile"
                " partner_id phone priority product_id quantity sale_order_ids stage_id state_id"
                " street street2 tag_ids team_id vehicle_model_text zip",
            ),
            (
                "amd",
                "amd",
                "brand_id budget_max budget_min down_payment financing_needed financing_type"
                " has_trade_in preferred_color source_id time_frame trade_in_make trade_in_mileage"
                " trade_in_model trade_in_plate trade_in_value trade_in_year",
            ),
            # An agent may take and release a lead, but not assign it to a colleague.
            ("md", "md", "user_id"),
            ("", "amd", "name"),
            (
                *NOBODY,
                "bpo_instance bpo_source_lead_id bpo_source_lead_name bpo_source_url call_count"
                " callback_ids callback_sequence company_currency date_closed date_escalated date_first_contact"
                " date_last_stage_update email_normalized first_contact_deadline has_order open_stage_id"
                " phone_sanitized response_minutes second_phone_sanitized undo_until undo_user_id won_status",
            ),
            # Refused for an open lead; Mark Lost writes it together with the stage.
            (*NOBODY, "lost_reason"),
        ),
        "dealer.crm.lead.stay": (
            (
                *NOBODY,
                "company_id date days lead_id moved_on next_stage_id origin stage_id team_id user_id",
            ),
        ),
        "dealer.crm.lead.turn": ((*NOBODY, "lead_id team_id user_id"),),
        "dealer.crm.lost.reason": (("d", "d", "active name sequence"),),
        "dealer.crm.stage": (
            (
                "d",
                "d",
                "fold is_lost is_won name requirements rotting_threshold_days sequence",
            ),
        ),
        "digest.digest": (
            ("s", "s", "kpi_dealer_crm_arrived kpi_dealer_crm_lost kpi_dealer_crm_won"),
        ),
        # Only with Odoo's Settings group; Dealer Admins use dealer.crm.settings.
        "res.company": (
            (
                "s",
                "s",
                "dealer_first_contact_minutes dealer_keep_activities dealer_undo_seconds dealer_lead_alias_id"
                " dealer_lead_assignment",
            ),
        ),
        "sale.order": (("amd", "amd", "dealer_crm_lead_id"),),
        # An inventory manager (k) sets it, who has none of the roles.
        "stock.warehouse": (("k", "k", "dealer_crm_user_id"),),
    }

    MEETING = {"name": "Talk", "start": "2040-05-07 10:00:00", "stop": "2040-05-07 11:00:00"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third = cls.env["res.company"].create({"name": "Third Dealer"})
        cls.admin.company_ids = [Command.link(cls.third.id)]
        cls.records = {
            "crm.team": cls.env["crm.team"].create({"name": "Rights"}),
            "res.company": cls.env.company,
            "stock.warehouse": cls.env["stock.warehouse"].search([], limit=1),
            "dealer.crm.lead": cls.make_lead(),
            "dealer.crm.stage": cls.env["dealer.crm.stage"].create({"name": "Visit"}),
            "dealer.crm.lost.reason": cls.env["dealer.crm.lost.reason"].create({"name": "Moved"}),
            "dealer.crm.bpo.connection": cls.env["dealer.crm.bpo.connection"].create(
                {
                    "name": "BPO",
                    "url": "https://bpo.example.com",
                    "database": "bpo",
                    "login": "dealer",
                    "company_id": cls.other_company.id,
                }
            ),
        }
        lost = cls.endorse(cls.make_lead())
        cls.lose(lost)
        cls.records["dealer.crm.callback"] = lost.callback_ids
        cls.env.cr.execute(
            "INSERT INTO dealer_crm_callback_attempt (callback_id, started_at, verdict, code)"
            " VALUES (%s, now() AT TIME ZONE 'UTC', 'accepted', 'applied')",
            [lost.callback_ids.id],
        )
        cls.records["dealer.crm.callback.attempt"] = lost.callback_ids.attempt_ids
        cls.team = cls.env["crm.team"].create({"name": "Fleet"})
        in_team = {"crm_team_id": cls.records["crm.team"].id, "user_id": cls.agent.id}
        cls.records["crm.team.member"] = cls.env["crm.team.member"].create(in_team)
        in_turn = {"team_id": cls.records["crm.team"].id, "user_id": cls.agent.id}
        cls.records["digest.digest"] = cls.env.ref("digest.digest_digest_default")
        moved = cls.make_lead()
        moved.stage_id = cls.qualified
        cls.env.flush_all()
        cls.records["dealer.crm.lead.stay"] = cls.env["dealer.crm.lead.stay"].search([], limit=1)
        cls.records["dealer.crm.lead.turn"] = cls.env["dealer.crm.lead.turn"].create(in_turn)
        keys = cls.env["dealer.crm.bpo.key"]
        keys._set_secret(cls.records["dealer.crm.bpo.connection"], "s3cret")
        cls.records["dealer.crm.bpo.key"] = keys.search([], limit=1)
        cls.env["stock.lot"].create({"name": "VIN-1", "product_id": cls.make_product().id})
        cls.records["calendar.event"] = cls.env["calendar.event"].create(
            {"dealer_crm_lead_id": cls.records["dealer.crm.lead"].id, **cls.MEETING}
        )
        cls.records["sale.order"] = cls.make_order(
            cls.make_lead(), confirm=False, user_id=cls.agent.id
        )

    def get_base(self, model):
        return {
            "calendar.event": self.MEETING,
            "crm.team": {"name": "Team"},
            "res.company": {"name": "Fourth Dealer"},
            "stock.warehouse": {"name": "Yard", "code": "YARD"},
            "dealer.crm.lead": {"contact_name": "Bo"},
            "dealer.crm.stage": {"name": "Call"},
            "digest.digest": {"name": "Monthly"},
            "dealer.crm.lost.reason": {"name": "Ill"},
            "crm.team.member": {"crm_team_id": self.team.id, "user_id": self.other_agent.id},
            "sale.order": {"partner_id": self.records["sale.order"].partner_id.id},
            "dealer.crm.bpo.connection": {
                "name": "Other",
                "url": "https://other.example.com",
                "database": "x",
                "login": "x",
                "active": False,
            },
        }.get(model, {})

    def get_special(self, model):
        return {
            "dealer.crm.lead": {
                "company_id": self.other_company.id,
                "partner_id": self.env["res.partner"].create({"name": "Carla"}).id,
                "product_id": self.make_product().id,
                "stage_id": self.qualified.id,
                "team_id": False,
                "user_id": self.other_agent.id,
                "email": "bo@example.com",
                # Above the budget's lowest amount, below its highest.
                "budget_min": 3,
                "budget_max": 8,
                "trade_in_year": 2015,
                "sale_order_ids": [Command.clear()],
                "appointment_ids": [Command.clear()],
            },
            "calendar.event": {"dealer_crm_lead_id": self.make_lead().id},
            "dealer.crm.stage": {"is_won": False, "is_lost": False},
            "sale.order": {"dealer_crm_lead_id": self.records["dealer.crm.lead"].id},
            "dealer.crm.bpo.connection": {
                "company_id": self.third.id,
                "url": "https://elsewhere.example.com",
                "user_id": self.manager.id,
                "state": "held",
            },
        }.get(model, {})

    def test_table(self):
        self.assertFieldTable()
