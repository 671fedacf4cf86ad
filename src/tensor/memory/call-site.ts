/** Matches the place at the end of a line of a stack, in the format of V8 and in that of other engines. */
const framePlace = /([^\s(@]+):(\d+):\d+\)?$/;

/** Frames that a stack must reach through the framework to show the program that called it. */
const stackDepth = 60;

/**
 * Returns the place in the program that called the framework, as `file:line`. Returns an empty string if it cannot be
 * found, as in bundles, where the program and the framework are in one file.
 */
export function callSite(): string {
  const places = stack()
    .split('\n')
    .flatMap((line) => {
      const match = framePlace.exec(line.trim());
      return match && !match[1].startsWith('node:') ? [{ file: match[1], line: match[2] }] : [];
    });
  const own = places[0] && folderOf(places[0].file);
  const caller = places.find(({ file }) => !own || !file.startsWith(own));
  return caller ? `${caller.file.replace(/^.*[/\\]/, '')}:${caller.line}` : '';
}

function stack(): string {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = stackDepth;
  const text = new Error().stack ?? '';
  Error.stackTraceLimit = before;
  return text;
}

/** The folder of the package that contains a file of it: the part up to the last `dist/` or `src/`. */
function folderOf(file: string): string {
  const at = Math.max(file.lastIndexOf('/dist/'), file.lastIndexOf('/src/'));
  return at < 0 ? file : `${file.slice(0, at + 1)}${file.slice(at + 1).split('/')[0]}/`;
}
