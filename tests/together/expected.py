"""The declared rights, with which the attempts are compared; docs/security.md shows the counts.

A model or public method that is not declared here makes the test fail.
"""

#: Roles; the visitor has no login
ROLES = ("visitor", "portal", "internal", "intake", "agent", "manager", "admin")

#: c(reate), r(ead), w(rite), d(elete) by model: of agent, manager, admin; all others have no rights
RIGHTS = {
    "bpo.dealer": ("r", "r", "crwd"),
    "bpo.dealer.callback": ("", "", "r"),
    "bpo.dealer.key": ("", "", ""),
    "dealer.crm.assignment": ("r", "r", "r"),
    "dealer.crm.assignment.decline": ("crw", "crw", "crw"),
    "dealer.crm.bpo.connection": ("", "", "crwd"),
    "dealer.crm.bpo.connection.hold": ("", "", "crw"),
    "dealer.crm.bpo.key": ("", "", ""),
    "dealer.crm.callback": ("r", "r", "r"),
    "dealer.crm.callback.attempt": ("", "r", "r"),
    "dealer.crm.callback.reason": ("", "", "crw"),
    "dealer.crm.commission": ("r", "r", "rd"),
    "dealer.crm.commission.decide": ("", "crw", "crw"),
    "dealer.crm.commission.entry": ("r", "r", "r"),
    "dealer.crm.commission.plan": ("r", "r", "crwd"),
    "dealer.crm.commission.plan.rule": ("r", "r", "crwd"),
    "dealer.crm.commission.statement": ("", "crw", "crw"),
    "dealer.crm.lead": ("crw", "crwd", "crwd"),
    "dealer.crm.lead.assign": ("crw", "crw", "crw"),
    "dealer.crm.lead.call": ("crw", "crw", "crw"),
    "dealer.crm.lead.customer": ("crw", "crw", "crw"),
    "dealer.crm.lead.lost": ("crw", "crw", "crw"),
    "dealer.crm.lead.merge": ("", "crw", "crw"),
    "dealer.crm.lead.reassign": ("", "crw", "crw"),
    "dealer.crm.lead.reopen": ("", "crw", "crw"),
    "dealer.crm.lead.stay": ("", "r", "r"),
    "dealer.crm.lead.turn": ("", "", ""),
    "dealer.crm.lost.reason": ("r", "r", "crwd"),
    "dealer.crm.partner.activation": ("r", "r", "crwd"),
    "dealer.crm.partner.level": ("r", "r", "crwd"),
    "dealer.crm.partnership.report": ("", "r", "r"),
    "dealer.crm.pipeline.report": ("r", "r", "r"),
    "dealer.crm.response.report": ("", "r", "r"),
    "dealer.crm.stage": ("r", "r", "crwd"),
    # The settings belong to a company.
    "dealer.crm.settings": ("", "", "crw"),
}

AGENTS, MANAGERS, ADMINS = ("agent", "manager", "admin"), ("manager", "admin"), ("admin",)
NOBODY, EMPLOYEES = (), ("internal", *AGENTS)
#: For methods about the caller or the structure of a model, which answer everybody
OPEN = ROLES

#: An e-mail creates a lead, as a customer's call does; of the submitted values only harmless ones are kept
TAKES_MAIL = ("dealer.crm.lead",)

ENDORSED = {
    "bpo_source_lead_id": 4711,
    "bpo_source_lead_name": "B/4711",
    "bpo_source_url": "https://bpo.example.com",
    "contact_name": "Ida",
}
NO_CHANGES = {"lead_ids": [], "domain": [], "specification": {}}
#: Our public methods: roles, arguments, and the answer for these roles (an error's name; default "allowed")
METHODS = {
    # Odoo's own method, which needs read access to the settings of maps; ours only spaces out requests.
    "base.geocoder": {"geo_find": (EMPLOYEES, {"addr": ""})},
    # Without access to leads, the result is a field that is not there.
    "calendar.event": {
        "action_dealer_crm_done": (AGENTS, {}),
        "action_dealer_crm_no_show": (AGENTS, {}),
    },
    "base_import.import": {"get_fields_tree": (OPEN, {"model": "dealer.crm.lead"})},
    "website": {"get_suggested_controllers": (OPEN, {})},
    "bpo.dealer": {"action_test_connection": (ADMINS, {}, "UserError")},
    "crm.lead": {
        "action_endorse": (AGENTS, {}, "UserError"),
        "dealer_callback_capabilities": (OPEN, {}),
        "dealer_callback_key_expiry": (OPEN, {"key_index": "x"}),
        "dealer_callback_reconcile": (OPEN, {"leads": []}),
        "update_from_dealer_callback": (OPEN, {"payload": {}}),
        "update_from_dealer_callbacks": (OPEN, {"payloads": []}),
    },
    "dealer.crm.assignment.decline": {"action_confirm": (AGENTS, {})},
    "dealer.crm.bpo.connection": {
        "action_hold": (ADMINS, {"reason": "x"}),
        "action_rebind": (ADMINS, {}),
        "action_resume": (ADMINS, {}),
        "action_test_connection": (ADMINS, {}),
    },
    "dealer.crm.bpo.connection.hold": {"action_confirm": (ADMINS, {})},
    "dealer.crm.callback": {
        "action_cancel": (ADMINS, {"reason": "x"}),
        "action_retry": (ADMINS, {"reason": "x"}),
    },
    "dealer.crm.callback.reason": {"action_confirm": (ADMINS, {})},
    "dealer.crm.commission": {
        "action_adjust": (MANAGERS, {"amount": 1, "reason": "x"}),
        "action_apply_plan": (MANAGERS, {}),
        "action_approve": (MANAGERS, {}),
        "action_back_to_draft": (MANAGERS, {}),
        "action_cancel": (MANAGERS, {"reason": "x"}),
        "action_create_bills": (MANAGERS, {}),
        "action_open_bill": (AGENTS, {}),
        "action_refuse": (MANAGERS, {}),
        "action_restore": (MANAGERS, {"reason": "x"}),
    },
    "dealer.crm.commission.decide": {"action_confirm": (MANAGERS, {}, "UserError")},
    "dealer.crm.commission.entry": {
        "action_approve": (MANAGERS, {}),
        "action_back_to_draft": (MANAGERS, {}, "UserError"),
        "action_create_bills": (MANAGERS, {}),
        "action_refuse": (MANAGERS, {}),
        # The company is the deal's, which Odoo reads for everybody.
        "get_base_url": (OPEN, {}),
    },
    "dealer.crm.commission.statement": {"action_print": (MANAGERS, {})},
    "dealer.crm.lead": {
        "action_accept_assignment": (AGENTS, {}),
        "action_ask_warehouse": (AGENTS, {}, "UserError"),
        "action_assign_partner": (AGENTS, {}),
        "action_confirm_deal": (MANAGERS, {}),
        "action_convert_to_quotation": (AGENTS, {}),
        "action_decline_assignment": (AGENTS, {}),
        "action_log_call": (AGENTS, {}),
        "action_mark_lost": (AGENTS, {}),
        "action_mark_won": (AGENTS, {}),
        "action_open_decline": (AGENTS, {}),
        "action_open_deliveries": (AGENTS, {}, "UserError"),
        "action_open_appointments": (AGENTS, {}),
        "action_open_duplicates": (AGENTS, {}),
        "action_open_quotation": (AGENTS, {}),
        "action_reopen": (MANAGERS, {"reason": "x"}),
        "action_schedule_appointment": (AGENTS, {}),
        "action_take": (AGENTS, {}),
        "action_undo_closing": (AGENTS, {}, "UserError"),
        "assign_partner": (AGENTS, {"partner": False}),
        "get_overview": (AGENTS, {}),
        "get_undo_offer": (AGENTS, {}),
        "log_call": (AGENTS, {"result": "busy"}),
        "read_changes": (AGENTS, NO_CHANGES),
        # A Dealer User may endorse, too.
        "explain_empty_search": (AGENTS, {"text": "Ida"}),
        "intake_key_expiry": (("intake", *AGENTS), {"key_index": "x"}),
        "receive_endorsed_lead": (("intake", *AGENTS), {"payload": ENDORSED}),
    },
    "dealer.crm.lead.assign": {"action_confirm": (AGENTS, {})},
    "dealer.crm.lead.call": {"action_confirm": (AGENTS, {})},
    "dealer.crm.lead.customer": {"action_confirm": (AGENTS, {})},
    "dealer.crm.lead.lost": {"action_confirm": (AGENTS, {})},
    "dealer.crm.lead.merge": {"action_confirm": (MANAGERS, {}, "UserError")},
    "dealer.crm.lead.reassign": {"action_confirm": (MANAGERS, {}, "UserError")},
    "dealer.crm.lead.reopen": {"action_confirm": (MANAGERS, {})},
    "dealer.crm.lead.stay": {"action_open_lead": (MANAGERS, {})},
    "dealer.crm.lost.reason": {"action_open_leads": (AGENTS, {})},
    "dealer.crm.partner.activation": {"action_open_partners": (AGENTS, {})},
    "dealer.crm.partner.level": {"action_open_partners": (AGENTS, {})},
    "dealer.crm.pipeline.report": {"action_open_lead": (AGENTS, {})},
    "dealer.crm.response.report": {"action_open_lead": (MANAGERS, {})},
    "dealer.crm.settings": {"action_open": (ADMINS, {}), "get_first_day": (ADMINS, {})},
    "dealer.crm.stage": {
        "explain_edit": (ADMINS, {"vals": {}}),
        "explain_resequence": (ADMINS, {}),
    },
    "res.partner": {
        "action_open_dealer_crm_leads": (AGENTS, {}),
        "action_open_dealer_leads": (AGENTS, {}),
        "action_reset_dealer_level_weight": (MANAGERS, {}),
    },
}
