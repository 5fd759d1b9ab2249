"""Who may do what on purpose: what the attempts are compared with, and what docs/security.md shows.

A model, or a public method, that is not here makes the test fail.
"""

#: who tries; the visitor has no login
ROLES = ("visitor", "portal", "internal", "intake", "agent", "manager", "admin")

#: c(reate), r(ead), w(rite), d(elete) by model: of agent, manager, admin; all others have no right at all
RIGHTS = {
    "bpo.dealer": ("r", "r", "crwd"),
    "bpo.dealer.callback": ("", "", "r"),
    "bpo.dealer.key": ("", "", ""),
    "dealer.crm.assignment": ("r", "r", "r"),
    "dealer.crm.assignment.decline": ("crw", "crw", "crw"),
    "dealer.crm.bpo.connection": ("", "", "crwd"),
    "dealer.crm.bpo.key": ("", "", ""),
    "dealer.crm.callback": ("r", "r", "r"),
    "dealer.crm.callback.attempt": ("", "r", "r"),
    "dealer.crm.callback.reason": ("", "", "crw"),
    "dealer.crm.commission": ("r", "r", "rd"),
    "dealer.crm.commission.line": ("r", "r", "r"),
    "dealer.crm.commission.plan": ("r", "r", "crwd"),
    "dealer.crm.commission.plan.rule": ("r", "r", "crwd"),
    "dealer.crm.lead": ("crw", "crwd", "crwd"),
    "dealer.crm.lead.assign": ("crw", "crw", "crw"),
    "dealer.crm.lead.customer": ("crw", "crw", "crw"),
    "dealer.crm.lead.lost": ("crw", "crw", "crw"),
    "dealer.crm.lead.reopen": ("", "crw", "crw"),
    "dealer.crm.lost.reason": ("r", "r", "crwd"),
    "dealer.crm.partner.activation": ("r", "r", "crwd"),
    "dealer.crm.partner.level": ("r", "r", "crwd"),
    "dealer.crm.partnership.report": ("", "r", "r"),
    "dealer.crm.stage": ("r", "r", "crwd"),
    # The settings themselves belong to a company.
    "dealer.crm.settings": ("", "", "crw"),
}

AGENTS, MANAGERS, ADMINS = ("agent", "manager", "admin"), ("manager", "admin"), ("admin",)
NOBODY, EMPLOYEES = (), ("internal", *AGENTS)
#: for what tells about the caller's own or about how a model is made, and so answers everybody
OPEN = ROLES

#: an e-mail makes a lead, as a customer's call does; of the values handed in with it only harmless ones stay
TAKES_MAIL = ("dealer.crm.lead",)

ENDORSED = {
    "bpo_source_lead_id": 4711,
    "bpo_source_lead_name": "B/4711",
    "bpo_source_url": "https://bpo.example.com",
    "contact_name": "Ida",
}
#: our own public methods: roles, arguments, and what those hear who are let in (an error's name; "allowed" if not said)
METHODS = {
    # Odoo's own, for whoever has Odoo's settings of maps to read; ours only keeps a run's requests apart.
    "base.geocoder": {"geo_find": (EMPLOYEES, {"addr": ""})},
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
        "action_rebind": (ADMINS, {}),
        "action_test_connection": (ADMINS, {}),
    },
    "dealer.crm.callback": {
        "action_cancel": (ADMINS, {"reason": "x"}),
        "action_retry": (ADMINS, {"reason": "x"}),
    },
    "dealer.crm.callback.reason": {"action_confirm": (ADMINS, {})},
    "dealer.crm.commission": {
        "action_approve": (MANAGERS, {}),
        "action_create_bills": (MANAGERS, {}),
        "action_open_bill": (AGENTS, {}),
    },
    "dealer.crm.lead": {
        "action_accept_assignment": (AGENTS, {}),
        "action_assign_partner": (AGENTS, {}),
        "action_confirm_deal": (MANAGERS, {}),
        "action_convert_to_quotation": (AGENTS, {}),
        "action_decline_assignment": (AGENTS, {}),
        "action_mark_lost": (AGENTS, {}),
        "action_mark_won": (AGENTS, {}),
        "action_open_decline": (AGENTS, {}),
        "action_open_duplicates": (AGENTS, {}),
        "action_open_quotation": (AGENTS, {}),
        "action_reopen": (MANAGERS, {"reason": "x"}),
        "assign_partner": (AGENTS, {"partner": False}),
        # The spec lets a Dealer User endorse, too.
        "intake_key_expiry": (("intake", *AGENTS), {"key_index": "x"}),
        "receive_endorsed_lead": (("intake", *AGENTS), {"payload": ENDORSED}),
    },
    "dealer.crm.lead.assign": {"action_confirm": (AGENTS, {})},
    "dealer.crm.lead.customer": {"action_confirm": (AGENTS, {})},
    "dealer.crm.lead.lost": {"action_confirm": (AGENTS, {})},
    "dealer.crm.lead.reopen": {"action_confirm": (MANAGERS, {})},
    "dealer.crm.lost.reason": {"action_open_leads": (AGENTS, {})},
    "dealer.crm.partner.activation": {"action_open_partners": (AGENTS, {})},
    "dealer.crm.partner.level": {"action_open_partners": (AGENTS, {})},
    "dealer.crm.settings": {"action_open": (ADMINS, {})},
    "res.partner": {
        "action_open_dealer_crm_leads": (AGENTS, {}),
        "action_open_dealer_leads": (AGENTS, {}),
        "action_reset_dealer_level_weight": (MANAGERS, {}),
    },
}
