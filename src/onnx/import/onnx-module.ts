import { to } from '../../autograd/ops/convert.js';
import { Parameter } from '../../autograd/parameter.js';
import type { Dtype } from '../../dtype.js';
import { AntinodeError, DtypeError, expected, ShapeError, shapeText, ValueError } from '../../errors.js';
import { Module } from '../../nn/module.js';
import type { Backend } from '../../tensor/backend.js';
import { backendOf } from '../../tensor/device.js';
import { expectTensor } from '../../tensor/expect.js';
import { fromHost } from '../../tensor/host.js';
import { keep } from '../../tensor/memory/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { HostTensor } from '../proto/tensor-values.js';
import type { Plan, PlannedInput, PlannedNode } from './graph-plan.js';
import type { Inputs, Mode } from './operator.js';
import { aligned, staticDevice } from './static-values.js';
import { TensorTree } from './tensor-tree.js';
import { trainedNames } from './trained-tensors.js';

/** The dtypes of tensors that an input accepts. */
const accepted: Readonly<Record<Dtype, readonly Dtype[]>> = {
  float32: ['float32'],
  int32: ['int32', 'uint8'],
  uint8: ['uint8'],
  bool: ['bool', 'uint8'],
};

/**
 * The graph of an ONNX file, made by `importOnnx`. Float initializers that operators use as weights are parameters,
 * other float initializers are buffers, both with their names in the file. In training, dropout drops, and batch
 * normalisation uses the statistics of the batch and updates its running averages.
 */
export class OnnxModule extends Module {
  /** Names of the inputs, in the order of the arguments of `forward`. */
  readonly inputNames: readonly string[];
  /** Names of the outputs, in the order of `forwardAll`. */
  readonly outputNames: readonly string[];
  readonly #inputs: readonly PlannedInput[];
  readonly #nodes: readonly PlannedNode[];
  /** Parameters, buffers and constants, by their names in the file. */
  readonly #tensors = new Map<string, () => Tensor>();
  readonly #constants: Tensor[] = [];
  readonly #buffers = new Set<string>();

  /** @internal `importOnnx` makes modules. */
  constructor(plan: Plan, device: string | undefined) {
    super();
    this.inputNames = plan.inputs.map(({ name }) => name);
    this.outputNames = plan.outputs;
    this.#inputs = plan.inputs;
    this.#nodes = plan.nodes;
    const backend = backendOf(device);
    const trained = trainedNames(plan);
    const tree = new TensorTree(this, (name, t, persistent) => this.registerBuffer(name, t, { persistent }));
    for (const tensor of plan.tensors) {
      if (tensor.dtype !== 'float32') this.#addConstant(tensor);
      else if (trained.has(tensor.name)) this.#addParameter(tree, tensor, backend);
      else if (tensor.shape.length === 0) this.#addConstant(tensor);
      else this.#addBuffer(tree, tensor, backend);
    }
  }

  /**
   * Returns the first output for inputs in the order of `inputNames`.
   * @throws ValueError for another number of inputs, ShapeError or DtypeError for inputs that do not fit; messages name
   * the input or the node.
   */
  forward(...inputs: Tensor[]): Tensor {
    return this.forwardAll(...inputs)[0];
  }

  /**
   * Returns all outputs, in the order of `outputNames`.
   * @throws ValueError, ShapeError or DtypeError as `forward` does.
   */
  forwardAll(...inputs: Tensor[]): Tensor[] {
    this.#checkInputs(inputs);
    const mode: Mode = { training: this.training, isBuffer: (name) => this.#buffers.has(name) };
    const values = new Map<string, Tensor>(inputs.map((t, i) => [this.inputNames[i], t]));
    const named = (name: string) => values.get(name) ?? this.#tensors.get(name)?.();
    for (const node of this.#nodes) {
      const { reader, operator } = node;
      const given = aligned(reader.inputs.map(named), operator.read);
      const results = computed(node, given, mode);
      reader.outputs.forEach((name, i) => {
        if (name !== '') values.set(name, results[i]);
      });
    }
    const device = inputs[0]?.device ?? staticDevice;
    return this.outputNames.map((name) => {
      const t = named(name) as Tensor;
      return t.device === staticDevice && device !== staticDevice ? to(t, device) : t;
    });
  }

  /** Frees parameters, gradients, buffers and constants. The module cannot be used afterwards. */
  override dispose(): void {
    super.dispose();
    for (const t of this.#constants) t.dispose();
  }

  override describe(): string {
    return `${this.inputNames.join(', ')} -> ${this.outputNames.join(', ')}`;
  }

  #addParameter(tree: TensorTree, { name, values, shape }: HostTensor, backend: Backend): void {
    const t = fromHost('importOnnx', values, shape, 'float32', backend);
    const { holder, field } = tree.add(name, new Parameter(t));
    // only the parameter holds the memory now
    t.dispose();
    this.#tensors.set(name, () => {
      const p = (holder as unknown as Readonly<Record<string, unknown>>)[field];
      expectTensor('importOnnx', p, `a parameter for ${name}`);
      return p;
    });
  }

  #addBuffer(
    tree: TensorTree,
    { name, values, shape, isInitializer }: Plan['tensors'][number],
    backend: Backend,
  ): void {
    const t = fromHost('importOnnx', values, shape, 'float32', backend);
    tree.add(name, t, isInitializer);
    if (isInitializer) this.#buffers.add(name);
    this.#tensors.set(name, () => t);
  }

  #addConstant({ name, values, shape, dtype }: HostTensor): void {
    const t = keep(fromHost('importOnnx', values, shape, dtype, backendOf(staticDevice)));
    this.#constants.push(t);
    this.#tensors.set(name, () => t);
  }

  #checkInputs(inputs: readonly Tensor[]): void {
    if (inputs.length !== this.#inputs.length) {
      const wanted = `${this.#inputs.length} inputs (${this.inputNames.join(', ')})`;
      throw new ValueError(expected('OnnxModule', wanted, `${inputs.length}`));
    }
    this.#inputs.forEach(({ name, dtype, shape }, i) => {
      expectTensor('OnnxModule', inputs[i]);
      if (!accepted[dtype].includes(inputs[i].dtype)) {
        throw new DtypeError(expected('OnnxModule', `${dtype} for input '${name}'`, inputs[i].dtype));
      }
      if (shape && shape.length !== inputs[i].ndim) {
        throw new ShapeError(
          expected('OnnxModule', `input '${name}' (${shape.join(', ')})`, shapeText(inputs[i].shape)),
        );
      }
    });
  }
}

/** The outputs of a node; errors name it. */
function computed({ reader, compute }: PlannedNode, inputs: Inputs, mode: Mode): readonly Tensor[] {
  try {
    return compute(inputs, mode);
  } catch (error) {
    const kind = [ShapeError, DtypeError, ValueError].find((each) => error instanceof each);
    if (!(kind && error instanceof AntinodeError)) throw error;
    throw new kind(`${reader.place}: ${error.message}`, { cause: error });
  }
}
