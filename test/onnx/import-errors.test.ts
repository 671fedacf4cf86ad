import { beforeEach, describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { importOnnx } from '../../src/onnx/index.js';
import type { Given, modelMessage } from '../../src/onnx/proto/schema.js';
import { changed, fileOf, floats, type Graph, node, relu } from './files.js';

beforeEach(() => a.setDevice('cpu'));

const load = (graph: Graph) => importOnnx(fileOf(graph));

describe('importOnnx rejects', () => {
  const scale = floats([3], [1, 2, 3]);

  it.each<[string, Graph, string]>([
    [
      'operators that it does not support, all at once',
      {
        ...relu,
        nodes: [
          node('Loop', ['x']),
          node('Relu', ['x']),
          { ...node('Gelu', ['x']), domain: 'com.microsoft' },
          node('If', ['x']),
          node('Loop', ['x']),
        ],
      },
      'bytes: expected operators that antinode supports, got If, Loop, com.microsoft.Gelu',
    ],
    [
      'nodes in the wrong order',
      { ...relu, nodes: [node('Relu', ['z']), node('Neg', ['x'], {}, ['z'])] },
      "bytes: expected inputs that are computed before it for node 0, Relu, got 'z', which node 1 computes",
    ],
    [
      'a cycle',
      { ...relu, nodes: [node('Add', ['x', 'y'])] },
      "bytes: expected inputs that are computed before it for node 0, Relu, got 'y', which node 0 computes".replace(
        'Relu',
        'Add',
      ),
    ],
    ['an input that nothing computes', { ...relu, nodes: [node('Relu', ['z'])] }, "got 'z', which nothing computes"],
    [
      'a name that two nodes compute',
      { ...relu, nodes: [node('Relu', ['x']), node('Neg', ['x'])] },
      "bytes: expected a name for each output of node 1, Neg that nothing else has, got 'y'",
    ],
    [
      'an output that nothing computes',
      { ...relu, outputs: ['z'] },
      "bytes: expected outputs that a node computes, got 'z'",
    ],
    ['a file without outputs', { ...relu, outputs: [] }, 'bytes: expected at least one output, got none'],
    ['old operators', { ...relu, opset: 6 }, 'bytes: expected operators of one version from 11 to 23, got 6'],
    [
      'too few inputs',
      { ...relu, nodes: [node('MatMul', ['x'])] },
      "bytes: expected 2 inputs for node 0, MatMul, got ['x']",
    ],
    [
      'too many inputs',
      { ...relu, nodes: [node('Clip', ['x', 'x', 'x', 'x'])] },
      "bytes: expected 1 to 3 inputs for node 0, Clip, got ['x', 'x', 'x', 'x']",
    ],
    [
      'too many outputs',
      { ...relu, nodes: [node('MaxPool', ['x'], { kernel_shape: [2] }, ['y', 'i'])] },
      "bytes: expected at most 1 outputs for node 0, MaxPool, got ['y', 'i']",
    ],
    [
      'unknown attributes',
      { ...relu, nodes: [node('Flatten', ['x'], { axes: 1 })] },
      'bytes: expected attributes among axis for node 0, Flatten, got axes',
    ],
    [
      'attributes of another type',
      { ...relu, nodes: [node('Flatten', ['x'], { axis: 'last' })] },
      "bytes: expected int in attribute 'axis' for node 0, Flatten, got another type",
    ],
    [
      'attributes of another value',
      { ...relu, nodes: [node('Pad', ['x', 'x'], { mode: 'reflect' })] },
      "bytes: expected mode = constant for node 0, Pad, got 'reflect'",
    ],
    [
      'a flag that is neither 0 nor 1',
      { ...relu, nodes: [node('Gemm', ['x', 'x'], { transA: 2 })] },
      'bytes: expected transA = 0 or 1 for node 0, Gemm, got 2',
    ],
    [
      'a GRU of another form',
      { ...relu, nodes: [node('GRU', ['x', 'x', 'x'])] },
      'bytes: expected linear_before_reset = 1 for node 0, GRU, got 0',
    ],
    [
      'dilated pooling',
      { ...relu, nodes: [node('MaxPool', ['x'], { kernel_shape: [2], dilations: [2] })] },
      'bytes: expected dilations of 1 for node 0, MaxPool, got 2',
    ],
    [
      'weights with another number of axes',
      { ...relu, nodes: [node('Conv', ['x', 'w'])], initializers: { w: scale } },
      'bytes: expected a weight (O, I, kL) or (O, I, kH, kW) for node 0, Conv, got (3)',
    ],
    [
      'a matrix with another number of axes',
      { ...relu, nodes: [node('Gemm', ['x', 'w'])], initializers: { w: scale } },
      'bytes: expected a matrix for node 0, Gemm, got (3)',
    ],
    [
      'types without a counterpart',
      { ...relu, nodes: [node('Cast', ['x'], { to: 8 })] },
      'bytes: expected a type of numbers in to for node 0, Cast, got number 8',
    ],
    [
      'a Constant without a value',
      { ...relu, nodes: [node('Constant', [], {})] },
      'bytes: expected a value for node 0, Constant, got none',
    ],
  ])('%s', async (_, graph, message) => {
    const act = load(graph);
    await expect(act).rejects.toThrow(message);
    await expect(act).rejects.toThrow(a.FileError);
  });

  const float = { name: 'w', dims: [3], dataType: 1 };
  const bytes = new Uint8Array(12);
  it.each<[string, object, string]>([
    ['too few bytes', { ...float, rawData: bytes.subarray(1) }, "expected 12 bytes, FLOAT (3) for tensor 'w', got 11"],
    ['too many bytes', { ...float, dims: [2], rawData: bytes }, "expected 8 bytes, FLOAT (2) for tensor 'w', got 12"],
    [
      'a size that no file has',
      { ...float, dims: [2 ** 40, 2 ** 40], floatData: [bytes] },
      "FLOAT (1099511627776, 1099511627776) for tensor 'w', got 12 bytes",
    ],
    [
      'a negative length',
      { ...float, dims: [-1], rawData: bytes },
      "expected at most 64 axes of length >= 0 for tensor 'w', got [-1]",
    ],
    [
      'too many axes',
      { ...float, dims: new Array(65).fill(1), rawData: bytes },
      "expected at most 64 axes of length >= 0 for tensor 'w'",
    ],
    ['no values', float, "expected 3 values, FLOAT (3) for tensor 'w', got 0 bytes"],
    [
      'too few values',
      { ...float, floatData: [bytes.subarray(4)] },
      "expected 3 values, FLOAT (3) for tensor 'w', got 2",
    ],
    ['a value that is cut', { ...float, floatData: [bytes.subarray(1)] }, "expected a list of values for tensor 'w'"],
    ['an unknown type', { ...float, dataType: 99, rawData: bytes }, "for tensor 'w', got number 99"],
    [
      'values in another file',
      { ...float, dataLocation: 1 },
      "expected values in the file for tensor 'w', got a reference to another",
    ],
  ])('tensors with %s', async (_, tensor, message) => {
    const file = changed({ ...relu, nodes: [node('Add', ['x', 'w'])] }, (content) => ({
      ...content,
      graph: { ...content.graph, initializer: [tensor] },
    }));
    const act = importOnnx(file);
    await expect(act).rejects.toThrow(message);
    await expect(act).rejects.toThrow(a.FileError);
  });

  it.each<[string, (content: Given<typeof modelMessage>) => Given<typeof modelMessage>, string]>([
    ['no graph', (content) => ({ ...content, graph: undefined }), 'expected an ONNX model with a graph, got none'],
    ['no version', (content) => ({ ...content, opsetImport: [] }), 'got none'],
    [
      'two versions',
      (content) => ({ ...content, opsetImport: [{ version: 17 }, { domain: 'ai.onnx', version: 18 }] }),
      'got 17,18',
    ],
    [
      'functions',
      (content) => ({ ...content, functions: [new Uint8Array(3)] }),
      'expected a model without functions of its own, got 1',
    ],
    [
      'sparse tensors',
      (content) => ({ ...content, graph: { ...content.graph, sparseInitializer: [new Uint8Array(3)] } }),
      'expected initializers that are not sparse, got 1',
    ],
    [
      'an input without a type',
      (content) => ({ ...content, graph: { ...content.graph, input: [{ name: 'x' }] } }),
      "expected a tensor of numbers for input 'x', got none",
    ],
    [
      'an input of texts',
      (content) => ({
        ...content,
        graph: { ...content.graph, input: [{ name: 'x', type: { tensorType: { elemType: 8 } } }] },
      }),
      "expected a tensor of numbers for input 'x', got element type 8",
    ],
    [
      'an input without a name',
      (content) => ({ ...content, graph: { ...content.graph, input: [{ type: { tensorType: { elemType: 1 } } }] } }),
      "expected a name for each input that nothing else has, got ''",
    ],
    [
      'attributes without names',
      (content) => ({
        ...content,
        graph: { ...content.graph, node: [{ ...node('Relu', ['x']), attribute: [{ i: 1 }] }] },
      }),
      "expected attributes with different names for node 0, Relu, got ''",
    ],
  ])('a model with %s', async (_, change, message) => {
    await expect(importOnnx(changed(relu, change))).rejects.toThrow(message);
    await expect(importOnnx(changed(relu, change))).rejects.toThrow(a.FileError);
  });

  it('accepts an input without a shape, and metadata that is none of its own', async () => {
    const bytesOf = (value: string) =>
      changed(relu, (content) => ({
        ...content,
        metadataProps: [{ key: 'antinode.parameters', value }],
        graph: { ...content.graph, input: [{ name: 'x', type: { tensorType: { elemType: 1 } } }] },
      }));
    for (const value of ['[', '3', '[1]', '["x"]']) {
      expect((await importOnnx(bytesOf(value))).forward(a.ones([1, 2, 3])).shape).toEqual([1, 2, 3]);
    }
  });
});
