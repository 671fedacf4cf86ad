import { AntinodeError } from 'antinode';
import { CommanderError } from 'commander';

/** A problem that the user can do something about: shown as one message, without a stack trace. */
export class UserError extends Error {}

/** Stopped by Ctrl-C or a termination signal; the message says how to go on. */
export class Interrupted extends UserError {}

/** Runs a program: problems of the user become a message and exit status 1, an interruption status 130. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.exitCode = error instanceof Interrupted ? 130 : 1;
    // Commander has shown its message, or the help, itself.
    if (error instanceof CommanderError) process.exitCode = error.exitCode;
    else if (error instanceof Interrupted) console.error(error.message);
    else if (error instanceof UserError || error instanceof AntinodeError) console.error(`error: ${error.message}`);
    else console.error(error);
  }
}
