// Finds the program for this system inside the package.

import { accessSync, chmodSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";

const system = `${process.platform}-${process.arch}`;
const name = process.platform === "win32" ? "lmsync.exe" : "lmsync";

/**
 * @returns {string} the program's path
 * @throws {Error} where the package has no program for this system
 */
export function findProgram() {
  const path = fileURLToPath(new URL(`programs/${system}/${name}`, import.meta.url));
  try {
    accessSync(path, constants.F_OK);
  } catch {
    throw new Error(`this package has no program for ${system}`);
  }
  makeExecutable(path);
  return path;
}

/** Some archives, and the tools that unpack them, do not keep the mode of a file. */
function makeExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    chmodSync(path, 0o755);
  }
}
