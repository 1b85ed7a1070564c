// Reads configurations with the programs of an installed OpenClaw, all in one process, and prints what came of them.
// usage: node openclaw_config.mjs NODE_MODULES CASES
// CASES is a JSON file: a list of {home, state, env, provider, ids}. Each state folder holds an openclaw.json.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, list] = process.argv.slice(2);
const dist = path.join(modules, "openclaw/dist");
const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;
const outer = { PATH, NODE_COMPILE_CACHE, OPENCLAW_OFFLINE: "1" };
for (const name of Object.keys(process.env)) delete process.env[name];
Object.assign(process.env, outer, { HOME: "/nonexistent", OPENCLAW_STATE_DIR: "/nonexistent/state" });
// OpenClaw's own messages are no part of the answer.
for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};

const io = await find(/^(io\.factory|config)-/, ["createConfigIO", "readConfigFileSnapshot"]);
const scope = await find(/^agent-scope(-config)?-/, [
  "listAgentIds",
  "resolveAgentDir",
  "resolveDefaultAgentId",
  "resolveAgentOperationAgentId",
]);
const selection = await find(/^model-selection(-shared)?-/, [
  "buildAllowedModelSet",
  "resolveConfiguredModelRef",
  "resolveDefaultModelForAgent",
]);

const answers = [];
for (const asked of JSON.parse(fs.readFileSync(list, "utf8"))) answers.push(await read(asked));
process.stdout.write(JSON.stringify(answers), () => process.exit(0));

async function read({ home, state, env, provider, ids }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, outer, { HOME: home, OPENCLAW_STATE_DIR: state }, env);
  process.chdir(home);
  const options = { pluginValidation: "core-only", observe: false };
  const snapshot = io.createConfigIO
    ? await io.createConfigIO(options).readConfigFileSnapshot()
    : await io.readConfigFileSnapshot();
  const { valid, issues } = snapshot;
  const config = snapshot.config ?? snapshot.runtimeConfig;
  if (!valid) return { valid, issues: issues.map(({ path, message }) => `${path}: ${message}`), agents: [] };
  let defaultAgent = null;
  try {
    defaultAgent = (scope.resolveAgentOperationAgentId ?? scope.resolveDefaultAgentId)(config);
  } catch {}
  const catalog = ids.map((id) => ({ provider, id, name: id }));
  const defaults = { defaultProvider: "anthropic", defaultModel: "claude-opus-4-6" };
  const agents = scope.listAgentIds(config).map((id) => {
    const choose = selection.resolveDefaultModelForAgent ?? selection.resolveConfiguredModelRef;
    const chosen = choose({ cfg: config, agentId: id, ...defaults });
    const used = { defaultProvider: chosen.provider, defaultModel: chosen.model };
    const set = selection.buildAllowedModelSet({ cfg: config, catalog, agentId: id, ...used });
    const allows = (model) => set.allowAny
      || (set.allows ? set.allows({ provider, model }) : set.allowedKeys.has(`${provider}/${model}`));
    return {
      id,
      folder: scope.resolveAgentDir(config, id),
      default: id === defaultAgent,
      model: `${chosen.provider}/${chosen.model}`,
      hidden: ids.filter((model) => !allows(model)),
    };
  });
  const { gateway, models } = config;
  // As `resolveProviderConfig` of early versions and `findNormalizedProviderValue` of later ones find it.
  const named = Object.entries(models?.providers ?? {});
  const [, entry] = named.find(([name]) => name === provider)
    ?? named.find(([name]) => name.trim().toLowerCase() === provider) ?? [];
  return {
    valid,
    issues: [],
    agents,
    port: gateway?.port ?? null,
    token: gateway?.auth?.token ?? null,
    mode: models?.mode ?? null,
    baseUrl: entry?.baseUrl ?? null,
    included: snapshot.includedPaths ?? null,
  };
}

// The bundles have hashed names and shortened exports, so a function is known by its own name.
async function find(files, names) {
  const found = {};
  for (const name of fs.readdirSync(dist).filter((name) => files.test(name) && /\.m?js$/.test(name))) {
    const bundle = path.join(dist, name);
    const text = fs.readFileSync(bundle, "utf8");
    if (!names.some((wanted) => text.includes(`function ${wanted}(`))) continue;
    for (const item of Object.values(await import(pathToFileURL(bundle)))) {
      if (names.includes(item?.name)) found[item.name] ??= item;
    }
  }
  return found;
}
