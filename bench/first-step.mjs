// Prints as JSON how many milliseconds a fresh process takes to import the built package, and to finish the first
// training step of a small network, import included. bench/peers/jax_first_step.mjs does the same for jax-js.
const start = performance.now();
const { manualSeed, nn, optim, randint, randn } = await import('antinode');
const imported = performance.now() - start;

manualSeed(1);
const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
const images = randn([32, 784]);
const labels = randint(0, 10, [32]);
optimizer.zeroGrad();
const loss = nn.functional.crossEntropy(model.forward(images), labels);
loss.backward();
optimizer.step();
await loss.item();
await model.parameters()[0].data();
console.log(JSON.stringify({ imported, stepped: performance.now() - start }));
process.exit(0);
