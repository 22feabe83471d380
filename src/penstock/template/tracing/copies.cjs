// Runs at the start of every Node.js process of a synthesis: notes which directory each staged asset was copied from,
// so that a function can run from its source. Writes "copy <tab> asset name <tab> source" lines to $PENSTOCK_TRACE.
"use strict";
const fs = require("fs");
const path = require("path");

const out = process.env.CDK_OUTDIR;
const trace = process.env.PENSTOCK_TRACE;
const origins = new Map();
const copyFileSync = fs.copyFileSync;

function note(source, target) {
  const [asset, ...inside] = path.relative(out, path.resolve(target)).split(path.sep);
  const tail = path.join(path.sep, ...inside);
  const from = path.resolve(source);
  if (asset.startsWith("asset.") && (inside.length === 0 || from.endsWith(tail))) {
    origins.set(asset, inside.length === 0 ? from : from.slice(0, -tail.length));
  }
}

if (out && trace) {
  fs.copyFileSync = function (source, target, ...rest) {
    note(String(source), String(target));
    return copyFileSync.call(this, source, target, ...rest);
  };
  process.on("exit", () => {
    const lines = [...origins].map(([asset, source]) => `copy\t${asset}\t${source}\n`);
    if (lines.length > 0) fs.writeFileSync(path.join(trace, `${process.pid}.copies`), lines.join(""));
  });
}
