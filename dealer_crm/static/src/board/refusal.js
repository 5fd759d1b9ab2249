import {RPCError} from "@web/core/network/rpc";

const REFUSALS = ["UserError", "ValidationError", "AccessError", "MissingError"];

/** Whether the server has said no in a sentence for the user; other errors are defects. */
export function isRefusal(error) {
    const name = error instanceof RPCError && error.exceptionName;
    return Boolean(name) && REFUSALS.includes(name.split(".").at(-1));
}
