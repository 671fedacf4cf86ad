import { Dice } from './attack.js';
import { hostileCalls } from './hostile-calls.js';

const findings = { tries: 0, failures: [] as string[] };
await hostileCalls.run(new Dice(Number(process.argv[2])), performance.now() + 1000 * Number(process.argv[3]), findings);
const groups = new Map<string, { n: number; example: string; paths: Set<string> }>();
for (const f of findings.failures) {
  const k = /src\/[\w/.-]+:\d+/.exec(f)?.[0] ?? f.slice(0, 60);
  const g = groups.get(k) ?? { n: 0, example: f, paths: new Set() };
  g.n++;
  g.paths.add(f.split(':')[0]);
  groups.set(k, g);
}
console.error(findings.tries, findings.failures.length);
for (const [k, { n, example, paths }] of [...groups].sort((a, b) => (a[0] < b[0] ? -1 : 1)))
  console.error(
    n,
    k,
    [...paths].slice(0, 3).join(','),
    '|',
    example
      .split(/: (?=\w*Error)/)[1]
      ?.split('    at')[0]
      .slice(0, 90) ?? example.slice(0, 100),
  );
process.exit(0);
