// Compares antinode with onnxruntime: what exported models and layers compute, what imported operators compute, and,
// where Python has the package onnx, whether its checker accepts the exported files. Needs the runtime: npm ci
// --ignore-scripts --prefix test/onnxruntime. usage: tsx test/onnxruntime/main.ts [--write]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { difference } from '../helpers/close.js';
import { fileOf } from '../onnx/files.js';
import { operatorCases } from '../onnx/operator-cases.js';
import { importedOutputs, outputsOfModel } from './antinode.js';
import { modelCases } from './model-cases.js';
import { type Outputs, run, runtime } from './runtime.js';

/** How far apart results may be: |actual - expected| <= tolerance (1 + |expected|). */
const tolerance = 1e-4;

const goldenPath = fileURLToPath(new URL('operators.json', import.meta.url));
const failures: string[] = [];

/** Notes where the outputs of a case differ. */
function compare(name: string, actual: readonly Outputs[number][], expected: Outputs): void {
  if (actual.length !== expected.length)
    failures.push(`${name}: ${actual.length} outputs instead of ${expected.length}`);
  expected.forEach(({ dims, data }, i) => {
    if (`${actual[i]?.dims}` !== `${dims}`)
      failures.push(`${name}: output ${i} (${actual[i]?.dims}) instead of (${dims})`);
    else {
      const problem = difference(actual[i].data, data, tolerance, tolerance, { what: `output ${i}`, shape: dims });
      if (problem !== null) failures.push(`${name}: ${problem}`);
    }
  });
}

async function attempt(name: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    failures.push(`${name}: ${(error as Error).message}`);
  }
}

console.log(`onnxruntime ${runtime.env.versions.common}`);
const golden: Record<string, Outputs> = {};
for (const { name, graph, inputs } of operatorCases) {
  await attempt(name, async () => {
    const bytes = fileOf(graph);
    golden[name] = await run(bytes, inputs);
    compare(name, await importedOutputs(bytes, inputs), golden[name]);
  });
}
console.log(`${operatorCases.length} graphs of operators`);

const folder = mkdtempSync(join(tmpdir(), 'antinode-onnxruntime-'));
try {
  const files: string[] = [];
  for (const each of modelCases) {
    await attempt(each.name, async () => {
      const { bytes, inputs, outputs } = await outputsOfModel(each);
      compare(each.name, outputs, await run(bytes, inputs));
      files.push(join(folder, `${files.length}.onnx`));
      writeFileSync(files[files.length - 1], bytes);
    });
  }
  console.log(`${modelCases.length} models and layers`);
  checkFiles(files);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs the checker of the package onnx. */
function checkFiles(files: readonly string[]): void {
  const python = process.env.PYTHON ?? 'python3';
  if (spawnSync(python, ['-c', 'import onnx']).status !== 0) {
    console.log(`skipped the checker: ${python} has no package onnx`);
    return;
  }
  const script = fileURLToPath(new URL('check.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script, ...files], { encoding: 'utf8' });
  if (status === 0) console.log(stdout.trim());
  else failures.push(`checker: ${stderr}`);
}

if (process.argv.includes('--write')) {
  // eight digits are more than float32 has
  const shorter = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(8)) : value);
  writeFileSync(goldenPath, `${JSON.stringify(golden, shorter)}\n`);
}
if (Object.keys(JSON.parse(readFileSync(goldenPath, 'utf8'))).join() !== Object.keys(golden).join()) {
  failures.push('test/onnxruntime/operators.json: expected the cases of operator-cases.ts; run with --write');
}
for (const failure of failures) console.log(`FAILED ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);
