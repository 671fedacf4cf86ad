import type { Plan } from './graph-plan.js';

/**
 * The names of the initializers that are parameters: those that the file lists, or else those that operators use as
 * weights, directly or after moving their elements.
 */
export function trainedNames({ tensors, nodes, parameters }: Plan): ReadonlySet<string> {
  const floats = tensors.filter(({ dtype, isInitializer }) => isInitializer && dtype === 'float32');
  if (parameters) return new Set(floats.map(({ name }) => name).filter((name) => parameters.has(name)));
  const wanted = new Set<string>();
  // from the last node to the first, because what a node uses was computed before
  for (const { reader, operator } of [...nodes].reverse()) {
    const isWeight = operator.moves && reader.outputs.some((name) => wanted.has(name));
    reader.inputs.forEach((name, i) => {
      const isMoved = isWeight && (i === 0 || reader.op === 'Concat');
      if (name !== '' && (isMoved || operator.weights?.includes(i))) wanted.add(name);
    });
  }
  // scalars are constants of formulas
  return new Set(floats.flatMap(({ name, shape }) => (wanted.has(name) && shape.length > 0 ? [name] : [])));
}
