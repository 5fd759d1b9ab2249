import {makeActiveField} from "@web/model/relational_model/utils";

const FLAGS = ["is_won", "is_lost"];

// Load the stages' flags together with the groups: up to date, and without an extra call.
export function getStageInfo() {
    const fields = {};
    const activeFields = {};
    for (const name of FLAGS) {
        fields[name] = {name, type: "boolean", readonly: true};
        activeFields[name] = makeActiveField();
    }
    return {fields, activeFields};
}

export function isStage(group, flag) {
    return group.groupByField.name === "stage_id" && Boolean(group.record?.data[flag]);
}

export function isClosing(group) {
    return FLAGS.some((flag) => isStage(group, flag));
}
