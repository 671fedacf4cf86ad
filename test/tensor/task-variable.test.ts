import { describe, expect, it } from 'vitest';
import { AntinodeError } from '../../src/errors.js';
import { SharedVariable, type TaskVariable, taskVariable } from '../../src/tensor/task-variable.js';

const pause = (milliseconds = 1) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const kinds: readonly (readonly [string, () => TaskVariable<number>])[] = [
  ['with AsyncLocalStorage', () => taskVariable<number>()],
  ['with one stack for all tasks', () => new SharedVariable<number>()],
];

describe.each(kinds)('a variable of a task, %s', (_, make) => {
  it('has its value during the body and then the value before, also if the body throws', () => {
    const variable = make();
    const seen = variable.run('a', 1, () => [
      variable.get(),
      variable.run('b', 2, () => variable.get()),
      variable.get(),
    ]);
    expect([...seen, variable.get()]).toEqual([1, 2, 1, undefined]);
    const fail = () =>
      variable.run('c', 3, () => {
        throw new Error('in the body');
      });
    expect(fail).toThrow('in the body');
    expect(variable.get()).toBeUndefined();
  });

  it('keeps its value across awaits', async () => {
    const variable = make();
    const seen = await variable.run('a', 1, async () => {
      await pause();
      const inner = await variable.run('b', 2, async () => {
        await pause();
        return variable.get();
      });
      return [inner, variable.get()];
    });
    expect([...seen, variable.get()]).toEqual([2, 1, undefined]);
  });

  it('has the value that a task enters until the task leaves it', async () => {
    const variable = make();
    const task = async () => {
      await pause();
      const leave = variable.enter('a', 1);
      await pause();
      const during = variable.get();
      leave();
      await pause();
      return [during, variable.get()];
    };
    expect(await task()).toEqual([1, undefined]);
    expect(variable.get()).toBeUndefined();
  });
});

describe('tasks side by side', () => {
  it('have separate values with AsyncLocalStorage', async () => {
    const variable = taskVariable<number>();
    const task = (value: number) =>
      variable.run('task', value, async () => {
        for (let i = 0; i < 5; i++) {
          await pause((value * 7 + i) % 4);
          expect(variable.get()).toBe(value);
        }
      });
    await Promise.all(Array.from({ length: 10 }, (_, i) => task(i)));
    expect(variable.get()).toBeUndefined();
  });

  it('are refused when they end in the wrong order without it', async () => {
    const variable = new SharedVariable<number>();
    const first = variable.run('noGrad', 1, () => pause(1));
    const second = variable.run('scope', 2, () => pause(10));
    const failed = await first.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(AntinodeError);
    expect(String(failed)).toContain('noGrad: expected scope, which began later, to end first, got the other order');
    expect(variable.get()).toBe(2);
    await second;
    expect(variable.get()).toBeUndefined();
  });
});
