// Keeps a core busy until the process that started it ends. usage: busy.mjs PARENT, the id of that process
import { writeSync } from 'node:fs';

const parent = Number(process.argv[2]);
writeSync(1, 'busy\n');
for (let turn = 1; ; turn++) {
  if (turn % 2 ** 24 === 0 && process.ppid !== parent) process.exit();
}
