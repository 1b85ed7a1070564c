// Turns a line of the program's log into a call of the gateway's logger.

/** What the program's log adds to each line, and the gateway's log adds itself. */
const OWN_FIELDS = new Set(["timestamp", "level", "event", "message", "target"]);

const METHODS = { TRACE: "debug", DEBUG: "debug", INFO: "info", WARN: "warn", ERROR: "error" };

const LONGEST = 4000;

/**
 * Reads a line of the program's JSON log.
 *
 * @param {string} line
 * @returns {{ method: "debug" | "info" | "warn" | "error", text: string } | null} `null` where it is no such line
 */
export function readLine(line) {
  let entry;
  try {
    entry = JSON.parse(line);
  } catch {
    return null;
  }
  const method = METHODS[entry?.level];
  if (method === undefined) return null;
  const fields = Object.entries(entry).filter(([name]) => !OWN_FIELDS.has(name));
  const words = [entry.message, ...fields.map(([name, value]) => `${name}=${show(value)}`)];
  return { method, text: escapeControls(words.join(" ")) };
}

/** Bounds a text, and escapes what would act on a terminal or start another line. */
export function escapeControls(text) {
  const escape = (character) => `\\u{${character.codePointAt(0).toString(16)}}`;
  return text.slice(0, LONGEST).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escape);
}

function show(value) {
  return typeof value === "string" && !/[\s"=]/.test(value) ? value : JSON.stringify(value);
}
