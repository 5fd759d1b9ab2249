import {_t} from "@web/core/l10n/translation";
import {RPCError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";

/** Whether the server has not found a lead that was asked for. */
export function isDeletedLead(error) {
    return (
        error instanceof RPCError &&
        error.exceptionName === "odoo.exceptions.MissingError" &&
        error.data.message.includes("dealer.crm.lead(")
    );
}

/** The sentence for the user who wanted to do something with ``count`` leads. */
export function explainDeleted(count = 1) {
    return count === 1
        ? _t("This lead was deleted meanwhile.")
        : _t("One of these leads was deleted meanwhile.");
}

/** Instead of Odoo's dialog, which names the model and the ids. */
function tellDeleted(env, error, originalError) {
    if (!isDeletedLead(originalError)) {
        return false;
    }
    error.unhandledRejectionEvent?.preventDefault();
    env.services.notification.add(explainDeleted(), {type: "warning"});
    return true;
}

registry.category("error_handlers").add("dealer_crm.deleted_lead", tellDeleted, {sequence: 90});
