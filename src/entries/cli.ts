#!/usr/bin/env node
import { AntinodeError } from '../errors.js';
import { nodeModule } from '../platform.js';

const usage = `usage: antinode inspect FILE...

Prints what files of weights or checkpoints contain: names, element types, shapes,
bytes and metadata. Reads only the headers of the files: safetensors, PyTorch
checkpoints (.pt, .pth), .npz and .npy.`;

/** Runs the command and returns its exit status. */
async function run(args: readonly string[]): Promise<number> {
  const options = { help: { type: 'boolean', short: 'h' } } as const;
  let given: { values: { help?: boolean }; positionals: string[] };
  try {
    given = nodeModule('util').parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    console.error(`antinode: ${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
  const [command, ...files] = given.positionals;
  if (given.values.help) {
    console.log(usage);
    return 0;
  }
  if (command !== 'inspect' || files.length === 0) {
    const got = command === 'inspect' || command === undefined ? 'none' : `the command '${command}'`;
    console.error(`antinode: expected inspect and a file, got ${got}\n\n${usage}`);
    return 2;
  }
  const { inspectText } = await import('../io/formats/formats.js');
  let status = 0;
  for (const [i, file] of files.entries()) {
    try {
      console.log(`${i > 0 ? '\n' : ''}${await inspectText(file)}`);
    } catch (error) {
      if (!(error instanceof AntinodeError)) throw error;
      console.error(error.message);
      status = 1;
    }
  }
  return status;
}

// a reader that closes the pipe, such as head, has seen enough
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
run(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
