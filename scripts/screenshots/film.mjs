// Films pages while something is done, as an animated picture.
import {mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {basename, join} from "node:path";
import {python} from "./python.mjs";

const INTERVAL = 120;

// Films `pages` side by side during `action`, to `path`.
export async function film(pages, path, action) {
    const folder = mkdtempSync(join(tmpdir(), "film-"));
    let isOver = false;
    let number = 0;
    const begun = Date.now();
    const times = [];
    const record = async () => {
        while (!isOver) {
            const at = Date.now();
            const shots = await Promise.all(
                pages.map((page) => page.screenshot({type: "jpeg", quality: 80}))
            );
            shots.forEach((shot, index) =>
                writeFileSync(join(folder, `${String(number).padStart(4, "0")}-${index}.jpg`), shot)
            );
            times.push(at - begun);
            number += 1;
            await new Promise((resolve) => setTimeout(resolve, INTERVAL - (Date.now() - at)));
        }
    };
    const recording = record();
    try {
        await action();
    } finally {
        isOver = true;
        await recording;
    }
    writeFileSync(join(folder, "times.json"), JSON.stringify(times));
    python("film.py", folder, path);
    rmSync(folder, {recursive: true});
    console.log(basename(path));
}
