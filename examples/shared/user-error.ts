import { AntinodeError } from 'antinode';
import { CommanderError } from 'commander';

/** A problem that the user can fix; shown as a message without a stack trace. */
export class UserError extends Error {}

/** The user stopped the program; the message says how to resume. */
export class Interrupted extends UserError {}

/** Runs a program. A user error becomes a message and exit status 1; an interruption becomes exit status 130. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  // A closed terminal or pipe must not end the program in the middle of its work: training stops with a checkpoint.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    await main();
  } catch (error) {
    process.exitCode = error instanceof Interrupted ? 130 : 1;
    // Commander has already printed its message or the help.
    if (error instanceof CommanderError) process.exitCode = error.exitCode;
    else if (error instanceof Interrupted) console.error(error.message);
    else if (error instanceof UserError || error instanceof AntinodeError) console.error(`error: ${error.message}`);
    else console.error(error);
  }
}
