// Keeps one program running until the gateway stops it: restarts it with growing pauses, and hands over its log.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { escapeControls, readLine } from "./log.js";
import { findProgram } from "./program.js";

/** The pauses between two starts, in milliseconds: doubled after each program that ended soon. */
const PAUSE = { first: 1_000, longest: 60_000 };

/** A program that ran for so long has recovered: the next pause is the first one again. */
const RECOVERED_AFTER = 60_000;

/** How long a program may say nothing after its start, in milliseconds. */
const SILENCE = 30_000;

/** How long the gateway waits for the program's end, in milliseconds. A write of the program may be killed safely. */
const STOP = 500;

/** How long it waits for the end of a program that it has killed, or for the last lines of one that has ended. */
const LAST = 200;

/** Where the program looks for an `.env` file: none is here. One in the gateway's folder may be another project's. */
const FOLDER = fileURLToPath(new URL(".", import.meta.url));

export class Supervisor {
  #environment;
  #log;
  #stopped = false;
  #child = null;
  #timer;
  #pause = PAUSE.first;
  /** The last complaint: the same one is a warning only once. */
  #complaint = "";
  /** The last line that the program was told. */
  #told = "";

  /**
   * @param {Record<string, string>} environment all of the program's environment
   * @param {{ debug?: Function, info: Function, warn: Function, error: Function }} log the gateway's logger
   */
  constructor(environment, log) {
    this.#environment = environment;
    this.#log = log;
  }

  /** Starts the program, and returns at once. Never throws. */
  start() {
    const began = Date.now();
    let last = "";
    let silent = true;
    let ended = false;
    const end = (why) => {
      if (ended) return;
      ended = true;
      this.#child = null;
      clearTimeout(quiet);
      if (!this.#stopped) this.#restart(why, Date.now() - began);
    };
    const quiet = this.#after(SILENCE, () => {
      if (silent) this.#complain(`the program has said nothing for ${SILENCE / 1_000} seconds since its start`);
    });
    try {
      const child = spawn(findProgram(), ["run", "--stop-with-stdin"], {
        cwd: FOLDER,
        env: this.#environment,
        stdio: ["pipe", "ignore", "pipe"],
        windowsHide: true,
        // In a process group of its own: Ctrl-C at the gateway's terminal is for the gateway, which stops the program.
        detached: process.platform !== "win32",
      });
      this.#child = child;
      // Nothing of it keeps the gateway's process running.
      child.unref();
      child.stdin.unref?.();
      child.stderr.unref?.();
      child.stdin.on("error", () => {});
      if (this.#told !== "") child.stdin.write(this.#told);
      child.on("error", (error) => end(`the program cannot be started: ${error.message}`));
      const ends = (code, signal) => end(`the program has ended (${signal ?? `exit ${code}`})${last}`);
      child.on("close", ends);
      // A command that the program has started may keep its output open.
      child.on("exit", (code, signal) => this.#after(LAST, () => ends(code, signal)));
      createInterface({ input: child.stderr }).on("line", (line) => {
        silent = false;
        const entry = readLine(line);
        if (entry) this.#say(entry.method, entry.text);
        else last = `: ${escapeControls(line)}`;
      });
    } catch (error) {
      end(error.message);
    }
  }

  /** Tells the program something; one that is started later gets it, too. */
  tell(news) {
    this.#told = `${JSON.stringify(news)}\n`;
    const input = this.#child?.stdin;
    // A program that hangs does not read.
    if (input?.writableNeedDrain === false) input.write(this.#told);
  }

  /** Stops the program, by force where it does not end in time. */
  async stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.stdin.end();
    // On Windows this signal would be a kill; there the end of its input stops the program.
    if (process.platform !== "win32") child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), STOP);
    let timer;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, STOP + LAST);
    });
    await Promise.race([ended, patience]);
    clearTimeout(force);
    clearTimeout(timer);
  }

  #restart(why, ran) {
    if (ran >= RECOVERED_AFTER) this.#pause = PAUSE.first;
    this.#complain(`${why}; it is started again`);
    this.#timer = this.#after(this.#pause, () => this.start());
    this.#pause = Math.min(2 * this.#pause, PAUSE.longest);
  }

  #complain(why) {
    const method = why === this.#complaint ? "debug" : "warn";
    this.#complaint = why;
    this.#say(method, `${why}. The gateway goes on without lmsync; \`npx lmsync doctor\` may say more`);
  }

  #say(method, text) {
    this.#log[method]?.(`lmsync: ${text}`);
  }

  #after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    timer.unref();
    return timer;
  }
}
