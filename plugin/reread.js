// Has OpenClaw 2026.4.15 read its models again when its configuration names others. By itself this version does so only
// when it starts; later ones restart or follow by themselves.

import { realpathSync, unwatchFile, watchFile } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const NEEDS_IT = /^2026\.4\.1[5-9]\b/;

/** How often the configuration's file is checked, in milliseconds. */
const INTERVAL = 1_000;

/**
 * @param {object} api the plugin's
 * @param {string} stateDir
 * @param {{ info: Function, warn: Function }} log the gateway's logger
 * @returns {() => void} ends it
 */
export function rereadModels(api, stateDir, log) {
  if (!NEEDS_IT.test(api.runtime?.version ?? "")) return () => {};
  const file = process.env.OPENCLAW_CONFIG_PATH || join(stateDir, "openclaw.json");
  let known = configured(api.runtime.config.loadConfig());
  const reread = async () => {
    try {
      const config = api.runtime.config.loadConfig();
      const now = configured(config);
      if (now === known) return;
      known = now;
      const { loadModelCatalog } = await import(agentRuntime());
      // This forgets what the gateway has read, and fills its cache again.
      await loadModelCatalog({ config, useCache: false });
      log.info("lmsync: OpenClaw has read its models again");
    } catch (error) {
      log.warn(`lmsync: OpenClaw did not read its models again, but will when it is restarted: ${error.message}`);
    }
  };
  watchFile(file, { interval: INTERVAL, persistent: false }, reread);
  return () => unwatchFile(file, reread);
}

function configured(config) {
  return JSON.stringify(config.models?.providers ?? {});
}

/** A part of OpenClaw's plugin SDK. A plugin in the state folder finds it by the program that runs. */
function agentRuntime() {
  const openclaw = createRequire(realpathSync(process.argv[1]));
  return pathToFileURL(openclaw.resolve("openclaw/plugin-sdk/agent-runtime")).href;
}
