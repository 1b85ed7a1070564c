// powershell.mjs PARSER GRAMMAR SCRIPT: prints each place of a PowerShell script that is none, and fails where there is
// one.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [parserPath, grammar, script] = process.argv.slice(2);
const { Language, Parser } = await import(pathToFileURL(parserPath));
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));
const { rootNode } = parser.parse(readFileSync(script, "utf8"));

function report(node) {
  if (node.isError || node.isMissing) {
    const { row, column } = node.startPosition;
    console.log(`${script}:${row + 1}:${column + 1}: ${node.isMissing ? "missing " + node.type : node.text}`);
  }
  node.children.forEach(report);
}
report(rootNode);
process.exitCode = rootNode.hasError ? 1 : 0;
