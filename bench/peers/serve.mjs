// The protocol of the processes that time workloads: requests and answers are JSON, one per line. See answer.mjs;
// answers with times also have cpu, the processor time of all threads of the process since the request, in milliseconds.
import { createInterface } from 'node:readline';
import { answering } from './answer.mjs';

/** Writes one answer. */
export const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/**
 * Answers requests until stdin ends.
 *
 * @param hello the first line to write: {peer, version, threads, note?}
 * @param workloads see `answering`
 * @param counters see `answering`
 */
export async function serve(hello, workloads, counters) {
  send(hello);
  const answer = answering(hello.peer, workloads, counters);
  for await (const line of createInterface({ input: process.stdin })) {
    const before = process.cpuUsage();
    const result = await answer(JSON.parse(line));
    const { user, system } = process.cpuUsage(before);
    send(result.ms ? { ...result, cpu: (user + system) / 1000 } : result);
  }
}

/** Imports a package, or reports on stdout that it is missing and ends the process. */
export async function load(name) {
  try {
    return await import(name);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    send({ missing: `${name} is not installed: npm ci --ignore-scripts --prefix bench/peers` });
    process.exit(0);
  }
}

// Only answers may go to stdout.
console.log = console.info = console.warn = console.error;
