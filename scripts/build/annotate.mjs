// Makes modules fit for the bundlers and minifiers of users: what they compute while they load is marked as pure, so
// that what a program does not use can be dropped, and classes keep their names, which messages and `toString` print.
import { parse } from 'acorn';

/** Expressions that bundlers know to have no effect if their parts have none. */
const containers = new Set(['ArrayExpression', 'ObjectExpression', 'ConditionalExpression', 'LogicalExpression']);

/** Expressions that have none with literals inside; of other values they might call `valueOf`. */
const arithmetic = new Set(['UnaryExpression', 'BinaryExpression', 'TemplateLiteral']);

const isFunction = ({ type }) => type === 'FunctionExpression' || type === 'ArrowFunctionExpression';
const isLiteral = ({ type }) => type === 'Literal' || type === 'TemplateElement';
const isCall = ({ type }) => type === 'CallExpression' || type === 'NewExpression';

/** The nodes directly inside of a node. */
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
 * Insertions that let an initialiser be dropped: an annotation or, where parts of it have effects, a function around
 * it.
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

/** The same for a class, whose definition computes static members, and names like `[Symbol.dispose]`; and its name. */
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

/** JavaScript with the constants and classes of its module level annotated; its lines stay where they are. */
export function annotate(code) {
  const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  return body
    .flatMap(markStatement)
    .sort(([a], [b]) => b - a)
    .reduce((text, [at, added]) => text.slice(0, at) + added + text.slice(at), code);
}
