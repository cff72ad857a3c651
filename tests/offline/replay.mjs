// Folds the vectors of a file with the browser's fold: node replay.mjs FOLD.js VECTORS.json
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [, , foldFile, vectorFile] = process.argv;
const { fold, stateHash } = await import(pathToFileURL(foldFile));
const vectors = JSON.parse(await readFile(vectorFile, "utf8"));
const wrong = [];
for (const [index, { operations, hash }] of vectors.entries()) {
  if ((await stateHash(fold(operations))) !== hash) wrong.push(index);
}
console.log(JSON.stringify({ read: vectors.length, wrong: wrong.slice(0, 10) }));
