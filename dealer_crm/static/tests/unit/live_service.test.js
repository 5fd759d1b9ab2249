import {afterEach, beforeEach, describe, expect, test} from "@odoo/hoot";
import {advanceTime, tick} from "@odoo/hoot-mock";
import {patchWithCleanup} from "@web/../tests/web_test_helpers";
import {ConnectionLostError} from "@web/core/network/rpc";
import {
    CATCH_UP_SPREAD,
    JOIN,
    RETRY,
    RETRY_OFFLINE,
    SLEPT,
    SPREAD,
    TAB,
    TICK,
    liveService,
} from "@dealer_crm/live/live_service";

describe.current.tags("headless");

const NOW = JOIN + SPREAD;

let hidden = false;
let seen = [];
let bus = null;
let live = null;
let stops = [];

class Bus extends EventTarget {
    started = 0;
    subscribe(type, callback) {
        expect(type).toBe("dealer_crm.lead/changed");
        this.send = callback;
    }
    start() {
        this.started++;
    }
}

/** A view that notes what it is told; `answer` is called with each change. */
function watch({isBusy = () => false, answer = () => true} = {}) {
    const apply = async (changes) => {
        const {ids, stageIds, many, since} = changes;
        expect(since).toBeOfType("number");
        seen.push({ids, stageIds, many});
        await answer(changes);
    };
    const stop = live.watch({apply, isBusy});
    stops.push(stop);
    return stop;
}

function show(isShown) {
    hidden = !isShown;
    document.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(() => {
    hidden = false;
    seen = [];
    stops = [];
    Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
    bus = new Bus();
    live = liveService.start({}, {bus_service: bus});
});

afterEach(() => {
    stops.forEach((stop) => stop());
    delete document.hidden;
});

test("messages within 300 ms are joined", async () => {
    watch();
    bus.send({ids: [1, 2], stage_ids: [5]});
    await advanceTime(JOIN - 100);
    bus.send({ids: [2, 3], stage_ids: [5, 6]});
    expect(seen).toEqual([]);
    await advanceTime(NOW);
    expect(seen).toEqual([{ids: [1, 2, 3], stageIds: [5, 6], many: false}]);
    bus.send({ids: [4], stage_ids: [6]});
    await advanceTime(NOW);
    expect(seen.at(-1)).toEqual({ids: [4], stageIds: [6], many: false});
});

test("leads of which only activities have changed are told apart", async () => {
    let told = null;
    watch({answer: (changes) => (told = changes)});
    bus.send({ids: [1], planned_ids: [2], stage_ids: [5]});
    bus.send({ids: [], planned_ids: [3, 1], stage_ids: [5]});
    await advanceTime(NOW);
    expect(told.ids).toEqual([1]);
    expect(told.plannedIds).toEqual([2, 3, 1]);
    bus.send({ids: [], planned_ids: [4], stage_ids: [5], tab: TAB});
    bus.send({ids: [], planned_ids: [...Array(501).keys()], stage_ids: [5]});
    await advanceTime(NOW);
    expect(told.many).toBe(true);
});

test("views do not all read at once", async () => {
    const delays = [0, 0.5, 0.99];
    patchWithCleanup(Math, {random: () => delays.shift()});
    const times = [];
    for (let i = 0; i < 3; i++) {
        watch({answer: () => times.push(Date.now())});
    }
    bus.send({ids: [1], stage_ids: [5]});
    await advanceTime(JOIN);
    expect(seen.length).toBe(1);
    await advanceTime(SPREAD / 2);
    expect(seen.length).toBe(2);
    await advanceTime(SPREAD / 2);
    expect(seen.length).toBe(3);
});

test("a tab ignores its own changes", async () => {
    watch();
    bus.send({ids: [1], stage_ids: [5], tab: TAB});
    await advanceTime(NOW);
    expect(seen).toEqual([]);
    bus.send({ids: [1], stage_ids: [5], tab: "another"});
    await advanceTime(NOW);
    expect(seen.length).toBe(1);
});

test("many leads are one reload", async () => {
    watch();
    bus.send({many: true, stage_ids: [5]});
    await advanceTime(NOW);
    expect(seen).toEqual([{ids: [], stageIds: [5], many: true}]);
    const ids = [...Array(501).keys()];
    bus.send({ids: ids.slice(0, 250), stage_ids: [5]});
    bus.send({ids: ids.slice(250), stage_ids: [5]});
    await advanceTime(NOW);
    expect(seen.at(-1).many).toBe(true);
});

test("a hidden tab reads when it is shown, once", async () => {
    watch();
    show(false);
    bus.send({ids: [1], stage_ids: [5]});
    await advanceTime(NOW);
    bus.send({ids: [2], stage_ids: [5]});
    await advanceTime(60000);
    expect(seen).toEqual([]);
    show(true);
    await advanceTime(0);
    expect(seen).toEqual([{ids: [1, 2], stageIds: [5], many: false}]);
    show(false);
    show(true);
    await advanceTime(NOW);
    expect(seen.length).toBe(1);
});

test("a busy view is left alone until it is free", async () => {
    let busy = true;
    watch({isBusy: () => busy});
    bus.send({ids: [1], stage_ids: [5]});
    await advanceTime(10000);
    expect(seen).toEqual([]);
    busy = false;
    await advanceTime(RETRY);
    expect(seen.length).toBe(1);
});

test("one read at a time; what comes meanwhile is read after it", async () => {
    let finish = null;
    watch({answer: () => new Promise((resolve) => (finish = resolve))});
    bus.send({ids: [1], stage_ids: [5]});
    await advanceTime(NOW);
    bus.send({ids: [2], stage_ids: [5]});
    await advanceTime(10000);
    expect(seen.length).toBe(1);
    finish();
    await tick();
    await advanceTime(NOW);
    expect(seen.map(({ids}) => ids)).toEqual([[1], [2]]);
});

test("a server that restarts: views load again when it is back", async () => {
    watch();
    bus.dispatchEvent(new Event("BUS:DISCONNECT"));
    await advanceTime(60000);
    expect(seen).toEqual([]);
    bus.dispatchEvent(new Event("BUS:RECONNECT"));
    await advanceTime(JOIN + CATCH_UP_SPREAD);
    expect(seen).toEqual([{ids: [], stageIds: [], many: true}]);
});

test("a read without a connection is tried again", async () => {
    let isDown = true;
    watch({
        answer: () => {
            if (isDown) {
                throw new ConnectionLostError("/web");
            }
        },
    });
    bus.send({ids: [1], stage_ids: [5]});
    await advanceTime(NOW);
    isDown = false;
    await advanceTime(RETRY_OFFLINE);
    expect(seen.map(({ids}) => ids)).toEqual([[1], [1]]);
});

test("a machine that has slept loads again", async () => {
    watch();
    await advanceTime(TICK);
    const {now} = Date;
    patchWithCleanup(Date, {now: () => now.call(Date) + SLEPT + 1});
    await advanceTime(TICK);
    await advanceTime(JOIN + CATCH_UP_SPREAD);
    expect(seen).toEqual([{ids: [], stageIds: [], many: true}]);
    await advanceTime(10 * TICK);
    expect(seen.length).toBe(1);
});

test("a closed view hears nothing", async () => {
    const stop = watch();
    bus.send({ids: [1], stage_ids: [5]});
    stop();
    bus.send({ids: [2], stage_ids: [5]});
    await advanceTime(NOW);
    expect(seen).toEqual([]);
});
