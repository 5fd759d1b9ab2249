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
#: our methods that answer whoever calls about what is his own
OPEN = ROLES
#: arguments and roles of the public methods of ours; what overrides a method of Odoo's is in INHERITED
METHODS = {
    # Odoo's own, which anybody may call; ours only keeps a run's requests apart.
    "base.geocoder": {"geo_find": ({"addr": "x"}, OPEN)},
    "bpo.dealer": {"action_test_connection": ({}, ADMINS)},
    "crm.lead": {
        "action_endorse": ({}, AGENTS),
        "dealer_callback_capabilities": ({}, OPEN),
        "dealer_callback_key_expiry": ({}, OPEN),
        "dealer_callback_reconcile": ({"leads": []}, OPEN),
        "update_from_dealer_callback": ({"payload": {}}, OPEN),
        "update_from_dealer_callbacks": ({"payloads": []}, OPEN),
    },
    "dealer.crm.assignment.decline": {"action_confirm": ({}, AGENTS)},
    "dealer.crm.bpo.connection": {
        "action_rebind": ({}, ADMINS),
        "action_test_connection": ({}, ADMINS),
    },
    "dealer.crm.callback": {
        "action_cancel": ({"reason": "x"}, ADMINS),
        "action_retry": ({"reason": "x"}, ADMINS),
    },
    "dealer.crm.callback.reason": {"action_confirm": ({}, ADMINS)},
    "dealer.crm.commission": {
        "action_approve": ({}, MANAGERS),
        "action_create_bills": ({}, MANAGERS),
        "action_open_bill": ({}, AGENTS),
    },
    "dealer.crm.lead": {
        "action_accept_assignment": ({}, AGENTS),
        "action_assign_partner": ({}, AGENTS),
        "action_convert_to_quotation": ({}, AGENTS),
        "action_decline_assignment": ({}, AGENTS),
        "action_mark_lost": ({}, AGENTS),
        "action_mark_won": ({}, AGENTS),
        "action_open_decline": ({}, AGENTS),
        "action_open_duplicates": ({}, AGENTS),
        "action_open_quotation": ({}, AGENTS),
        "action_reopen": ({"reason": "x"}, MANAGERS),
        "assign_partner": ({"partner": False}, AGENTS),
        # The spec lets a Dealer User endorse, too.
        "intake_key_expiry": ({"key_index": "x"}, ("intake", *AGENTS)),
        "receive_endorsed_lead": ({"payload": {}}, ("intake", *AGENTS)),
    },
    "dealer.crm.lead.assign": {"action_confirm": ({}, AGENTS)},
    "dealer.crm.lead.customer": {"action_confirm": ({}, AGENTS)},
    "dealer.crm.lead.lost": {"action_confirm": ({}, AGENTS)},
    "dealer.crm.lead.reopen": {"action_confirm": ({}, MANAGERS)},
    "dealer.crm.lost.reason": {"action_open_leads": ({}, AGENTS)},
    "dealer.crm.partner.activation": {"action_open_partners": ({}, AGENTS)},
    "dealer.crm.partner.level": {"action_open_partners": ({}, AGENTS)},
    "dealer.crm.settings": {"action_open": ({}, ADMINS)},
    "res.partner": {
        "action_open_dealer_crm_leads": ({}, AGENTS),
        "action_open_dealer_leads": ({}, AGENTS),
        "action_reset_dealer_level_weight": ({}, AGENTS),
    },
}

EMPTY = {"domain": []}
#: the right that a public method which we inherit asks for, and its arguments
INHERITED = {
    "create": ("create", {"vals_list": [{}]}),
    "name_create": ("create", {"name": "x"}),
    "copy": ("create", {}),
    "load": ("create", {"fields": ["id", "display_name"], "data": [["", "x"]]}),
    "write": ("write", {"vals": {"display_name": "x"}}),
    "web_save": ("write", {"vals": {"display_name": "x"}, "specification": {}}),
    "action_archive": ("write", {}),
    "message_subscribe": ("read", {"partner_ids": [1]}),
    "message_post": ("read", {"body": "x"}),
    "activity_schedule": ("read", {"summary": "x"}),
    "unlink": ("unlink", {}),
    "read": ("read", {"fields": ["display_name"]}),
    "web_read": ("read", {"specification": {"display_name": {}}}),
    "export_data": ("read", {"fields_to_export": ["display_name"]}),
    "search": ("read", EMPTY),
    "search_count": ("read", EMPTY),
    "search_read": ("read", EMPTY),
    "web_search_read": ("read", {"domain": [], "specification": {}}),
    "name_search": ("read", {"name": ""}),
    "read_group": ("read", {"domain": [], "fields": [], "groupby": []}),
    "formatted_read_group": ("read", {"domain": [], "groupby": [], "aggregates": ["__count"]}),
    "web_read_group": ("read", {"domain": [], "groupby": ["create_uid"]}),
}
#: what tells and changes no record by itself, or works with the methods above and their rights
INDIRECT = frozenset(
    [
        "action_unarchive",
        "toggle_active",
        "action_reschedule_my_next_nextweek",
        "action_reschedule_my_next_today",
        "action_reschedule_my_next_tomorrow",
        "activity_feedback",
        "activity_reschedule",
        "activity_search",
        "activity_send_mail",
        "activity_unlink",
        "check_access_rights",
        "check_access_rule",
        "check_field_access_rights",
        "copy_data",
        "copy_translations",
        "create_and_get_website_url",
        "default_get",
        "fields_get",
        "formatted_read_grouping_sets",
        "get_base_url",
        "get_empty_list_help",
        "get_external_id",
        "get_field_translations",
        "get_formview_action",
        "get_formview_id",
        "get_import_templates",
        "get_metadata",
        "get_property_definition",
        "get_view",
        "get_views",
        "get_website_meta",
        "has_access",
        "is_transient",
        "mail_action_blacklist_remove",
        "mail_allowed_qweb_expressions",
        "mail_get_partner_fields",
        "message_change_thread",
        "message_get_followers",
        "message_mail_with_source",
        "message_new",
        "message_notify",
        "message_parse",
        "message_post_with_source",
        "message_process",
        "message_route",
        "message_unsubscribe",
        "message_update",
        "notify_cancel_by_type",
        "onchange",
        "open_website_url",
        "phone_action_blacklist_remove",
        "read_progress_bar",
        "search_panel_select_multi_range",
        "search_panel_select_range",
        "update_field_translations",
        "view_header_get",
        "web_name_search",
        "web_override_translations",
        "web_resequence",
        "web_save_multi",
        "website_publish_button",
        "get_suggested_controllers",
    ]
)

#: an e-mail makes a lead, as a customer's call does; of the values handed in with it only harmless ones stay
TAKES_MAIL = ("dealer.crm.lead",)
