"""Finds our models and fields in the registry of a database with all addons of this repository."""

import ast
import pathlib

from odoo.modules import Manifest
from odoo.tests import new_test_user

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADDONS = tuple(
    sorted(
        path.parent.name
        for place in (ROOT, ROOT / "examples")
        for path in place.glob("*/__manifest__.py")
        if ast.literal_eval(path.read_text()).get("installable", True)
    )
)


def addon_paths() -> list[str]:
    return [Manifest.for_addon(name).path for name in ADDONS]


def own_models(env) -> list[str]:
    """Return the models that our addons define, abstract ones included."""
    return sorted(name for name, model in env.registry.items() if model._original_module in ADDONS)


def extended_models(env) -> list[str]:
    """Return Odoo's models that our addons extend."""
    return sorted(
        name
        for name, model in env.registry.items()
        if model._original_module not in ADDONS
        and any(getattr(base, "_module", None) in ADDONS for base in model.__mro__)
    )


def is_ours(field) -> bool:
    """Whether one of our addons defines or changes a field."""
    while field.inherited_field:
        field = field.inherited_field
    return bool(set(field._modules) & set(ADDONS))


def models_with_our_fields(env) -> list[str]:
    """Return the models with a table and a field of ours, inherited ones (as in ``res.users``) included."""
    return sorted(
        name
        for name, model in env.registry.items()
        if not model._abstract and any(is_ours(field) for field in model._fields.values())
    )


#: Roles by the groups they have; implied groups are added
ROLES = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "internal": "base.group_user",
    "contacts": "base.group_user,base.group_partner_manager",
    "sales": "base.group_user,sales_team.group_sale_salesman",
    "sales_all": "base.group_user,sales_team.group_sale_salesman_all_leads",
    "sales_manager": "base.group_user,sales_team.group_sale_manager",
    "stock": "base.group_user,stock.group_stock_user",
    "stock_manager": "base.group_user,stock.group_stock_manager",
    "invoicing": "base.group_user,account.group_account_invoice",
    "accounting": "base.group_user,account.group_account_manager",
    "website": "base.group_user,website.group_website_restricted_editor",
    "settings": "base.group_user,base.group_system",
    "intake": "base.group_user,dealer_crm.group_dealer_intake",
    "agent": "base.group_user,dealer_crm.group_dealer_user",
    "manager": "base.group_user,dealer_crm.group_dealer_manager",
    "admin": "base.group_user,dealer_crm.group_dealer_admin",
}


def make_user(env, role):
    return new_test_user(
        env(context={**env.context, "no_reset_password": True}), f"together-{role}", ROLES[role]
    )
