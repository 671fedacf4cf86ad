import { Command } from 'commander';
import { wholeNumber } from '../shared/options.js';
import { option } from '../shared/training.js';

/** Where the demo is served and where its images come from. */
export interface DemoOptions {
  readonly port: number;
  readonly host: string;
  /** Folder with MNIST; null for the cache, which is filled when it is empty. */
  readonly data: string | null;
}

/** Reads the command line. Commander prints problems and help, then throws CommanderError. */
export function readOptions(args: readonly string[]): DemoOptions {
  return new Command('demo')
    .description('Serves a page that trains a network in the browser, with two optimizers side by side.')
    .addOption(option('--port <n>', 'port to listen on; 0 takes a free one', wholeNumber(0), 8080))
    .addOption(option('--host <name>', 'name or address to listen on', String, 'localhost'))
    .addOption(option('--data <dir>', 'folder with MNIST', String, null, 'fetched once into a cache'))
    .helpOption('--help', 'show this help')
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...args], { from: 'user' })
    .opts<DemoOptions>();
}
