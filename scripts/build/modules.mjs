// Loads the sources as JavaScript modules: their code, their exports, and their imports by form.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from 'acorn';
import { transform } from 'esbuild';

export const target = 'es2022';

const nameOf = (node) => node.name ?? node.value;

/** The form of an import or re-export, and pairs of its names in the other module and in this one. */
function formOf({ type, exported, specifiers }) {
  if (type === 'ExportAllDeclaration') return { form: exported ? 'namespace' : 'all' };
  if (specifiers.length === 0) return { form: 'effects' };
  // the names are added when the exports of all modules are known
  if (specifiers[0].type === 'ImportNamespaceSpecifier') return { form: 'names', object: specifiers[0].local.name };
  const names = specifiers.map((each) =>
    each.type === 'ExportSpecifier'
      ? [nameOf(each.local), nameOf(each.exported)]
      : [nameOf(each.imported), each.local.name],
  );
  return { form: 'names', names };
}

/**
 * What a module imports from other modules of the package. Forms: names, all (`export *`), namespace (`export * as`),
 * effects, dynamic. `import * as object` counts as an import of all names, which are collected into an object.
 */
function importsOf(code, body) {
  const found = body.filter(({ source }) => source).map((statement) => ({ ...statement, ...formOf(statement) }));
  const fixed = found.map(({ form, names = [], object, type, start, end, source }) => {
    const keyword = type === 'ImportDeclaration' ? 'import' : 'export';
    return { form, names, object, keyword, start, end, specifier: source.value, at: source };
  });
  const dynamic = [...code.matchAll(/\bimport\(("\.[^"]+")\)/g)].map(({ 0: call, 1: text, index }) => {
    const start = index + call.indexOf(text);
    return { form: 'dynamic', names: [], specifier: text.slice(1, -1), at: { start, end: start + text.length } };
  });
  return [...fixed, ...dynamic].filter(({ specifier }) => specifier.startsWith('.'));
}

/** The names that a statement exports, without those of `export * from`. */
function exportsOf(statement) {
  if (statement.type === 'ExportAllDeclaration') return statement.exported ? [nameOf(statement.exported)] : [];
  if (statement.type !== 'ExportNamedDeclaration') return [];
  const { declaration, specifiers } = statement;
  const declared = declaration?.declarations ?? (declaration ? [declaration] : []);
  return [...declared.map(({ id }) => id.name), ...specifiers.map(({ exported }) => nameOf(exported))];
}

async function load(path) {
  const options = { loader: 'ts', target, sourcefile: basename(path), sourcemap: 'inline', sourcesContent: false };
  const { code } = await transform(readFileSync(path, 'utf8'), options);
  const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  const imports = importsOf(code, body).map((each) => ({
    ...each,
    from: path,
    path: join(dirname(path), each.specifier.replace(/\.js$/, '.ts')),
  }));
  return { path, code, imports, exports: body.flatMap(exportsOf) };
}

/** Every module reachable from index.ts and the entries, by path; `acts` is true if it is imported for its effects. */
export async function loadModules(src) {
  const modules = new Map();
  const reach = async (path) => {
    if (modules.has(path)) return;
    if (!existsSync(path)) throw new Error(`${path}: expected a source file, got none`);
    modules.set(path, undefined);
    const module = await load(path);
    modules.set(path, module);
    for (const each of module.imports) await reach(each.path);
  };
  const entries = readdirSync(join(src, 'entries')).map((name) => join(src, 'entries', name));
  for (const entry of [join(src, 'index.ts'), ...entries]) await reach(entry);

  const imports = [...modules.values()].flatMap((module) => module.imports);
  const acting = new Set(imports.filter(({ form }) => form === 'effects').map(({ path }) => path));
  for (const module of modules.values()) {
    module.acts = acting.has(module.path);
    module.exports = allExports(modules, module.path);
  }
  for (const each of imports) {
    if (each.object) each.names = modules.get(each.path).exports.map((name) => [name, `${each.object}$${name}`]);
  }
  return modules;
}

/** The names that a module exports, including those of `export * from`. */
function allExports(modules, path) {
  const { exports, imports } = modules.get(path);
  const others = imports.filter(({ form }) => form === 'all').flatMap((each) => allExports(modules, each.path));
  return [...new Set([...exports, ...others])];
}
