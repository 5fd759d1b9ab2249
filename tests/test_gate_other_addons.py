"""The gate with addons that deliver in other ways: drop shipments and kits.

``dealer_crm`` depends on neither; both report deliveries in ``qty_delivered``.
"""

import pytest

from .harness import run_odoo

INSTALL = """
modules = env["ir.module.module"].search([("name", "in", ["stock_dropshipping", "sale_mrp"])])
modules.button_immediate_install()
env.cr.commit()
"""
PEOPLE = """
from odoo.exceptions import UserError
agent = env["res.users"].search([("login", "=", "test_agent")])
Lead, Product = env["dealer.crm.lead"].with_user(agent), env["product.product"]

def sell(product, quantity):
    lead = Lead.create({"contact_name": "Ana", "product_id": product.id, "quantity": quantity})
    lead.action_convert_to_quotation()
    order = lead.sale_order_ids
    order.action_confirm()
    return lead, order

def blocked(lead, *words):
    blockers = lead.won_blockers
    assert all(word in blockers for word in words), blockers
    try:
        with env.cr.savepoint():
            lead.action_mark_won()
    except UserError as refusal:
        assert all(word in str(refusal) for word in words), refusal
    else:
        raise AssertionError("it was won")

def won(lead):
    assert not lead.won_blockers, lead.won_blockers
    lead.action_mark_won()
    assert lead.won_status == "won"

def validate(pickings, quantity=None):
    pickings = pickings.sudo()
    for move in pickings.move_ids:
        move.quantity = move.product_uom_qty if quantity is None else quantity
        move.picked = True
    pickings.with_context(skip_backorder=True, skip_sms=True, picking_ids_not_to_backorder=[]).button_validate()

def give_back(order, quantity):
    delivery = order.sudo().picking_ids.filtered(lambda each: each.state == "done").sorted("id")[0]
    wizard = env["stock.return.picking"].with_context(
        active_id=delivery.id, active_ids=delivery.ids, active_model="stock.picking").create({})
    wizard.product_return_moves.quantity = quantity
    validate(delivery.browse(wizard.action_create_returns()["res_id"]))
"""
DROPSHIP = """
vendor = env["res.partner"].create({"name": "Vendor"})
route = env.ref("stock_dropshipping.route_drop_shipping")
product = Product.create({
    "name": "Trailer", "is_storable": True, "list_price": 500, "route_ids": [(6, 0, route.ids)],
    "seller_ids": [(0, 0, {"partner_id": vendor.id, "price": 300})]})
lead, order = sell(product, 3)
purchase = env["purchase.order"].search([("origin", "=", order.name)])
assert purchase.state == "draft", purchase.state
blocked(lead, order.name, "0 of 3 delivered", "deliver the rest or lower the order")
purchase.button_confirm()
first = order.sudo().picking_ids
assert first.is_dropship
blocked(lead, first.name, "not done")
assert lead.blocking_picking_ids == first
validate(first, 1)
(order.sudo().picking_ids - first).action_cancel()
blocked(lead, "1 of 3 delivered")
order.order_line.product_uom_qty = 1
won(lead)
give_back(order, 1)
env.flush_all()
assert order.order_line.qty_delivered == 0
activity = lead.sudo().activity_ids
assert len(activity) == 1 and order.name in activity.note, activity

lead, order = sell(product, 2)
env["purchase.order"].search([("origin", "=", order.name)]).button_confirm()
validate(order.sudo().picking_ids)
give_back(order, 2)
blocked(lead, order.name, "0 of 2 delivered")
"""
KIT = """
wheel, axle = Product.create([{"name": name, "is_storable": True} for name in ("Wheel", "Axle")])
kit = Product.create({"name": "Undercarriage", "is_storable": True, "list_price": 100})
env["mrp.bom"].create({
    "product_tmpl_id": kit.product_tmpl_id.id, "type": "phantom",
    "bom_line_ids": [(0, 0, {"product_id": wheel.id, "product_qty": 4}),
                     (0, 0, {"product_id": axle.id, "product_qty": 2})]})
lead, order = sell(kit, 2)
first = order.sudo().picking_ids
assert len(first.move_ids) == 2
blocked(lead, first.name, "not done")
wheels = first.move_ids.filtered(lambda move: move.product_id == wheel)
axles = first.move_ids - wheels
wheels.quantity, axles.quantity = 8, 2
first.move_ids.picked = True
first.with_context(skip_backorder=True, skip_sms=True, picking_ids_not_to_backorder=[]).button_validate()
rest = order.sudo().picking_ids - first
blocked(lead, rest.name)
rest.action_cancel()
blocked(lead, "Undercarriage", "1 of 2 delivered")
order.order_line.product_uom_qty = 1
won(lead)

lead, order = sell(kit, 2)
validate(order.sudo().picking_ids)
won(lead)
"""


@pytest.fixture(scope="module")
def shell(template_of, settings, tmp_path_factory):
    """Function that runs a script in the shell of a dealer's database with both addons."""
    folder = tmp_path_factory.mktemp("gate")
    db = template_of("dealer").copy(settings.cluster)
    options = settings.options_for(settings.cluster, db_name=db.name)

    def run(script):
        # The shell goes on after an exception, so the last line shows that the script reached its end.
        done = "THE END OF THE SCRIPT"
        script = f"{script}\nprint('{done}')\n"
        output = run_odoo(options, folder, "shell", "--no-http", script=script)
        assert done in output and "Error" not in output, output[-4000:]

    run(INSTALL)
    yield run
    db.drop()


def test_drop_shipment(shell):
    """Nothing is delivered by a draft purchase, part by a partial receipt, and less after a return."""
    shell(PEOPLE + DROPSHIP)


def test_kit(shell):
    """Components count only as complete kits."""
    shell(PEOPLE + KIT)
