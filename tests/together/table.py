"""The table of the attempts in docs/security.md."""

from collections import Counter

from odoo.addons.dealer_crm.tests import test_field_rights as dealer_crm
from odoo.addons.dealer_crm_adf.tests import test_field_rights as adf
from odoo.addons.dealer_crm_resellers.tests import test_field_rights as resellers
from odoo.addons.dealer_crm_resellers_portal.tests import test_field_rights as portal
from odoo.addons.dealer_crm_resellers_website.tests import test_field_rights as website

from .expected import ROLES
from .ours import ROOT

DOCUMENT = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- attempts: begin -->\n", "<!-- attempts: end -->"
COLUMNS = (*ROLES, "system")
FIELDS = (
    dealer_crm.TestFieldRights,
    adf.TestAdfFieldRights,
    resellers.TestResellerFieldRights,
    portal.TestPortalFieldRights,
    website.TestWebsiteFieldRights,
)


def read() -> str:
    """Return the table in the document."""
    return DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0]


def stored_fields():
    """Yield (model, role, whether allowed) of each attempt in the addons' tests of fields."""
    for case in FIELDS:
        for model, _name, role, entry_points in case.expected():
            for may in entry_points.values():
                yield model, "internal" if role == "clerk" else role, may


def make(outcomes) -> str:
    """Return the table of ``outcomes``, tuples (entry point, model, role, …, answer, expected answer)."""
    by_entry_point, by_model = Counter(), Counter()

    def count(entry_point, model, role, may):
        by_entry_point[entry_point, role, may] += 1
        by_model[model, role, may] += 1

    for entry_point, model, role, *_rest, answer, _expected in outcomes:
        count(entry_point, model, role, answer != "refused")
    for model, role, may in stored_fields():
        count("stored fields", model, role, may)
    return "\n".join(
        ["", *lines("entry point", by_entry_point), "", *lines("model", by_model), "", ""]
    )


def lines(title, counts):
    """Yield the lines of a table; a cell has the counts of a role's attempts, refused / allowed."""
    yield f"| {title} | {' | '.join(COLUMNS)} |"
    yield f"|---|{'---|' * len(COLUMNS)}"
    for name in dict.fromkeys(name for name, _role, _may in counts):
        cells = [(counts[name, role, False], counts[name, role, True]) for role in COLUMNS]
        shown = [f"{no} / {yes}" if no or yes else "–" for no, yes in cells]
        yield f"| {name} | {' | '.join(shown)} |"
