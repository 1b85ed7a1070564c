// The plugin: a service of the gateway that runs lmsync. Loading this module does nothing, since OpenClaw also loads it
// where no gateway runs.

import { rereadModels } from "./reread.js";
import { Supervisor } from "./supervisor.js";
import { watchTurns } from "./turns.js";

/** Where a process keeps what runs, also when OpenClaw loads this module once more. */
const RUNNING = Symbol.for("lmsync.running");

export default {
  id: "lmsync",
  name: "lmsync",
  description: "Keeps the model list in sync with LM Studio or another OpenAI-compatible server",
  register(api) {
    api.registerService({
      id: "lmsync",
      async start(context) {
        await stop();
        const log = context.logger ?? api.logger;
        const supervisor = new Supervisor(environment(api, context), log);
        const running = { supervisor, watches: [] };
        globalThis[RUNNING] = running;
        supervisor.start();
        running.watches.push(watchTurns(api, (turns) => supervisor.tell({ turns })));
        running.watches.push(rereadModels(api, context.stateDir, log));
      },
      stop,
    });
  },
};

async function stop() {
  const running = globalThis[RUNNING];
  globalThis[RUNNING] = undefined;
  running?.watches.forEach((end) => end());
  await running?.supervisor.stop();
}

/** The gateway's environment, and what only the gateway knows. */
function environment(api, { config, stateDir }) {
  const gateway = config?.gateway ?? {};
  const known = {
    OPENCLAW_STATE_DIR: stateDir,
    // The port in the environment is the one in use; a flag of the gateway puts it there.
    OPENCLAW_GATEWAY_PORT: process.env.OPENCLAW_GATEWAY_PORT || gateway.port,
    OPENCLAW_GATEWAY_TOKEN: plain(gateway.auth?.token),
    OPENCLAW_GATEWAY_PASSWORD: plain(gateway.auth?.password),
    LMSYNC_LOG_FORMAT: "json",
    LMSYNC_PLUGIN: api.version,
    LMSYNC_PLUGIN_KEY: plain(api.pluginConfig?.key),
  };
  const set = Object.entries(known).filter(([, value]) => value !== undefined);
  const environment = { ...process.env, ...Object.fromEntries(set.map(([name, value]) => [name, String(value)])) };
  // The gateway to speak to is this one, whatever address other settings name.
  delete environment.OPENCLAW_GATEWAY_URL;
  return environment;
}

/** A secret that the gateway has resolved; a reference is none. */
function plain(secret) {
  return typeof secret === "string" && secret !== "" ? secret : undefined;
}
