// Takes the pictures of README in a real browser. Arguments: the status page, OpenClaw's chat, the folder for pictures.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { LMSYNC_TEST_PLAYWRIGHT, LMSYNC_TEST_CHROMIUM } = process.env;
const { chromium } = await import(pathToFileURL(join(LMSYNC_TEST_PLAYWRIGHT, "index.mjs")));
const [address, chat, pictures] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: LMSYNC_TEST_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"],
});

for (const colorScheme of ["light", "dark"]) {
  const page = await browser.newPage({ viewport: { width: 900, height: 830 }, colorScheme });
  page.setDefaultTimeout(100_000);
  await page.goto(address);
  await page.locator("#state", { hasText: /^In sync$/ }).waitFor();
  await page.locator("#models tbody tr").nth(4).waitFor();
  await keep(await page.screenshot(), `page-${colorScheme}`);
  await page.close();
}

for (const colorScheme of ["light", "dark"]) {
  const page = await browser.newPage({ viewport: { width: 1000, height: 620 }, colorScheme });
  page.setDefaultTimeout(100_000);
  await page.goto(chat);
  // The model of the chat is a button, which opens the picker: a provider a row, which opens to its models.
  await page.getByText("openai", { exact: false }).last().click();
  await page.getByText("LM Studio", { exact: true }).last().click();
  await page.getByText("devstral", { exact: false }).first().waitFor();
  for (const line of (await page.locator("body").innerText()).split("\n")) console.log(`picker: ${line}`);
  await keep(await page.screenshot({ clip: { x: 290, y: 60, width: 680, height: 560 } }), `picker-${colorScheme}`);
  await page.close();
}
await browser.close();

// As WebP, of a quarter of the size. The browser is the one program here that can write it.
async function keep(png, name) {
  const page = await browser.newPage();
  const data = await page.evaluate(async (png) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    return canvas.toDataURL("image/webp", 0.9);
  }, png.toString("base64"));
  writeFileSync(join(pictures, `${name}.webp`), Buffer.from(data.split(",")[1], "base64"));
  await page.close();
}
