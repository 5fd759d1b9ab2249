// Shared by all screenshots: a browser, sessions of users, and RPC calls.
import {chromium} from "playwright-core";

export async function start(address, out) {
    const port = new URL(address).port;
    const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
        args: [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--host-resolver-rules=MAP *.localhost 127.0.0.1",
        ],
    });
    const url = (database, path) => `http://${database}.localhost:${port}${path}`;

    // Opens a tab and logs in as `login`, whose password is the same; without one, as a visitor.
    async function open(database, login, {width = 1440, height = 900, touch = false} = {}) {
        const context = await browser.newContext({viewport: {width, height}, hasTouch: touch});
        // Blocks web fonts and the like, so that pictures do not depend on the network.
        await context.route(
            (address) => !address.hostname.endsWith(".localhost"),
            (route) => route.fulfill({status: 200, contentType: "text/css", body: ""})
        );
        const page = await context.newPage();
        page.setDefaultTimeout(90000);
        page.on("dialog", (dialog) => dialog.accept());
        page.database = database;
        if (login) {
            await page.goto(url(database, "/web/login"));
            await page.fill("input[name=login]", login);
            await page.fill("input[name=password]", login);
            await page.click(".oe_login_form button[type=submit]");
            await page.waitForSelector(".o_main_navbar, .o_portal_my_home");
        }
        return page;
    }

    // Opens a path and waits for an element.
    async function visit(page, path, selector) {
        await page.goto(url(page.database, path));
        await page.locator(selector).first().waitFor();
    }

    // Calls a method as the logged-in user.
    const call = (page, model, method, args, kwargs = {}) =>
        page.evaluate(
            async (params) => {
                const answer = await fetch(
                    `/web/dataset/call_kw/${params.model}/${params.method}`,
                    {
                        method: "POST",
                        headers: {"Content-Type": "application/json"},
                        body: JSON.stringify({jsonrpc: "2.0", id: 1, params}),
                    }
                );
                const {result, error} = await answer.json();
                if (error) throw new Error(error.data.message);
                return result;
            },
            {model, method, args, kwargs}
        );

    // The first matching record.
    async function find(page, model, domain, fields = ["id"], order = "id") {
        const [record] = await call(page, model, "search_read", [domain, fields], {
            limit: 1,
            order,
        });
        if (!record) throw new Error(`no ${model} like ${JSON.stringify(domain)}`);
        return record;
    }

    async function until(what, probe) {
        for (let i = 0; i < 60; i++) {
            if (await probe()) return;
            await new Promise((resolve) => setTimeout(resolve, 1000));
        }
        throw new Error(`${what} did not happen`);
    }

    // Waits until nothing moves.
    async function settle(page) {
        const loaded = () =>
            [...document.images].every((image) => image.complete || image.loading === "lazy");
        await page.waitForFunction(loaded);
        await page.waitForTimeout(1200);
    }

    async function shot(page, name) {
        await settle(page);
        await page.screenshot({path: `${out}/${name}.png`});
        console.log(`${name}.png`);
    }

    return {out, open, visit, call, find, until, settle, shot, close: () => browser.close()};
}
