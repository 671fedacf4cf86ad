import { Command } from 'commander';
import { wholeNumber } from '../shared/options.js';
import { option } from '../shared/training.js';

/** The address where the demo is served, and the source of its images. */
export interface DemoOptions {
  readonly port: number;
  readonly host: string;
  /** Folder with MNIST; null for the cache, which is filled if it is empty. */
  readonly data: string | null;
}

/**
 * Reads the command line.
 *
 * @throws CommanderError when the arguments are invalid or ask for help, after Commander has printed the error or help.
 */
export function readOptions(args: readonly string[]): DemoOptions {
  return new Command('demo')
    .description('Serves a page that trains a network in the browser with two optimizers.')
    .addOption(option('--port <n>', 'port to listen on; 0 chooses a free port', wholeNumber(0), 8080))
    .addOption(option('--host <name>', 'name or address to listen on', String, 'localhost'))
    .addOption(option('--data <dir>', 'folder with MNIST', String, null, 'downloaded once to a cache'))
    .helpOption('--help', 'show this help')
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<DemoOptions>();
}
