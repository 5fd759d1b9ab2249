"""Odoo's public methods that our models inherit: who may call them, and arguments that work.

An entry is as in ``expected.METHODS``. Instead of roles it may name the required right; what depends on
the model is a function of the test case and the model's name.
"""

from .expected import ADMINS, EMPLOYEES, NOBODY, OPEN, TAKES_MAIL

NOTE = "together.attempts_note"
EMPTY = {"domain": []}
ACTIVITIES = {"act_type_xmlids": ["mail.mail_activity_data_todo"]}
EMAIL = {"msg_dict": {"subject": "x", "from": "x@example.com", "email_from": "x@example.com"}}


def having(name, entry, otherwise):
    """``entry`` for models with the field ``name``, ``otherwise`` for the others."""
    return lambda case, model: entry if name in case.env[model]._fields else otherwise


def named(entry, otherwise):
    """``entry`` for models whose records have a name that can be written."""
    return lambda case, model: entry if case.env[model]._rec_name else otherwise


def by_mail(entry):
    """``entry`` for models that accept e-mails; nobody for the others."""
    return lambda case, model: entry if model in TAKES_MAIL else (NOBODY, *entry[1:])


def grouped(**arguments):
    """Arguments in which a field to group by replaces ``GROUP``."""

    def fill(value, name):
        if isinstance(value, list):
            return [fill(each, name) for each in value]
        return name if value == "GROUP" else value

    def make(case, model):
        name = next(
            name
            for name, field in case.env[model]._fields.items()
            if field.store and not field.groups and field.type in ("many2one", "selection")
        )
        return {key: fill(value, name) for key, value in arguments.items()}

    return make


def stored(case, model):
    fields = case.env[model]._fields.items()
    return next(name for name, field in fields if field.store and name != "id" and not field.groups)


def translated(case, model):
    """Entry of a method that writes the translated fields, and nothing without any."""
    names = [name for name, field in case.env[model]._fields.items() if field.translate is True]
    return ("write" if names else OPEN, {"values": dict.fromkeys(names, "x")})


def importable(case, model):
    """Values of a new record as columns of an import file."""
    fields, data = ["id"], [""]
    for name, value in case.values[model].items():
        relational = case.env[model]._fields[name].relational
        fields.append(f"{name}/.id" if relational else name)
        data.append(str(value[0] if isinstance(value, list) else value))
    if not data[1:]:
        return {"fields": ["id", "display_name"], "data": [["", "x"]]}
    return {"fields": fields, "data": [data]}


NO_ACTIVE = (OPEN, {}, "AssertionError")
CREATE = {
    "create": ("create", lambda case, model: {"vals_list": [case.values[model]]}),
    "name_create": named(
        (
            "create",
            lambda case, model: {
                "name": "x",
                "context": {f"default_{key}": value for key, value in case.values[model].items()},
            },
        ),
        (OPEN, {"name": "x"}),
    ),
    "copy": ("create", {}),
    "load": ("create", importable),
    "onchange": ("create", {"values": {}, "field_names": [], "fields_spec": {}}),
    "create_and_get_website_url": ("create", {"name": "x"}),
    "message_new": by_mail(("create", EMAIL)),
}
WRITE = {
    "write": ("write", {"vals": {"display_name": "x"}}),
    "web_save": ("write", {"vals": {"display_name": "x"}, "specification": {}}),
    "web_save_multi": ("write", {"vals_list": [{"display_name": "x"}], "specification": {}}),
    "web_resequence": having(
        "sequence", ("write", {"specification": {}}), (OPEN, {"specification": {}})
    ),
    "update_field_translations": (
        "write",
        lambda case, model: {"field_name": stored(case, model), "translations": {}},
    ),
    "web_override_translations": translated,
    "action_archive": having("active", ("write", {}), NO_ACTIVE),
    "action_unarchive": having("active", ("write", {}), NO_ACTIVE),
    "toggle_active": having("active", ("write", {}), NO_ACTIVE),
    "website_publish_button": ("write", {}),
    "message_update": by_mail(("write", {**EMAIL, "update_vals": {"city": "x"}})),
    "message_post": ("write", {"body": "x"}),
    "message_post_with_source": ("write", {"source_ref": NOTE}),
    "message_subscribe": ("write", {"partner_ids": [1]}),
    "message_unsubscribe": ("write", {"partner_ids": [1]}),
    "activity_schedule": ("write", {"summary": "x"}),
    "activity_send_mail": ("write", lambda case, model: {"template_id": case.templates[model].id}),
    "unlink": ("unlink", {}),
}
READ = {
    "read": ("read", {"fields": ["display_name"]}),
    "web_read": ("read", {"specification": {"display_name": {}}}),
    "export_data": ("read", {"fields_to_export": ["display_name"]}),
    "copy_data": ("read", {}),
    "search": ("read", EMPTY),
    "search_count": ("read", EMPTY),
    "search_read": ("read", {"domain": [], "fields": ["display_name"]}),
    "web_search_read": ("read", {"domain": [], "specification": {}}),
    "name_search": ("read", {"name": ""}),
    "web_name_search": ("read", {"name": "", "specification": {"display_name": {}}}),
    "read_group": ("read", {"domain": [], "fields": [], "groupby": []}),
    "formatted_read_group": ("read", {"domain": [], "groupby": [], "aggregates": ["__count"]}),
    "formatted_read_grouping_sets": ("read", grouped(domain=[], grouping_sets=[["GROUP"]])),
    "web_read_group": ("read", grouped(domain=[], groupby=["GROUP"])),
    "read_progress_bar": (
        "read",
        grouped(domain=[], group_by="GROUP", progress_bar={"field": "id", "colors": {}}),
    ),
    "search_panel_select_range": ("read", grouped(field_name="GROUP")),
    "search_panel_select_multi_range": ("read", grouped(field_name="GROUP")),
    "check_access_rule": ("read", {"operation": "read"}),
    "check_access_rights": ("read", {"operation": "read"}),
    "get_metadata": having("create_uid", ("read", {}), (OPEN, {})),
    "get_base_url": having("company_id", ("read", {}), (OPEN, {})),
    "get_field_translations": (
        "read",
        lambda case, model: {"field_name": stored(case, model)},
    ),
    "get_property_definition": ("read", {"full_name": "x.y"}, "ValueError"),
    "get_view": ("read", {}),
    "get_views": ("read", {"views": [[False, "list"]]}),
    "notify_cancel_by_type": ("read", {"notification_type": "email"}),
    "message_notify": ("read", {"body": "x", "partner_ids": [1]}),
    "message_mail_with_source": ("read", {"source_ref": NOTE}),
    "action_reschedule_my_next_today": ("read", {}),
    "action_reschedule_my_next_tomorrow": ("read", {}),
    "action_reschedule_my_next_nextweek": ("read", {}),
}
#: Methods that return nothing of a record, or only what the caller may read elsewhere
TELLS = {
    "check_field_access_rights": (OPEN, {"operation": "read", "field_names": None}),
    # Reads one record and writes another with the caller's rights; here without fields.
    "copy_translations": (
        OPEN,
        lambda case, model: {"new": case.records[model], "excluded": [*case.env[model]._fields]},
    ),
    "default_get": (OPEN, {"fields": ["display_name"]}),
    "fields_get": (OPEN, {}),
    "get_empty_list_help": (OPEN, {"help_message": "x"}),
    "get_external_id": (OPEN, {}),
    "get_formview_action": (OPEN, {}),
    "get_formview_id": (OPEN, {}),
    "get_import_templates": (OPEN, {}),
    "get_website_meta": (OPEN, {}),
    "has_access": (OPEN, {"operation": "read"}),
    "is_transient": (OPEN, {}),
    "mail_allowed_qweb_expressions": (OPEN, {}),
    "mail_get_partner_fields": (OPEN, {}),
    "open_website_url": (OPEN, {}),
    "view_header_get": (OPEN, {"view_id": False, "view_type": "form"}),
    # Methods about messages, followers and activities, which have their own rights.
    "activity_feedback": (EMPLOYEES, ACTIVITIES),
    "activity_reschedule": (EMPLOYEES, {**ACTIVITIES, "date_deadline": "2031-01-01"}),
    "activity_search": (EMPLOYEES, ACTIVITIES),
    "activity_unlink": (EMPLOYEES, ACTIVITIES),
    "message_change_thread": (OPEN, lambda case, model: {"new_thread": case.records[model]}),
    "message_get_followers": (EMPLOYEES, {}),
    # Methods about Odoo's lists of blocked addresses.
    "mail_action_blacklist_remove": (NOBODY, {}),
    "phone_action_blacklist_remove": (NOBODY, {}),
    # These take a parsed e-mail.
    "message_parse": (OPEN, {"message": "x"}, "ValueError"),
    "message_route": (OPEN, {"message": "x", "message_dict": {}}, "TypeError"),
    "message_process": by_mail(
        (EMPLOYEES, lambda case, model: {"model": model, "message": case.mail(model)})
    ),
}
INHERITED = CREATE | WRITE | READ | TELLS
# Of account.move.reversal, a model with Odoo's own rights: declared, not tried.
INHERITED["reverse_moves"] = (OPEN, {}, "ValueError")
#: Methods that only code can call: they take objects, or no record
BY_CODE = (
    "is_transient",
    "message_change_thread",
    "message_parse",
    "message_route",
)
#: Methods that raise RuntimeError outside a web request
BY_WEB = ("get_suggested_controllers",)
#: Entries of models that differ
EXCEPTIONS = {
    # A copy would contain the key.
    ("bpo.dealer", "copy_data"): (ADMINS, {}),
    ("dealer.crm.callback", "copy_data"): (NOBODY, {}),
    # An e-mail with the sender's own text.
    ("dealer.crm.stage", "message_mail_with_source"): (EMPLOYEES, {"source_ref": NOTE}),
}
