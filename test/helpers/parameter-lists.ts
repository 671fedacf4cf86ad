import { type AnyNode, type Function as FunctionNode, parse } from 'acorn';
import { transformSync } from 'esbuild';

/**
 * The names of the functions of a TypeScript source that declare more than `most` positional parameters, in order. A
 * trailing object of options does not count.
 */
export function longParameterLists(text: string, most: number): string[] {
  const { code } = transformSync(text, { loader: 'ts', target: 'es2022' });
  const found: string[] = [];
  const visit = (node: AnyNode, name: string): void => {
    if ('params' in node && positional(node.params) > most) found.push((node as FunctionNode).id?.name ?? name);
    for (const part of Object.values(node).flat()) if (isNode(part)) visit(part, nameOf(node) ?? name);
  };
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), 'anonymous');
  return found;
}

function positional(params: readonly AnyNode[]): number {
  const last = params.at(-1);
  const named = last?.type === 'AssignmentPattern' ? last.left : last;
  return params.length - Number(named?.type === 'ObjectPattern' || (named && textOf(named) === 'options'));
}

function isNode(value: unknown): value is AnyNode {
  return typeof (value as AnyNode | null)?.type === 'string';
}

/**
 * The name that a node gives to a function inside it: the name of a variable, a member or a parameter with a default
 * value.
 */
function nameOf(node: AnyNode): string | undefined {
  if (node.type === 'VariableDeclarator') return textOf(node.id);
  if (node.type === 'AssignmentPattern' || node.type === 'AssignmentExpression') return textOf(node.left);
  if (node.type === 'MethodDefinition' || node.type === 'PropertyDefinition' || node.type === 'Property') {
    return textOf(node.key);
  }
  return undefined;
}

function textOf(node: AnyNode): string | undefined {
  return node.type === 'Identifier' || node.type === 'PrivateIdentifier' ? node.name : undefined;
}
