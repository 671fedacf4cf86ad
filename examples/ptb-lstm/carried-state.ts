import { keep, nn, type Tensor } from 'antinode';

/** Hidden state and cell of every layer. */
export type State = [h: Tensor, c: Tensor];

/** The state that goes from window to window; a checkpoint in the middle of a text holds it. */
export class CarriedState {
  /** Undefined, which means zeros, at the start of a text. */
  value: State | undefined;

  /** Takes the state after a window into the next. */
  advance(next: State): void {
    this.value = nn.carryState(next, this.value);
  }

  /** Goes back to the start of a text. */
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
