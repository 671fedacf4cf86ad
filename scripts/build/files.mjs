// Divides the modules among the files of dist/:
// - a door for each entry of package.json, which does nothing but import;
// - chunks/: one file for each layer, `core` for all that the others stand on, and apart from them what is loaded when
//   it is first needed. A file costs Node about a millisecond, and bundlers drop what a program does not use of each;
// - chunks/: a file for each namespace (`export * as nn from`), because inside of another file it would become an
//   object with getters, of which bundlers can drop nothing.
import { basename, join, relative, sep } from 'node:path';

/** Layers with a file of their own; all others are `core`. */
const layers = ['nn', 'optim', 'data', 'io'];

/** What a file is called where it is loaded when first needed. */
const lazyNames = { 'backends/gpu': 'gpu-backend', 'data/node': 'data-node' };

/** The modules that are loaded together with those of `starts`. */
function reachedFrom(modules, starts) {
  const reached = new Set(starts);
  for (const path of reached) {
    for (const each of modules.get(path).imports) if (each.form !== 'dynamic') reached.add(each.path);
  }
  return reached;
}

/** The plan of dist/ for the modules of the folder `src`. */
export function divide(modules, src) {
  const inside = (path) => relative(src, path).replaceAll(sep, '/');
  const isDoor = (path) => path === join(src, 'index.ts') || inside(path).startsWith('entries/');
  const imports = [...modules.values()].flatMap((module) => module.imports);
  const early = reachedFrom(modules, [...modules.keys()].filter(isDoor));
  const namespaces = new Set(imports.filter(({ form }) => form === 'namespace').map(({ path }) => path));

  /**
   * True where a file holds one module: for doors, and for namespaces and what imports one if only such import them.
   */
  const isAlone = (path) => {
    if (isDoor(path)) return true;
    const hasNamespace = modules.get(path).imports.some(({ form }) => form === 'namespace');
    if (!hasNamespace && !namespaces.has(path)) return false;
    return imports.every((each) => each.path !== path || each.form === 'namespace' || isAlone(each.from));
  };

  const namespaceFile = (path) => `chunks/${inside(path).replaceAll('/', '-').replace(/\.ts$/, '')}`;

  /** The file that holds a module. */
  const fileOf = (path) => {
    if (isDoor(path)) return basename(path, '.ts');
    if (modules.get(path).acts) return 'chunks/setup';
    if (isAlone(path)) return namespaceFile(path);
    if (early.has(path)) return `chunks/${layers.find((layer) => inside(path).startsWith(`${layer}/`)) ?? 'core'}`;
    const folder = Object.keys(lazyNames).find((each) => inside(path).startsWith(`${each}/`));
    if (folder) return `chunks/${lazyNames[folder]}`;
    throw new Error(`${inside(path)}: expected it to be imported at once, or to lie in ${Object.keys(lazyNames)}`);
  };

  for (const { form, from } of imports) {
    if (form === 'namespace' && !isAlone(from)) {
      throw new Error(
        `${inside(from)}: expected modules that import a namespace to be imported by none that define things`,
      );
    }
  }
  const aliases = aliasesFor(modules, imports, fileOf);
  const files = new Map();
  for (const path of modules.keys()) files.set(fileOf(path), [...(files.get(fileOf(path)) ?? []), path]);
  return {
    files,
    fileOf,
    isAlone,
    namespaceFile,
    /** Modules that are a namespace and lie in a file with others: the file of the namespace re-exports them. */
    reexported: new Map([...namespaces].filter((path) => !isAlone(path)).map((path) => [namespaceFile(path), path])),
    aliasOf: (path, name) => aliases.get(path)?.get(name),
    /** What other files need of a module, as pairs of its name and the name that its file exports it by. */
    exportsOf: (path) => [...(aliases.get(path) ?? [])],
  };
}

/** By module and name, the names that files export: other files cannot tell two modules of one file apart. */
function aliasesFor(modules, imports, fileOf) {
  const aliases = new Map();
  const taken = new Set();
  const give = (path, name) => {
    const given = aliases.get(path) ?? new Map();
    aliases.set(path, given);
    if (given.has(name)) return;
    let alias = name;
    for (let i = 2; taken.has(`${fileOf(path)} ${alias}`); i++) alias = `${name}$${i}`;
    taken.add(`${fileOf(path)} ${alias}`);
    given.set(name, alias);
  };
  // first what is loaded when needed, whose names nothing can translate
  const crossing = imports.filter(({ form, path, from }) => form === 'namespace' || fileOf(path) !== fileOf(from));
  const isDynamic = ({ form }) => form === 'dynamic';
  for (const { form, path, names } of [...crossing.filter(isDynamic), ...crossing.filter((each) => !isDynamic(each))]) {
    const needed = form === 'names' ? names.map(([name]) => name) : modules.get(path).exports;
    for (const name of needed) give(path, name);
    if (form === 'dynamic' && needed.some((name) => aliases.get(path).get(name) !== name)) {
      throw new Error(`${path}: expected exports that no other module of ${fileOf(path)} has`);
    }
  }
  return aliases;
}
