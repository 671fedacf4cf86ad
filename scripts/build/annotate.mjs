// Prepares modules for the bundlers and minifiers of users: marks what they compute on load as pure, so that bundlers
// can drop what a program does not use, and preserves class names, which messages and `toString` print.
import { parse } from 'acorn';

/** Expressions that bundlers treat as free of side effects if their parts are. */
const containers = new Set(['ArrayExpression', 'ObjectExpression', 'ConditionalExpression', 'LogicalExpression']);

/** Expressions that are free of side effects on literals; on other values they might call `valueOf`. */
const arithmetic = new Set(['UnaryExpression', 'BinaryExpression', 'TemplateLiteral']);

const isFunction = ({ type }) => type === 'FunctionExpression' || type === 'ArrowFunctionExpression';
const isLiteral = ({ type }) => type === 'Literal' || type === 'TemplateElement';
const isCall = ({ type }) => type === 'CallExpression' || type === 'NewExpression';

/** The child nodes of a node. */
function partsOf(node) {
  return Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === 'string');
}

function isPure(node) {
  if (isFunction(node) || isLiteral(node) || node.type === 'Identifier') return true;
  if (node.type === 'Property') return !node.computed && isPure(node.value);
  if (arithmetic.has(node.type)) return partsOf(node).every((part) => part.type !== 'Identifier' && isPure(part));
  return containers.has(node.type) && partsOf(node).every(isPure);
}

/**
 * The insertions that let bundlers drop an initialiser: an annotation, or a function around it if its parts have side
 * effects.
 */
function markInitialiser(init) {
  if (!init || isPure(init)) return [];
  if (isCall(init) && init.callee.type === 'Identifier' && init.arguments.every(isPure)) {
    return [[init.start, '/* @__PURE__ */ ']];
  }
  return [
    [init.start, '/* @__PURE__ */ (() => ('],
    [init.end, '))()'],
  ];
}

/** The same for a class, which computes static members and keys like `[Symbol.dispose]`. Also preserves its name. */
function markClass({ id, body, start, end }) {
  const name = [body.start + 1, ` static name = '${id.name}';`];
  const statics = body.body.filter(({ type, static: isStatic }) => type === 'PropertyDefinition' && isStatic);
  const marks = [name, ...statics.flatMap(({ value }) => markInitialiser(value))];
  if (body.body.every(({ computed }) => !computed)) return marks;
  return [[start, `const ${id.name} = /* @__PURE__ */ (() => `], ...marks, [end, ')();']];
}

function markStatement(statement) {
  const declaration = statement.declaration ?? statement;
  if (declaration.type === 'ClassDeclaration') return markClass(declaration);
  if (declaration.type !== 'VariableDeclaration') return [];
  return declaration.declarations.flatMap(({ id, init }) => (id.type === 'Identifier' ? markInitialiser(init) : []));
}

/** Returns the JavaScript with its top-level constants and classes annotated. Does not move lines. */
export function annotate(code) {
  const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  return body
    .flatMap(markStatement)
    .sort(([a], [b]) => b - a)
    .reduce((text, [at, added]) => text.slice(0, at) + added + text.slice(at), code);
}
