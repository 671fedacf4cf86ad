import { kindOf, PickleMachine, type PickleWorld } from './pickle-machine.js';

type Step = (m: PickleMachine) => void;

/** Adds items to the list or set on top of the stack. */
function addItems(m: PickleMachine, items: readonly unknown[]): void {
  const target = m.top();
  if (Array.isArray(target)) for (const item of items) target.push(item);
  else if (target instanceof Set) for (const item of items) target.add(item);
  else throw m.error('a list or a set to add items to', kindOf(target));
}

/** Sets items, keys and values in turn, of the dictionary on top of the stack. */
function setItems(m: PickleMachine, items: readonly unknown[]): void {
  const target = m.top();
  if (!(target instanceof Map) || items.length % 2 > 0) throw m.error('a dict to set items of', kindOf(target));
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
}

function findGlobal(m: PickleMachine, module: unknown, name: unknown): void {
  if (typeof module !== 'string' || typeof name !== 'string') throw m.error('the name of an object', kindOf(name));
  m.push(m.world.find(module, name));
}

/** The operations of protocols 2 to 5 that Python uses for data, by their codes. */
const steps: Readonly<Record<number, Step>> = {
  128: (m) => {
    const version = m.byte();
    if (version < 2 || version > 5) throw m.error('a pickle of protocol 2 to 5', `${version}`);
  },
  // FRAME: its length only helps to read from streams
  149: (m) => void m.uint64(),
  40: (m) => m.mark(),
  48: (m) => void m.pop(),
  49: (m) => void m.popMark(),
  50: (m) => m.push(m.top()),

  // NONE, NEWTRUE, NEWFALSE, numbers
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  74: (m) => m.push(m.int32()),
  75: (m) => m.push(m.byte()),
  77: (m) => m.push(m.uint16()),
  138: (m) => m.push(m.long(m.byte())),
  139: (m) => m.push(m.long(m.uint32())),
  71: (m) => m.push(m.double()),

  // text and bytes, by the width of their length
  140: (m) => m.push(m.text(m.byte())),
  88: (m) => m.push(m.text(m.uint32())),
  141: (m) => m.push(m.text(m.uint64())),
  67: (m) => m.push(m.bytes(m.byte())),
  66: (m) => m.push(m.bytes(m.uint32())),
  142: (m) => m.push(m.bytes(m.uint64())),
  150: (m) => m.push(m.bytes(m.uint64())),
  // strings of Python 2
  85: (m) => m.push(m.text(m.byte())),
  84: (m) => m.push(m.text(m.uint32())),

  // containers
  41: (m) => m.push([]),
  93: (m) => m.push([]),
  125: (m) => m.push(new Map()),
  143: (m) => m.push(new Set()),
  133: (m) => m.push(m.popMany(1)),
  134: (m) => m.push(m.popMany(2)),
  135: (m) => m.push(m.popMany(3)),
  116: (m) => m.push(m.popMark()),
  108: (m) => m.push(m.popMark()),
  145: (m) => m.push(new Set(m.popMark())),
  100: (m) => {
    const items = m.popMark();
    m.push(new Map());
    setItems(m, items);
  },
  97: (m) => addItems(m, m.popMany(1)),
  101: (m) => addItems(m, m.popMark()),
  144: (m) => addItems(m, m.popMark()),
  115: (m) => setItems(m, m.popMany(2)),
  117: (m) => setItems(m, m.popMark()),

  // the memo
  113: (m) => void m.memo.set(m.byte(), m.top()),
  114: (m) => void m.memo.set(m.uint32(), m.top()),
  148: (m) => void m.memo.set(m.memo.size, m.top()),
  104: (m) => m.recall(m.byte()),
  106: (m) => m.recall(m.uint32()),

  // GLOBAL, STACK_GLOBAL, REDUCE, BUILD, BINPERSID
  99: (m) => findGlobal(m, m.line(), m.line()),
  147: (m) => findGlobal(m, ...(m.popMany(2) as [unknown, unknown])),
  82: (m) => {
    const [callee, args] = m.popMany(2);
    m.push(m.call(callee, args));
  },
  98: (m) => {
    // attributes of an OrderedDict, such as the versions of modules in a state dict
    m.pop();
    if (!(m.top() instanceof Map)) throw m.error('attributes of an OrderedDict', `some of ${kindOf(m.top())}`);
  },
  81: (m) => m.push(m.world.persistent(m.pop())),
};

const stop = 0x2e;

/**
 * Runs the pickle that starts at `start`, without any means to do harm: it builds lists (also for tuples), Maps, Sets,
 * text, bytes and numbers, and everything else comes from `world`. Takes time and memory linear in its length. Returns
 * the object and the offset behind the pickle.
 * @throws FileError, with `name` in the message, for a pickle that is damaged or uses anything else.
 */
export function unpickle(
  name: string,
  bytes: Uint8Array,
  world: PickleWorld,
  start = 0,
): { readonly value: unknown; readonly end: number } {
  const m = new PickleMachine(name, bytes, start, world);
  for (;;) {
    const code = m.byte();
    if (code === stop) return { value: m.pop(), end: m.at };
    const step = steps[code];
    if (!step) throw m.error('an operation of a pickle of data', `code ${code}`);
    step(m);
  }
}
