import type { Pair } from '../protocol.js';

/**
 * Returns the element of the page with an id.
 *
 * @throws Error when the element is missing or of another kind.
 */
export function byId<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`page: expected a ${kind.name} with the id ${id}, got ${found?.nodeName ?? 'none'}`);
}

/** Returns the elements of both sides, whose ids end in -a and -b. */
export function pairById<E extends HTMLElement>(id: string, kind: new () => E): Pair<E> {
  return [byId(`${id}-a`, kind), byId(`${id}-b`, kind)];
}

/** Makes a button usable or not. It keeps the focus either way, which a disabled button would lose. */
export function setUsable(button: HTMLButtonElement, usable: boolean): void {
  button.setAttribute('aria-disabled', String(!usable));
}

/** Calls `act` when a button is pressed while it is usable. */
export function onPress(button: HTMLButtonElement, act: () => void): void {
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') act();
  });
}

/** Makes an element with properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}
