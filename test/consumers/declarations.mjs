// Checks the declarations of the installed package: every public name and every member of Tensor has a doc comment, and
// every type that a public declaration mentions can be imported.
import { join, relative } from 'node:path';
import { manifestOf, require } from './app.mjs';

const ts = require('typescript-5.9');

/** A name with the file that declares it, for messages. */
function textOf(app, path, symbol) {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? '';
  return `${path} (${relative(join(app, 'node_modules/antinode'), file)})`;
}

/** Every exported name of the entries, by symbol. If entries share a symbol, the first path counts. */
function publicNames(checker, entries) {
  const names = new Map();
  const visit = (module, path) => {
    for (const exported of checker.getExportsOfModule(module)) {
      const isAlias = exported.flags & ts.SymbolFlags.Alias;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      if (names.has(symbol)) continue;
      const name = `${path}${exported.name}`;
      names.set(symbol, { name, exported });
      if (symbol.flags & ts.SymbolFlags.ValueModule) visit(symbol, `${name}.`);
    }
  };
  for (const [path, module] of entries) visit(module, path);
  return names;
}

const isDocumented = (checker, symbol) =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';

/** True for `export * as name` below a doc comment, which editors show too. */
function isDocumentedNamespace({ declarations = [] }) {
  return declarations.some((declaration) => {
    const { text } = declaration.getSourceFile();
    const comments = ts.getLeadingCommentRanges(text, declaration.parent.pos) ?? [];
    return ts.isNamespaceExport(declaration) && comments.some(({ pos }) => text.startsWith('/**', pos));
  });
}

/** The symbols of the types in the visible part of a declaration, and their text there. */
function mentions(checker, declaration) {
  const found = [];
  const visit = (node) => {
    const isHidden =
      ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
    if (isHidden) return;
    let name;
    if (ts.isTypeReferenceNode(node)) name = node.typeName;
    else if (ts.isExpressionWithTypeArguments(node)) name = node.expression;
    else if (ts.isImportTypeNode(node)) name = node.qualifier;
    if (name) {
      const symbol = checker.getSymbolAtLocation(name);
      const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      if (target) found.push({ symbol: target, text: name.getText() });
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(declaration, visit);
  return found;
}

/** Describes what is wrong with the declarations. */
export function checkDeclarations(app) {
  const { exports } = manifestOf(app);
  const doors = Object.entries(exports).filter(([, target]) => target.types);
  const files = doors.map(([, target]) => join(app, 'node_modules/antinode', target.types));
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, strict: true, types: [] };
  const program = ts.createProgram(files, { ...options, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] });
  const checker = program.getTypeChecker();
  const entries = doors.map(([door], i) => [
    `${door.replace('.', 'antinode')}: `,
    checker.getSymbolAtLocation(program.getSourceFile(files[i])),
  ]);
  const names = publicNames(checker, entries);
  const failures = new Set();

  for (const [symbol, { name, exported }] of names) {
    if (!isDocumented(checker, symbol) && !isDocumentedNamespace(exported)) {
      failures.add(`no doc comment: ${textOf(app, name, symbol)}`);
    }
  }
  const [tensor] = [...names].find(([, { name }]) => name === 'antinode: Tensor');
  for (const member of checker.getDeclaredTypeOfSymbol(tensor).getProperties()) {
    if (member.name.startsWith('#') || member.name.startsWith('__#') || isDocumented(checker, member)) continue;
    failures.add(`no doc comment: Tensor.${member.name.replace(/^__@(\w+)@.*/, '[Symbol.$1]')}`);
  }

  const isOwn = (declaration) => declaration.getSourceFile().fileName.startsWith(join(app, 'node_modules/antinode'));
  const hidden = new Map();
  for (const [symbol, { name }] of names) {
    for (const declaration of (symbol.declarations ?? []).filter(isOwn)) {
      if (ts.isSourceFile(declaration) || ts.isNamespaceExport(declaration)) continue;
      for (const { symbol: mentioned, text } of mentions(checker, declaration)) {
        const isType = !(mentioned.flags & ts.SymbolFlags.TypeParameter) && mentioned.declarations?.some(isOwn);
        if (!isType || names.has(mentioned)) continue;
        if (!hidden.has(mentioned)) hidden.set(mentioned, { text: textOf(app, text, mentioned), by: new Set() });
        hidden.get(mentioned).by.add(name.replace(/^antinode: /, ''));
      }
    }
  }
  for (const { text, by } of hidden.values())
    failures.add(`cannot be imported: ${text}, mentioned by ${[...by].join(', ')}`);
  return [...failures].sort();
}
