import {expect, test} from "@odoo/hoot";
import {press, queryFirst} from "@odoo/hoot-dom";
import {advanceTime, animationFrame} from "@odoo/hoot-mock";
import {MockServer, mockService, mountView} from "@web/../tests/web_test_helpers";
import {JOIN, SPREAD} from "@dealer_crm/live/live_service";
import {ARCH, defineBoardModels, makeMissing} from "./board_models";

defineBoardModels();

const DELETED = "This lead was deleted meanwhile.";

test("what is done with a deleted lead is told in words", async () => {
    expect.errors(1);
    mockService("mail.store", {
        scheduleActivity() {
            throw makeMissing();
        },
    });
    await mountView({type: "kanban", resModel: "dealer.crm.lead", arch: ARCH});
    queryFirst(".o_kanban_record:contains(Mei)").focus();
    await press("a");
    await animationFrame();
    await animationFrame();
    expect(".o_notification_content").toHaveText(DELETED);
    expect(".modal").toHaveCount(0);
    expect.verifyErrors(["RPC_ERROR"]);
});

test("the form of a lead that a colleague deletes says so", async () => {
    expect.errors(1);
    await mountView({
        type: "form",
        resModel: "dealer.crm.lead",
        resId: 1,
        arch: `<form js_class="dealer_lead_form"><field name="email"/></form>`,
    });
    MockServer.env["dealer.crm.lead"].unlink([1]);
    MockServer.env["bus.bus"]._sendone("broadcast", "dealer_crm.lead/changed", {ids: [1]});
    for (let i = 0; i < 4; i++) {
        await advanceTime(JOIN + SPREAD);
        await animationFrame();
    }
    expect(".o_notification_content").toHaveText(DELETED);
    expect.verifyErrors([DELETED]);
});
