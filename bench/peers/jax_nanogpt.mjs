// The small GPT of the benchmark in jax-js. Every use of an array consumes one reference, so all but the last one pass
// `.ref`.

const [layers, width, heads, context, batch, words] = [4, 128, 4, 64, 16, 65];

/** A tree of parameters, each of which `make` makes from its shape; weights of linear layers are (in, out). */
function parameters(make) {
  const linear = (size, out) => ({ weight: make([size, out]), bias: make([out]) });
  const norm = () => ({ weight: make([width]), bias: make([width]) });
  const block = () => ({
    norm1: norm(),
    qkv: linear(width, 3 * width),
    out: linear(width, width),
    norm2: norm(),
    up: linear(width, 4 * width),
    down: linear(4 * width, width),
  });
  const blocks = Array.from({ length: layers }, block);
  return { tokens: make([words, width]), positions: make([context, width]), blocks, norm: norm() };
}

/**
 * Returns the parts of the workload: the tree of parameters for a function that makes an array of a shape, the shape of
 * the tokens, the number of words, and the mean cross entropy of (parameters, tokens, one-hot targets).
 *
 * @param jax the package
 */
export function nanoGPT({ nn, numpy }) {
  const linear = (x, { weight, bias }) => numpy.matmul(x, weight).add(bias);
  const normalize = (x, { weight, bias }) => nn.standardize(x).mul(weight).add(bias);

  function attention(x, { qkv, out }) {
    const [q, k, v] = numpy
      .split(linear(x, qkv), 3, -1)
      .map((each) => each.reshape([batch, context, heads, -1]).transpose([0, 2, 1, 3]));
    const scores = numpy.matmul(q, k.transpose([0, 1, 3, 2])).mul(Math.sqrt(heads / width));
    const past = numpy.tri(context, context, 0, { dtype: 'bool' });
    const y = numpy.matmul(nn.softmax(numpy.where(past, scores, -Infinity)), v);
    return linear(y.transpose([0, 2, 1, 3]).reshape([batch, context, width]), out);
  }

  function block(x, { norm1, norm2, up, down, ...rest }) {
    const attended = x.ref.add(attention(normalize(x, norm1), rest));
    const hidden = nn.gelu(linear(normalize(attended.ref, norm2), up), { approximate: false });
    return attended.add(linear(hidden, down));
  }

  function loss({ tokens, positions, blocks, norm }, text, targets) {
    const x = numpy.take(tokens.ref, text, 0).add(positions);
    const logits = numpy.matmul(normalize(blocks.reduce(block, x), norm), tokens.transpose());
    return nn
      .logSoftmax(logits)
      .mul(targets)
      .sum()
      .neg()
      .div(batch * context);
  }
  return { parameters, loss, shape: [batch, context], words };
}
