// Prints which entries work in CommonJS.
const antinode = require('antinode');

const entries = ['nn', 'optim', 'data', 'io', 'autograd'].map((name) => [name, require(`antinode/${name}`)]);
const same = entries.filter(([name, entry]) => entry.Linear === antinode[name].Linear && Object.keys(entry).length > 0);
antinode
  .tensor([1, 2, 3])
  .add(1)
  .sum()
  .item()
  .then((sum) => console.log(JSON.stringify({ sum, entries: same.map(([name]) => name) })));
