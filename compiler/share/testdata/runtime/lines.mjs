// Reading, writing, checking and timing files of cases: one JSON object {id, k, in, out} per line, plain or .gz.
import fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import zlib from 'node:zlib';

export function readCases(file) {
  const bytes = fs.readFileSync(file);
  const text = (file.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

// Written straight to the descriptor: process.exit would drop what process.stdout still holds back.
const write = (text) => fs.writeSync(1, text);

async function run(engine, cases) {
  for (const { id, k, in: input } of cases) {
    write(JSON.stringify({ id, k, in: input, out: await engine.run(input) }) + '\n');
  }
}

async function check(engine, cases) {
  let differ = 0;
  for (const { id, k, in: input, out: want } of cases) {
    const got = await engine.run(input);
    if (JSON.stringify(got) === JSON.stringify(want)) continue;
    if (differ++ < 10) write(`#${id} ${k}\n${differences(got, want).join('\n')}\n`);
  }
  write(`${engine.name}: ${cases.length} checked, ${differ} differ\n`);
  return differ === 0 && cases.length > 0;
}

// differences names the steps and scopes that are not as wanted, so that one need not compare whole lines by eye.
function differences(got, want) {
  const found = [];
  const compare = (where, a, b) => {
    if (JSON.stringify(a) !== JSON.stringify(b)) found.push(`  ${where}\n    got  ${JSON.stringify(a)}\n    want ${JSON.stringify(b)}`);
  };
  for (let i = 0; i < Math.max(got.steps.length, want.steps.length); i++) compare(`step ${i}`, got.steps[i], want.steps[i]);
  compare('scope', got.scope, want.scope);
  return found;
}

async function time(engine, cases, passes) {
  const texts = cases.map(({ in: input }) => JSON.stringify(input));
  for (const text of texts) await engine.run(JSON.parse(text));
  for (let pass = 1; pass <= passes; pass++) {
    const begin = performance.now();
    let inside = 0;
    for (const text of texts) {
      const input = JSON.parse(text);
      const before = performance.now();
      const out = await engine.run(input);
      inside += performance.now() - before;
      JSON.stringify(out);
    }
    const whole = performance.now() - begin;
    write(`${engine.name}: pass ${pass}: ${cases.length} cases, ${inside.toFixed(1)} ms negotiation, ${whole.toFixed(1)} ms whole\n`);
  }
}

// main serves `run|check|time FILE [PASSES]` for one engine: {name, run(in) -> out}.
export async function main(engine, [command, file, passes = '3']) {
  const commands = { run, check, time };
  if (!commands[command] || !file) {
    process.stderr.write('usage: run|check|time FILE [PASSES]\n');
    process.exit(2);
  }
  const done = await commands[command](engine, readCases(file), Number(passes));
  process.exit(done === false ? 1 : 0);
}
