import {mailModels} from "@mail/../tests/mail_test_helpers";
import {defineModels, fields, makeServerError, models} from "@web/../tests/web_test_helpers";

export class Stage extends models.Model {
    _name = "dealer.crm.stage";

    name = fields.Char();
    is_won = fields.Boolean();
    is_lost = fields.Boolean();

    _records = [
        {id: 1, name: "New"},
        {id: 2, name: "Qualified"},
        {id: 3, name: "Negotiation"},
        {id: 4, name: "Won", is_won: true},
        {id: 5, name: "Lost", is_lost: true},
    ];
}

function makeLead(id, values) {
    return {id, won_status: "pending", active: true, priority: "0", ...values};
}

export class Lead extends models.Model {
    _name = "dealer.crm.lead";

    active = fields.Boolean();
    priority = fields.Char();
    stage_id = fields.Many2one({relation: "dealer.crm.stage"});
    next_stage_id = fields.Many2one({relation: "dealer.crm.stage"});
    won_status = fields.Char();
    kanban_state = fields.Char();
    display_name = fields.Char();
    anything = fields.Char();
    next_step = fields.Char();
    is_ready_to_win = fields.Boolean();
    partner_id = fields.Many2one({relation: "res.partner"});
    mobile = fields.Char();
    phone = fields.Char();
    phone_sanitized = fields.Char();
    email = fields.Char();
    has_duplicate = fields.Boolean();
    user_id = fields.Many2one({relation: "res.users"});
    activity_ids = fields.One2many({relation: "mail.activity"});
    activity_exception_decoration = fields.Char();
    activity_exception_icon = fields.Char();
    activity_state = fields.Char();
    activity_summary = fields.Char();
    activity_type_icon = fields.Char();
    activity_type_id = fields.Many2one({relation: "mail.activity.type"});

    get_undo_offer() {
        return false;
    }

    _records = [
        makeLead(1, {
            stage_id: 1,
            next_stage_id: 2,
            display_name: "Mei",
            next_step: "First call",
            anything: "Mei",
        }),
        makeLead(2, {
            stage_id: 1,
            next_stage_id: 2,
            display_name: "Tom",
            next_step: "First call",
            has_duplicate: true,
        }),
        makeLead(3, {stage_id: 2, next_stage_id: 3, display_name: "Ana", priority: "2"}),
        makeLead(4, {stage_id: 2, next_stage_id: 3, display_name: "Ben"}),
        makeLead(5, {
            stage_id: 3,
            display_name: "Rita",
            is_ready_to_win: true,
            next_step: "Ready: Mark Won",
        }),
        makeLead(6, {stage_id: 3, display_name: "Sam", next_step: "S1 waits for stock"}),
        makeLead(7, {stage_id: 4, display_name: "Ivy", won_status: "won"}),
        makeLead(8, {stage_id: 5, display_name: "Joe", won_status: "lost"}),
    ];
}

export const ARCH = `
    <kanban js_class="dealer_lead_kanban" default_group_by="stage_id" default_order="priority desc, id desc">
        <field name="stage_id"/>
        <field name="active"/>
        <field name="priority"/>
        <field name="won_status"/>
        <field name="kanban_state"/>
        <field name="next_stage_id"/>
        <field name="is_ready_to_win"/>
        <field name="next_step"/>
        <field name="partner_id" invisible="1"/>
        <field name="mobile"/>
        <field name="phone"/>
        <field name="phone_sanitized"/>
        <field name="email"/>
        <field name="has_duplicate"/>
        <templates>
            <t t-name="menu"><a role="menuitem" class="dropdown-item" type="open">Edit</a></t>
            <t t-name="card">
                <field name="display_name"/><i t-if="record.has_duplicate.raw_value" class="o_twin"/>
            </t>
        </templates>
    </kanban>`;

/** What Odoo says of a lead that was deleted. */
export function makeMissing() {
    const message = "Record does not exist. (Record: dealer.crm.lead(1,), User: 2)";
    return makeServerError({type: "MissingError", message});
}

export function defineBoardModels() {
    defineModels({...mailModels, Stage, Lead});
}
