import {browser} from "@web/core/browser/browser";
import {ConnectionLostError} from "@web/core/network/rpc";
import {registry} from "@web/core/registry";

/** Messages that come within this time (ms) are joined. */
export const JOIN = 300;
/** Boards wait up to this much longer (ms), each another time, so that not all read at once. */
export const SPREAD = 300;
/** The same when the server is there again, for all boards at once. */
export const CATCH_UP_SPREAD = 3000;
/** A view that is being worked on, or has no connection, is tried again after this time (ms). */
export const RETRY = 500;
export const RETRY_OFFLINE = 5000;
/** The clock is looked at so often (ms); a longer gap means that the machine has slept. */
export const TICK = 30000;
export const SLEPT = 90000;
/** More changed leads than this are not read one by one: the view loads again. */
export const MANY = 500;

/** Names this tab to the server, which tells nobody else: its own changes are on its screen. */
export const TAB = Math.random().toString(36).slice(2, 12);

class Watcher {
    /**
     * @param {Object} view
     * @param {Function} view.apply shows the changes `{ids: number[], plannedIds: number[],
     *      stageIds: number[], many, since}`: of `plannedIds` only activities have changed; the first
     *      message has come at `since` (ms)
     * @param {Function} view.isBusy whether the view must be left alone at the moment
     */
    constructor({apply, isBusy}) {
        this.apply = apply;
        this.isBusy = isBusy;
        this.clear();
    }

    clear() {
        this.ids = new Set();
        this.plannedIds = new Set();
        this.stageIds = new Set();
        this.many = false;
        this.since = Infinity;
    }

    get size() {
        return this.ids.size + this.plannedIds.size;
    }

    get hasChanges() {
        return this.many || this.size > 0;
    }

    add({ids = [], plannedIds = [], stageIds = [], many = false, since = Date.now()}, delay) {
        ids.forEach((id) => this.ids.add(id));
        plannedIds.forEach((id) => this.plannedIds.add(id));
        stageIds.forEach((id) => this.stageIds.add(id));
        this.many ||= many || this.size > MANY;
        this.since = Math.min(this.since, since);
        this.schedule(delay);
    }

    schedule(delay) {
        if (!this.timer && !this.isRunning && this.hasChanges) {
            this.timer = browser.setTimeout(() => this.flush(), delay);
        }
    }

    async flush() {
        this.timer = null;
        // A hidden tab reads when it is shown: see wake.
        if (document.hidden) {
            return;
        }
        if (this.isBusy()) {
            return this.schedule(RETRY);
        }
        const {many, since} = this;
        const changes = {
            ids: [...this.ids],
            plannedIds: [...this.plannedIds],
            stageIds: [...this.stageIds],
            many,
            since,
        };
        this.clear();
        this.isRunning = true;
        let delay = JOIN;
        try {
            await this.apply(changes);
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            delay = RETRY_OFFLINE;
            this.add(changes);
        } finally {
            this.isRunning = false;
            this.schedule(delay);
        }
    }

    wake() {
        this.schedule(0);
    }

    stop() {
        browser.clearTimeout(this.timer);
        this.isRunning = true;
    }
}

/**
 * Tells open boards and forms which leads have changed, by whomever.
 *
 * The bus sends again what was missed while the connection was lost, but only for as long as it
 * keeps messages: views load again when the connection is back, or when the machine has slept.
 */
export const liveService = {
    dependencies: ["bus_service"],

    start(env, {bus_service: bus}) {
        const watchers = new Set();

        function tell(changes, spread = SPREAD) {
            for (const watcher of watchers) {
                watcher.add(changes, JOIN + Math.random() * spread);
            }
        }

        function catchUp() {
            tell({many: true}, CATCH_UP_SPREAD);
        }

        bus.subscribe("dealer_crm.lead/changed", ({ids, many, tab, ...message}) => {
            if (tab !== TAB) {
                const {planned_ids: plannedIds, stage_ids: stageIds} = message;
                tell({ids, plannedIds, stageIds, many});
            }
        });
        bus.addEventListener("BUS:RECONNECT", catchUp);
        document.addEventListener("visibilitychange", () => {
            if (!document.hidden) {
                watchers.forEach((watcher) => watcher.wake());
            }
        });
        let seen = Date.now();
        browser.setInterval(() => {
            const now = Date.now();
            // Browsers slow down the timers of hidden tabs.
            if (!document.hidden && now - seen > SLEPT) {
                catchUp();
            }
            seen = now;
        }, TICK);
        bus.start();

        return {
            /** See `Watcher` for `view`; returns a function that ends it. */
            watch(view) {
                const watcher = new Watcher(view);
                watchers.add(watcher);
                return () => {
                    watchers.delete(watcher);
                    watcher.stop();
                };
            },
            /** Load all open views again, because of something that this tab has done. */
            reload() {
                tell({many: true}, 0);
            },
        };
    },
};

registry.category("services").add("dealer_crm.live", liveService);
