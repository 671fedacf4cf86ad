// Bundles and minifies a program that uses every entry with the bundlers that users have, and runs the output in Node.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild, transform } from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';
import { differences, run, trained } from './app.mjs';

/** Each builds `app/node.js` into a folder as modules and returns its warnings. */
const bundlers = {
  async esbuild(app, outdir) {
    const { warnings } = await esbuild({
      entryPoints: [join(app, 'node.js')],
      ...{ bundle: true, splitting: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022' },
      ...{ outdir, logLevel: 'silent' },
    });
    return warnings.map(({ text }) => text);
  },

  async rollup(app, dir) {
    const warnings = [];
    const bundle = await rollup({
      input: join(app, 'node.js'),
      plugins: [nodeResolve({ browser: true })],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ dir, format: 'es', compact: true });
    await bundle.close();
    return warnings;
  },

  async vite(app, outDir) {
    const warnings = [];
    const note = (message) => warnings.push(message);
    const customLogger = {
      ...{ info() {}, clearScreen() {}, hasErrorLogged: () => false, hasWarned: false },
      ...{ warn: note, warnOnce: note, error: note },
    };
    await vite({
      ...{ root: app, configFile: false, logLevel: 'warn', customLogger },
      build: {
        ...{
          outDir,
          emptyOutDir: true,
          minify: true,
          target: 'es2022',
          modulePreload: false,
          chunkSizeWarningLimit: 1000,
        },
        rollupOptions: { input: join(app, 'node.js'), output: { entryFileNames: 'node.js' } },
      },
    });
    return warnings;
  },

  webpack(app, path) {
    const compiler = webpack({
      ...{ mode: 'production', context: app, entry: join(app, 'node.js'), target: ['web', 'es2022'] },
      ...{ experiments: { outputModule: true }, performance: { hints: false } },
      output: { path, filename: 'node.js', module: true, chunkFormat: 'module', chunkLoading: 'import' },
    });
    return new Promise((resolve, reject) => {
      compiler.run((error, stats) => {
        compiler.close(() => {});
        if (error) return reject(error);
        const { warnings, errors } = stats.toJson({ all: false, warnings: true, errors: true });
        resolve([...errors, ...warnings].map(({ message }) => message));
      });
    });
  },
};

/** Describes the bundlers that fail or warn, and those whose output does not run. */
export async function checkBundlers(app) {
  for (const name of ['node', 'train']) {
    const { code } = await transform(readFileSync(join(app, `${name}.ts`), 'utf8'), { loader: 'ts', target: 'es2022' });
    writeFileSync(join(app, `${name}.js`), code);
  }
  const failures = [];
  for (const [name, bundle] of Object.entries(bundlers)) {
    const out = join(app, 'bundles', name);
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'package.json'), '{ "type": "module" }');
    const start = performance.now();
    try {
      const warnings = await bundle(app, out);
      failures.push(...warnings.map((warning) => `${name}: expected no warning, got ${warning}`));
      writeFileSync(join(out, 'package.json'), '{ "type": "module" }');
      const { status, stdout, stderr } = await run(process.execPath, [join(out, 'node.js')]);
      if (status !== 0 || stderr !== '') failures.push(`${name}: expected an output without errors, got ${stderr}`);
      else failures.push(...differences(name, JSON.parse(stdout), trained));
    } catch (error) {
      failures.push(`${name}: ${error.message}`);
    }
    console.log(`   ${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  return failures;
}

/** Describes why CommonJS cannot `require` the entries. */
export async function checkCommonJs(app) {
  const { status, stdout, stderr } = await run(process.execPath, [join(app, 'commonjs.cjs')]);
  if (status !== 0 || stderr !== '') return [`require: expected no errors, got ${stderr}`];
  return differences('require', JSON.parse(stdout), { sum: 9, entries: ['nn', 'optim', 'data', 'io', 'autograd'] });
}
