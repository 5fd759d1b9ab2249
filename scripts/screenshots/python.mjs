// Runs one of the Python scripts beside this directory.
import {execFileSync} from "node:child_process";
import {join} from "node:path";

export function python(script, ...args) {
    execFileSync(process.env.PYTHON, [join(process.env.SCRIPTS, script), ...args.map(String)]);
}
