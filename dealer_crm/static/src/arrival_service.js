import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

/**
 * Show new leads without a salesperson until they are opened or somebody takes them.
 */
export const arrivalService = {
    dependencies: ["action", "bus_service", "notification", "orm"],

    start(env, {action, bus_service: bus, notification, orm}) {
        const shown = new Set();

        function open(ids) {
            return action.doAction({
                type: "ir.actions.act_window",
                name: _t("Leads"),
                res_model: "dealer.crm.lead",
                res_id: ids.length === 1 && ids[0],
                domain: [["id", "in", ids]],
                views:
                    ids.length === 1
                        ? [[false, "form"]]
                        : [
                              [false, "list"],
                              [false, "form"],
                          ],
            });
        }

        function show({ids, title, message}) {
            const notice = {ids: new Set(ids)};
            const finish = () => {
                notice.close();
                return open(ids);
            };
            const name = ids.length === 1 ? _t("Open Lead") : _t("Show Leads");
            const buttons = [{name, primary: true, onClick: finish}];
            if (ids.length === 1) {
                const take = async () => {
                    await orm.call("dealer.crm.lead", "action_take", [ids]);
                    await finish();
                };
                buttons.push({name: _t("Take"), onClick: take});
            }
            notice.close = notification.add(message, {
                title,
                type: "info",
                sticky: true,
                buttons,
                onClose: () => shown.delete(notice),
            });
            shown.add(notice);
        }

        function hide({ids}) {
            for (const notice of [...shown]) {
                ids.forEach((id) => notice.ids.delete(id));
                if (!notice.ids.size) {
                    notice.close();
                }
            }
        }

        bus.subscribe("dealer_crm.lead_arrived", show);
        bus.subscribe("dealer_crm.lead_taken", hide);
        bus.start();
        return {show, hide};
    },
};

registry.category("services").add("dealer_crm.arrival", arrivalService);
