// Assigns the modules to the files of dist/:
// - a door for each entry of package.json, which only imports;
// - chunks/: one file for each layer, `core` for what all layers depend on, and separate files for what is loaded
//   lazily. A file costs Node about a millisecond to load; bundlers drop the unused parts of each;
// - chunks/: a file for each namespace (`export * as nn from`), because in another file it would become an object
//   with getters, from which bundlers can drop nothing.
import { basename, join, relative, sep } from 'node:path';

/** Layers with a file of their own; all other modules are in `core`. */
const layers = ['nn', 'optim', 'data', 'io', 'onnx'];

/** The names of lazily loaded files, by source folder; the first folder that contains a module counts. */
const lazyNames = {
  'backends/gpu': 'gpu-backend',
  'data/node': 'data-node',
  'io/formats': 'io-formats',
  'io/node': 'io-node',
  io: 'io-safetensors',
  'nn/summary': 'nn-summary',
  'tensor/profile': 'profile',
};

/** The modules that are loaded with those in `starts`, including them. */
function reachedFrom(modules, starts) {
  const reached = new Set(starts);
  for (const path of reached) {
    for (const each of modules.get(path).imports) if (each.form !== 'dynamic') reached.add(each.path);
  }
  return reached;
}

/** Returns the plan of dist/ for the modules of the folder `src`. */
export function divide(modules, src) {
  const inside = (path) => relative(src, path).replaceAll(sep, '/');
  const isDoor = (path) => path === join(src, 'index.ts') || inside(path).startsWith('entries/');
  const imports = [...modules.values()].flatMap((module) => module.imports);
  const early = reachedFrom(modules, [...modules.keys()].filter(isDoor));
  const namespaces = new Set(imports.filter(({ form }) => form === 'namespace').map(({ path }) => path));

  /**
   * True if a module has a file of its own: a door, or a module that is or re-exports a namespace, if every module that
   * imports it other than as a namespace has a file of its own too.
   */
  const isAlone = (path) => {
    if (isDoor(path)) return true;
    const hasNamespace = modules.get(path).imports.some(({ form }) => form === 'namespace');
    if (!hasNamespace && !namespaces.has(path)) return false;
    return imports.every((each) => each.path !== path || each.form === 'namespace' || isAlone(each.from));
  };

  const namespaceFile = (path) => `chunks/${inside(path).replaceAll('/', '-').replace(/\.ts$/, '')}`;

  /** The file that contains a module. */
  const fileOf = (path) => {
    if (isDoor(path)) return basename(path, '.ts');
    if (modules.get(path).acts) return 'chunks/setup';
    if (isAlone(path)) return namespaceFile(path);
    if (early.has(path)) return `chunks/${layers.find((layer) => inside(path).startsWith(`${layer}/`)) ?? 'core'}`;
    const folder = Object.keys(lazyNames).find((each) => inside(path).startsWith(`${each}/`));
    if (folder) return `chunks/${lazyNames[folder]}`;
    throw new Error(`${inside(path)}: expected it to be imported statically, or to be in ${Object.keys(lazyNames)}`);
  };

  for (const { form, from } of imports) {
    if (form === 'namespace' && !isAlone(from)) {
      throw new Error(
        `${inside(from)}: expected a module that re-exports a namespace to be imported only by modules like it`,
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
    /** Namespace modules that share a file with other modules; the file of the namespace re-exports them. */
    reexported: new Map([...namespaces].filter((path) => !isAlone(path)).map((path) => [namespaceFile(path), path])),
    aliasOf: (path, name) => aliases.get(path)?.get(name),
    /** What other files need from a module, as pairs of its name in the module and its name in the file's exports. */
    exportsOf: (path) => [...(aliases.get(path) ?? [])],
  };
}

/** Exported names by module and name. They are unique within a file, whose modules may export the same name. */
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
  // dynamic imports first, because their names cannot be translated
  const crossing = imports.filter(({ form, path, from }) => form === 'namespace' || fileOf(path) !== fileOf(from));
  const isDynamic = ({ form }) => form === 'dynamic';
  for (const { form, path, names } of [...crossing.filter(isDynamic), ...crossing.filter((each) => !isDynamic(each))]) {
    const needed = form === 'names' ? names.map(([name]) => name) : modules.get(path).exports;
    for (const name of needed) give(path, name);
    if (form === 'dynamic' && needed.some((name) => aliases.get(path).get(name) !== name)) {
      throw new Error(`${path}: expected export names that no other module of ${fileOf(path)} has`);
    }
  }
  return aliases;
}
