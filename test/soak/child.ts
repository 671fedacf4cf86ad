// One attack in a process of its own, so that one that hangs or crashes is noticed. usage: child.ts NAME SEED SECONDS [INPUTS]
// Writes its findings as a line of JSON at the end and now and then before.
import { Dice, Findings } from './attack.js';
import { attacks } from './attacks.js';

const [name, seed, seconds, inputs] = process.argv.slice(2);
const attack = attacks.find((each) => each.name === name);
if (!attack) throw new Error(`expected one of ${attacks.map((each) => each.name).join(', ')}, got ${name}`);

const findings = new Findings();
const report = () => {
  process.stdout.write(`${JSON.stringify(findings)}\n`);
};
const timer = setInterval(report, 1000);
const deadline = performance.now() + 1000 * Number(seconds);
await attack.run(new Dice(Number(seed)), deadline, findings, inputs === undefined ? undefined : Number(inputs));
clearInterval(timer);
// a pipe takes long lines in parts
process.stdout.write(`${JSON.stringify(findings)}\n`, () => process.exit(0));
