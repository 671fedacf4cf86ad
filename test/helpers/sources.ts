import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the package. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** One import or re-export of a module: its specifier, and whether it is type-only. */
export interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** A TypeScript source: its path relative to the root, its text, and its imports. */
export interface Source {
  path: string;
  text: string;
  imports: Import[];
}

/** Blanks out comments, so that an `import` in an example does not count; offsets and lines stay the same. */
export function withoutComments(text: string): string {
  const pattern = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(pattern, (found) => (found.startsWith('/') ? found.replace(/[^\n]/g, ' ') : found));
}

/** The imports of a source: static and dynamic imports, re-exports, `import type` and `typeof import()`. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const match of code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[\w*{][^'"`;]*?\sfrom\s+)?'([^']+)'/gm)) {
    found.push({ specifier: match[2], typeOnly: match[1] !== undefined });
  }
  for (const match of code.matchAll(/(typeof\s+)?\bimport\(\s*'([^']+)'\s*\)/g)) {
    found.push({ specifier: match[2], typeOnly: match[1] !== undefined });
  }
  return found;
}

/** The path of every `.ts` file under a folder, sorted, without generated files. */
export function pathsUnder(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.generated.ts') && !path.includes('node_modules/'))
    .sort();
}

/** Every TypeScript source under a folder, except the kernels, which are AssemblyScript. */
export function sourcesUnder(folder: string): Source[] {
  return pathsUnder(folder)
    .filter((path) => !path.includes('/kernels/'))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, imports: importsOf(text) };
    });
}

/** The source that a relative specifier resolves to, as a path relative to the root; undefined for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(dirname(from), specifier).replace(/\.js$/, '.ts');
}
