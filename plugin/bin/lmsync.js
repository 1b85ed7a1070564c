#!/usr/bin/env node
// The command `lmsync`: runs the program with the same arguments, and ends as it ends.

import { spawn } from "node:child_process";

import { findProgram } from "../program.js";

/** What a shell says of a command that it cannot run. */
const CANNOT_RUN = 126;

function fail(error) {
  console.error(`lmsync: ${error.message}`);
  process.exitCode = CANNOT_RUN;
}

try {
  const child = spawn(findProgram(), process.argv.slice(2), { stdio: "inherit" });
  // A terminal sends these to the program as well, which decides when it ends.
  for (const signal of ["SIGINT", "SIGHUP", "SIGQUIT"]) process.on(signal, () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", fail);
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exit(code);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
} catch (error) {
  fail(error);
}
