import { peers, startAntinode } from '../peers.js';
import type { Runner } from '../protocol.js';

/** A framework whose growth is measured. */
export interface Framework {
  /** Its column. */
  readonly name: string;
  /** Its name in legends. */
  readonly label: string;
  readonly version?: string;
  readonly start: (threads: number) => Runner;
}

const antinode: Framework = {
  name: 'antinode',
  label: 'antinode',
  start: (threads) => startAntinode(threads, 'cpu'),
};

/** antinode, and PyTorch if peers are wanted and it is installed; prints why not. */
export async function findFrameworks(withPeers: boolean): Promise<Framework[]> {
  if (!withPeers) return [antinode];
  const runner = peers.pytorch(1);
  const { version = '', missing } = await runner.hello;
  await runner.stop();
  console.log(missing === undefined ? `pytorch ${version}` : `- pytorch: left out, ${missing}`);
  if (missing !== undefined) return [antinode];
  return [antinode, { name: 'pytorch', label: `PyTorch ${Number.parseFloat(version)}`, version, start: peers.pytorch }];
}
