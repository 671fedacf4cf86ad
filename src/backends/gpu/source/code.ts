/** Prints a part of a kernel once it is known which of its inputs are vectors of four. */
type Deferred = (code: Code, vectors: readonly boolean[]) => void;

/** A line, or a deferred part, with its depth of indentation. */
interface Part {
  readonly depth: number;
  readonly content: string | Deferred;
}

/**
 * Prints statements in the subset of JavaScript that GPU.js compiles. Each method prints one statement. Methods with a
 * block take a function that prints the body, so that every block is closed and indented.
 */
export class Code {
  readonly #parts: Part[] = [];
  #depth = 0;
  #names = 0;

  /** Returns a name with this prefix that is unique in the kernel. */
  name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** Declares a constant and returns its name. */
  const(name: string, value: string): string {
    this.#line(`const ${name} = ${value};`);
    return name;
  }

  /** Declares a constant under a new name and returns the name. */
  define(prefix: string, value: string): string {
    return this.const(this.name(prefix), value);
  }

  /** Declares a variable and returns its name. */
  let(name: string, value: string): string {
    this.#line(`let ${name} = ${value};`);
    return name;
  }

  /** Assigns to a variable. */
  set(variable: string, value: string): void {
    this.#line(`${variable} = ${value};`);
  }

  /** Adds to a variable. */
  add(variable: string, value: string): void {
    this.set(variable, `${variable} + ${value}`);
  }

  /** Runs `body` for the integers from `first` to `count` - 1; it is called with the name of the counter. */
  loop(counter: string, count: number, body: (counter: string) => void, first = 0): void {
    this.#block(`for (let ${counter} = ${first}; ${counter} < ${count}; ${counter}++)`, () => body(counter));
  }

  /** Runs `then` if `condition` is true, and `otherwise` if not; null counts as true. */
  when(condition: string | null, then: () => void, otherwise?: () => void): void {
    if (condition === null) then();
    else this.#block(`if (${condition})`, then, otherwise);
  }

  /** Ends the thread with its element, or with four of them. */
  return(values: string | readonly string[]): void {
    const [first, ...others] = typeof values === 'string' ? [values] : values;
    this.#line(`return ${others.length > 0 ? `[${[first, ...others].join(', ')}]` : first};`);
  }

  /** Marks a place where `print` prints when `lines` is called. */
  defer(print: Deferred): void {
    this.#parts.push({ depth: this.#depth, content: print });
  }

  /** Returns the lines of the text; `vectors` is, for each input, whether it is bound as vectors of four. */
  lines(vectors: readonly boolean[]): string[] {
    return this.#linesFrom(this.#names, vectors).lines;
  }

  /** Returns the lines of the text; deferred parts take new names from the number `names` on. */
  #linesFrom(names: number, vectors: readonly boolean[]): { lines: string[]; names: number } {
    const lines: string[] = [];
    let free = names;
    for (const { depth, content } of this.#parts) {
      const indent = '  '.repeat(depth);
      if (typeof content === 'string') {
        lines.push(indent + content);
        continue;
      }
      const code = new Code();
      code.#names = free;
      content(code, vectors);
      const deferred = code.#linesFrom(code.#names, vectors);
      lines.push(...deferred.lines.map((line) => indent + line));
      free = deferred.names;
    }
    return { lines, names: free };
  }

  #line(text: string): void {
    this.#parts.push({ depth: this.#depth, content: text });
  }

  #block(head: string, body: () => void, otherwise?: () => void): void {
    this.#line(`${head} {`);
    this.#indented(body);
    if (otherwise) {
      this.#line('} else {');
      this.#indented(otherwise);
    }
    this.#line('}');
  }

  #indented(body: () => void): void {
    this.#depth++;
    body();
    this.#depth--;
  }
}
