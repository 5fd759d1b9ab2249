import {expect, test} from "@odoo/hoot";
import {findPlace} from "@dealer_crm/board/card_order";

const make = (resId, data) => ({resId, data});

test("priority first, then the newest", () => {
    const records = [make(9, {priority: "2"}), make(7, {priority: "1"}), make(3, {priority: "1"})];
    expect(findPlace(make(10, {priority: "2"}), records, [])).toBe(0);
    expect(findPlace(make(8, {priority: "2"}), records, [])).toBe(1);
    expect(findPlace(make(5, {priority: "1"}), records, [])).toBe(2);
    expect(findPlace(make(1, {priority: "0"}), records, [])).toBe(3);
});

test("the order of the view; empty values are the greatest", () => {
    const order = [{name: "user_id", asc: true}];
    const records = [make(1, {user_id: {id: 4, display_name: "Ada"}}), make(2, {user_id: false})];
    const mine = make(3, {user_id: {id: 1, display_name: "Max"}});
    expect(findPlace(mine, records, order)).toBe(1);
    expect(findPlace(mine, records.toReversed(), [{name: "user_id", asc: false}])).toBe(1);
});
