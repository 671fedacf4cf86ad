import { keep, nn, type Tensor } from 'antinode';

/** Hidden state and cell state of every layer. */
export type State = [h: Tensor, c: Tensor];

/** The state carried from each window to the next. Checkpoints in the middle of a text store it. */
export class CarriedState {
  /** Undefined at the start of a text, where the state is zero. */
  value: State | undefined;

  /** Carries the state after a window into the next window. */
  advance(next: State): void {
    this.value = nn.carryState(next, this.value);
  }

  /** Resets the state to that at the start of a text. */
  clear(): void {
    for (const t of this.value ?? []) t.dispose();
    this.value = undefined;
  }

  stateDict(): State | null {
    return this.value ?? null;
  }

  loadStateDict(state: State | null): void {
    this.clear();
    if (state) this.value = [keep(state[0]), keep(state[1])];
  }
}
