// Bundles the modules into the files that files.mjs assigns them to.
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { annotate } from './annotate.mjs';
import { divide } from './files.mjs';
import { loadModules, target } from './modules.mjs';

/** The prefix of specifiers of other files of dist/, until esbuild writes them. */
const outside = 'outside:';

/** An import or export statement, for pairs of names in the other file and in this one. */
function statement(keyword, pairs, from) {
  const specifiers = pairs.map(([there, here]) => (there === here ? there : `${there} as ${here}`));
  return `${keyword} { ${specifiers.join(', ')} } from ${JSON.stringify(from)};`;
}

/** The specifier by which one file of dist/ imports another. */
function between(from, to) {
  return `${outside}./${from.startsWith('chunks/') ? to.slice('chunks/'.length) : to}.js`;
}

/** The edit that makes an import name the file of its module; undefined if both modules are in the same file. */
function editOf(plan, modules, { form, names, object, keyword, start, end, at, from, path }) {
  const here = plan.fileOf(from);
  const there = form === 'namespace' ? plan.namespaceFile(path) : plan.fileOf(path);
  if (here === there) return undefined;
  const specifier = between(here, there);
  if (!['names', 'all'].includes(form) || plan.isAlone(path)) {
    return { start: at.start, end: at.end, text: JSON.stringify(specifier) };
  }
  const pairs = form === 'names' ? names : modules.get(path).exports.map((name) => [name, name]);
  const translated = pairs.map(([name, local]) => [plan.aliasOf(path, name), local]);
  const made = object ? ` const ${object} = { ${names.map(([name, local]) => `${name}: ${local}`).join(', ')} };` : '';
  return { start, end, text: translated.length > 0 ? statement(keyword, translated, specifier) + made : '' };
}

/** The code of a module with its imports rewritten, annotated. Does not move lines. */
function codeOf(plan, modules, { code, imports, acts }) {
  const edits = imports.map((each) => editOf(plan, modules, each)).filter(Boolean);
  const edited = edits
    .sort((a, b) => b.start - a.start)
    .reduce((text, { start, end, text: added }) => {
      const lines = text.slice(start, end).split('\n').length - 1;
      return text.slice(0, start) + added + '\n'.repeat(lines) + text.slice(end);
    }, code);
  return acts ? edited : annotate(edited);
}

/** The esbuild entry of each file: its only module, or a generated one that exports what other files need. */
function entryPointsOf(plan, modules) {
  const texts = new Map();
  const entries = [...plan.files].map(([out, paths]) => {
    if (plan.isAlone(paths[0])) return { in: paths[0], out };
    const acting = paths.filter((path) => modules.get(path).acts).map((path) => `import ${JSON.stringify(path)};`);
    const exported = paths.filter((path) => plan.exportsOf(path).length > 0);
    texts.set(out, [...acting, ...exported.map((path) => statement('export', plan.exportsOf(path), path))]);
    return { in: `file:${out}`, out };
  });
  for (const [out, path] of plan.reexported) {
    const pairs = plan.exportsOf(path).map(([name, alias]) => [alias, name]);
    texts.set(out, [statement('export', pairs, between(out, plan.fileOf(path)))]);
    entries.push({ in: `file:${out}`, out });
  }
  return { entries, texts };
}

/** The JavaScript files of `dist` and their source maps, as {path, contents}. */
export async function bundle({ root, src, dist }) {
  const modules = await loadModules(src);
  const plan = divide(modules, src);
  const { entries, texts } = entryPointsOf(plan, modules);
  const plugin = {
    name: 'files',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^file:/ }, ({ path }) => ({ path: path.slice('file:'.length), namespace: 'entry' }));
      onLoad({ filter: /.*/, namespace: 'entry' }, ({ path }) => ({ contents: texts.get(path).join('\n') }));
      onResolve({ filter: /^outside:/ }, ({ path }) => {
        const file = path.slice(outside.length);
        return { path: file, external: true, sideEffects: file.endsWith('/setup.js') };
      });
      // relative or absolute; absolute paths begin with a letter and a colon on Windows
      onResolve({ filter: /^(\.|\/|[A-Za-z]:)/ }, ({ path: specifier, importer, kind }) => {
        if (kind === 'entry-point') return;
        const isWhole = isAbsolute(specifier);
        const path = isWhole ? specifier : join(dirname(importer), specifier.replace(/\.js$/, '.ts'));
        return { path, sideEffects: Boolean(modules.get(path)?.acts) };
      });
      onLoad({ filter: /\.ts$/ }, ({ path }) => ({ contents: codeOf(plan, modules, modules.get(path)), loader: 'js' }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: entries,
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target,
    packages: 'external',
    outdir: dist,
    sourcemap: true,
    sourcesContent: false,
    write: false,
    plugins: [plugin],
    logLevel: 'warning',
  });
  // files that only re-export have no source to map to
  const isMapped = (path) =>
    !plan.reexported.has(
      relative(dist, path)
        .replaceAll(sep, '/')
        .replace(/\.js(\.map)?$/, ''),
    );
  return outputFiles.flatMap(({ path, contents, text }) => {
    if (isMapped(path)) return [{ path, contents: Buffer.from(contents) }];
    if (path.endsWith('.map')) return [];
    return [{ path, contents: Buffer.from(text.replace(/^\/\/# sourceMappingURL=.*\n/m, '')) }];
  });
}
