// Loads a models.json with the registry of an installed OpenClaw and prints what it made of it, as JSON.
// usage: node registry.mjs NODE_MODULES FILE|FOLDER PROVIDER      (HOME is used as scratch space)
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, file, provider] = process.argv.slice(2);
const agent = path.join(process.env.OPENCLAW_STATE_DIR, "agents", "main", "agent");
fs.mkdirSync(agent, { recursive: true });
fs.writeFileSync(path.join(process.env.OPENCLAW_STATE_DIR, "openclaw.json"), "{}");

const { ModelRegistry, AuthStorage } = await find(modules);
const auth = storage(AuthStorage);
// A folder stands for all the files in it: the answer is then an object by their names.
const answer = fs.statSync(file).isDirectory()
  ? Object.fromEntries(fs.readdirSync(file).map((name) => [name, load(path.join(file, name))]))
  : load(file);
process.stdout.write(JSON.stringify(answer), () => process.exit(0));

function load(file) {
  const registry = ModelRegistry.create
    ? ModelRegistry.create(auth, file, { includePluginCatalogs: false, config: {} })
    : new ModelRegistry(auth, file);
  const error = registry.getError?.() ?? registry.loadError ?? null;
  return { error, models: registry.getAll().filter((model) => model.provider === provider) };
}

// Early versions take the registry from a package of its own; later ones bundle it, in files with hashed names and
// exports with shortened ones, so it is known by a sentence that it says and by the classes' own names.
async function find(modules) {
  const separate = path.join(modules, "@mariozechner/pi-coding-agent/dist/index.js");
  if (fs.existsSync(separate)) return import(pathToFileURL(separate));
  const dist = path.join(modules, "openclaw/dist");
  const found = {};
  for (const name of fs.readdirSync(dist).filter((name) => /^(sessions|model-registry)-.*\.m?js$/.test(name))) {
    const bundle = path.join(dist, name);
    if (!fs.readFileSync(bundle, "utf8").includes("Invalid models.json schema")) continue;
    for (const item of Object.values(await import(pathToFileURL(bundle)))) {
      if (item?.name === "ModelRegistry" || item?.name === "AuthStorage") found[item.name] = item;
    }
  }
  if (!found.ModelRegistry) throw new Error(`no model registry in ${dist}`);
  return found;
}

// No credentials: which models are accepted does not depend on them.
function storage(AuthStorage) {
  if (AuthStorage?.inMemory) return AuthStorage.inMemory({});
  if (AuthStorage?.create) return AuthStorage.create(path.join(agent, "auth.json"));
  if (AuthStorage) return new AuthStorage(path.join(agent, "auth.json"));
  return { getApiKey() {}, hasAuth: () => false, get() {}, setFallbackResolver() {} };
}
