// Type-checks a program that uses every entry, and the declarations, with the compilers that users have and only the
// browser libraries.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { require, root, run } from './app.mjs';

const compilers = {
  5.4: require.resolve('typescript-5.4/lib/tsc.js'),
  5.9: require.resolve('typescript-5.9/lib/tsc.js'),
  7: join(root, 'node_modules/typescript/bin/tsc'),
};
const modules = { node16: 'node16', nodenext: 'nodenext', bundler: 'esnext' };

/** Describes the combinations of compiler and module resolution that fail. */
export async function checkTypes(app) {
  const failures = [];
  const checks = Object.entries(compilers).flatMap(([version, compiler]) =>
    Object.entries(modules).map(([moduleResolution, module]) => ({ version, compiler, moduleResolution, module })),
  );
  const check = async ({ version, compiler, moduleResolution, module }) => {
    const config = join(app, `tsconfig.${version}.${moduleResolution}.json`);
    const compilerOptions = {
      ...{ target: 'ES2022', lib: ['ES2022', 'DOM'], types: [], module, moduleResolution },
      ...{ strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ verbatimModuleSyntax: true, noEmit: true },
    };
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ['node.ts', 'page.ts'] }));
    const { status, stdout } = await run(process.execPath, [compiler, '-p', config], { cwd: dirname(config) });
    if (status !== 0) failures.push(`TypeScript ${version}, ${moduleResolution}: ${stdout.trim()}`);
  };
  // two checks at a time
  const worker = async () => {
    for (let next = checks.shift(); next; next = checks.shift()) await check(next);
  };
  await Promise.all([worker(), worker()]);
  return failures;
}
