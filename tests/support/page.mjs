// Opens the status page in a real browser, and tells line by line what a person would see, while the test that started
// this changes the world. Arguments: the page's address, the folder for pictures.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { LMSYNC_TEST_PLAYWRIGHT, LMSYNC_TEST_CHROMIUM, LMSYNC_TEST_AXE } = process.env;
const { chromium } = await import(pathToFileURL(join(LMSYNC_TEST_PLAYWRIGHT, "index.mjs")));
const [address, pictures] = process.argv.slice(2);

const say = (what) => console.log(`page: ${what}`);
const browser = await chromium.launch({
  executablePath: LMSYNC_TEST_CHROMIUM,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, colorScheme: "light" });
const complaints = [], requests = [];
let loads = 0;
page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("request", (request) => requests.push(request.url()));
page.on("load", () => loads++);
page.setDefaultTimeout(100_000);

// Each state is a headline, whose tone is the class of the section around it.
const tone = (name) => page.locator(`#hero.${name}`).waitFor();
const state = (name) => page.locator("#state", { hasText: new RegExp(`^${name}$`) }).waitFor();
const row = (id) => page.locator("#models tbody tr", { has: page.getByText(id, { exact: true }) });
const about = (id) => row(id).locator("xpath=following-sibling::tr[1][@class='about']");
// Of a very long page, what is seen first.
const isShort = () => page.evaluate(() => document.documentElement.scrollHeight < 5000);
const picture = async (name) => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: await isShort() });

async function axe(where) {
  await page.evaluate(readFileSync(LMSYNC_TEST_AXE, "utf8"));
  const { violations, passes } = await page.evaluate(() => axe.run());
  const found = violations.filter(({ impact }) => ["serious", "critical", "moderate"].includes(impact));
  for (const { id, impact, nodes } of found) say(`axe ${where}: ${impact} ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  say(`axe ${where}: ${passes.length} rules passed, ${found.length} found`);
}

async function looks(name) {
  await picture(`${name}-light`);
  await axe(`${name} light`);
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(`${name}-dark`);
  await axe(`${name} dark`);
  await page.setViewportSize({ width: 390, height: 844 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  say(`${name} at 390 is ${wide} wide`);
  await picture(`${name}-phone-dark`);
  await page.emulateMedia({ colorScheme: "light" });
  await picture(`${name}-phone-light`);
  await axe(`${name} phone`);
  await page.setViewportSize({ width: 1100, height: 900 });
}

const tourOf = process.argv.slice(4);
if (tourOf.length) await tour();

// Follows these states one after the other, while the test brings them about, and tells how each looks.
async function tour() {
  await page.goto(address);
  for (const [title, expected, named] of tourOf.map((stop) => stop.split("|"))) {
    await state(title);
    await tone(expected);
    const text = async (name) => (await page.locator(name).isVisible()) ? (await page.locator(name).textContent()).replace(/Copy$/, "").trim() : "";
    // Pictures for a person have all that comes with the state, and wait for it.
    if (named) await page.waitForTimeout(1500);
    const said = `state ${title}: ${JSON.stringify([await text("#due"), await text("#summary"), await text("#advice"), await page.title()])}`;
    const name = named ?? `state-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
    await picture(`${name}-light`);
    await axe(title);
    await page.emulateMedia({ colorScheme: "dark" });
    if (named) {
      await picture(`${name}-dark`);
      await axe(`${title} dark`);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(`${name}-phone-dark`);
    if (named) {
      await page.emulateMedia({ colorScheme: "light" });
      await picture(`${name}-phone-light`);
    }
    // Now the test may bring about the next one.
    say(said);
    say(`wide ${title}: ${await page.evaluate(() => document.documentElement.scrollWidth)}`);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1100, height: 900 });
  }
  const took = await page.evaluate(() => {
    const find = document.getElementById("find"), start = performance.now();
    for (const words of ["7", "77", ""]) { find.value = words; find.dispatchEvent(new Event("input")); document.body.offsetHeight; }
    return Math.round((performance.now() - start) / 3);
  });
  say(`a search takes ${took} ms`);
  const rows = () => page.locator("#models tbody tr").count(), folded = await rows();
  const more = page.getByRole("button", { name: /^Show .* more$/ });
  if (await more.isVisible()) await more.click();
  say(`rows ${folded}, then ${await rows()}, servers open ${await page.locator(".server[open]").count()} of ${await page.locator(".server").count()}`);
  say(`complaints ${JSON.stringify(complaints)}`);
  await browser.close();
  process.exit(0);
}

await page.goto(address);
await state("No OpenClaw here");
await tone("idle");
await row("qwen/qwen3-8b").waitFor();
say("loaded");

await row("added/while-looking").waitFor();
await page.locator("#changes .id", { hasText: "added/while-looking" }).waitFor();
say("appeared");

await page.locator("#changes > li", { hasText: "removed" }).waitFor();
await row("added/while-looking").waitFor({ state: "detached" });
say("disappeared");
const changed = page.locator("#changes > li", { hasText: "context" });
await changed.waitFor();
say(`changed: ${(await changed.locator("li").allTextContents()).join(", ")}`);
await looks("no-openclaw");

// By keyboard alone: the search, which models, each row, the list of passes, the links.
await page.locator("body").press("Tab");
const reached = [];
for (let press = 0; press < 24; press++) {
  reached.push(await page.evaluate(() => {
    const element = document.activeElement;
    return element === document.body ? "body" : element.id || element.textContent;
  }));
  await page.keyboard.press("Tab");
}
say(`keyboard reaches ${reached.join(", ")}`);
await page.locator("#find").fill("GPT-oss");
say(`found ${await page.locator("#models tbody tr").count()}`);
await page.locator("#find").fill("20B openai");
say(`found in any order ${await page.locator("#models tbody tr").count()}, ${new URL(page.url()).search}`);
await page.reload();
await row("openai/gpt-oss-20b").waitFor();
say(`found again after a reload ${await page.locator("#models tbody tr").count()}`);
loads = 1;
await row("openai/gpt-oss-20b").locator("button.row").click();
say(`opened: ${await about("openai/gpt-oss-20b").locator(".line code").allTextContents()}`);
await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
await about("openai/gpt-oss-20b").locator("button").first().click();
await page.getByText("Copied", { exact: true }).waitFor();
say(`copied ${await page.evaluate(() => navigator.clipboard.readText())}`);
await picture("opened");
await page.locator("#find").fill("");
await page.locator("#kinds button", { hasText: "Left out" }).click();
say(`left out ${await page.locator("#models tbody tr").count()}`);
await page.locator("#kinds button", { hasText: "All" }).click();
await row("qwen/qwen3-8b").locator("button.row").click();
say(`hovered ${await row("qwen/qwen3-8b").locator("td.number").first().getAttribute("title")}`);
say(`explained: ${(await about("qwen/qwen3-8b").locator("dd").allTextContents()).join("; ")}`);
await picture("explained");
await axe("opened");
await page.setViewportSize({ width: 390, height: 844 });
say(`opened at 390 is ${await page.evaluate(() => document.documentElement.scrollWidth)} wide`);
await picture("explained-phone");
await page.setViewportSize({ width: 1100, height: 900 });
await row("qwen/qwen3-8b").locator("button.row").click();
say(`server: ${await page.locator(".answered").textContent()}`);
say(`list page: ${await page.locator(".flow a").evaluateAll((links) => links.map((link) => link.getAttribute("href")).join(" "))}`);
say(`what it means: ${await page.locator("#more a").first().getAttribute("href")}`);

await state("Paused");
await tone("calm");
say(`paused: ${await page.locator("#summary").textContent()}`);
await looks("paused");

await state("Server is down");
await tone("bad");
say(`failing: ${await page.locator("#summary").textContent()}`);
say(`last answered: ${await page.locator(".answered").textContent()}`);
await looks("failing");
const hostile = await page.evaluate(() => [document.querySelectorAll("main img, main script, main b").length, window.pwned]);
say(`markup of servers: ${JSON.stringify(hostile)}`);
say(`complaints ${JSON.stringify(complaints)}`);
const foreign = requests.filter((url) => !url.startsWith(address) && !url.startsWith("data:"));
say(`foreign requests ${JSON.stringify(foreign)}`);

await state("No connection to lmsync");
say(`lost: ${await page.locator("main").getAttribute("class")}, ${JSON.stringify(await page.locator("#when").textContent())}`);
await looks("lost");
say("seen lost");
await state("No OpenClaw here");
await row("while/it-was-down").waitFor();
say(`back after ${loads} load`);
await browser.close();
