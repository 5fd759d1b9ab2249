import {_t} from "@web/core/l10n/translation";
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

/** Names of the customers, for a sentence; of many only how many there are. */
export function nameCustomers(records) {
    return records.length === 1 ? records[0].data.display_name : _t("%s leads", records.length);
}

function getClosedObstacle({data}) {
    return data.won_status === "pending" ? "" : _t("Closed: only a manager reopens it");
}

function getWonObstacle({data}) {
    return data.is_ready_to_win ? "" : _t("Not yet: %s", data.next_step);
}

function getObstacleOf(record, group) {
    const {data} = record;
    const closed = getClosedObstacle(record);
    if (closed) {
        return closed;
    }
    if (isStage(group, "is_lost") || group.value === data.next_stage_id.id) {
        return "";
    }
    if (isStage(group, "is_won")) {
        return getWonObstacle(record);
    }
    return data.next_stage_id
        ? _t("Next is %s", data.next_stage_id.display_name)
        : _t("Only Won or Lost comes next");
}

function explainObstacles(records, getOne) {
    for (const record of records) {
        const obstacle = getOne(record);
        if (obstacle) {
            return records.length === 1
                ? obstacle
                : _t("%(customer)s – %(obstacle)s", {
                      customer: record.data.display_name,
                      obstacle,
                  });
        }
    }
    return "";
}

/**
 * Why these leads may not enter the column of a stage, in one line; empty if all may.
 *
 * This is what the board shows; the server decides.
 */
export function getObstacle(records, group) {
    return explainObstacles(records, (record) => getObstacleOf(record, group));
}

/** The same for the step of each lead to its own next stage, or to Won. */
export function getObstacleOnward(records) {
    return explainObstacles(
        records,
        (record) =>
            getClosedObstacle(record) || (record.data.next_stage_id ? "" : getWonObstacle(record))
    );
}
