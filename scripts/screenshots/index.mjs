// Takes the pictures of docs/ from a running `make run`.
// usage: node index.mjs <address> <directory> [subject ...]
import {start} from "./browser.mjs";

// The order matters: `job` changes the board and makes the outcomes in other pictures; `languages` adds
// languages, which websites and forms then show.
const SUBJECTS = [
    "board",
    "moves",
    "manager",
    "resellers",
    "portal",
    "website",
    "setup",
    "job",
    "callbacks",
    "languages",
];

const [address, out, ...chosen] = process.argv.slice(2);
const browser = await start(address, out);
try {
    for (const subject of chosen.length ? chosen : SUBJECTS) {
        const {default: take} = await import(`./${subject}.mjs`);
        await take(browser);
    }
} finally {
    await browser.close();
}
