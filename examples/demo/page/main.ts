// The page: sends the chosen settings to the worker and shows what the worker reports.
import type { Report, Shown } from '../protocol.js';
import { Choices } from './choices.js';
import { Digits } from './digits.js';
import { download } from './download.js';
import { byId, onPress, pairById, setUsable } from './elements.js';
import { Progress } from './progress.js';
import { Trainer } from './trainer.js';

/** The state of the worker, as far as the page knows. */
type State = 'loading' | 'ready' | 'starting' | 'training' | 'pausing' | 'paused' | 'resetting' | 'failed';

const choices = new Choices();
const progress = new Progress();
const digits = new Digits();
const toggle = byId('toggle', HTMLButtonElement);
const reset = byId('reset', HTMLButtonElement);
const exports = pairById('export', HTMLButtonElement);
const failure = byId('failure', HTMLElement);
let state: State = 'loading';
let shown: Shown | null = null;

/** The label of the toggle button and the text of the status in each state. */
const words: Readonly<Record<State, readonly [button: string, status: () => string]>> = {
  loading: ['Start', () => 'Loading images…'],
  ready: ['Start', () => `Ready: ${shown?.trainCount.toLocaleString('en')} training images.`],
  starting: ['Pause', () => 'Compiling for the device…'],
  training: ['Pause', () => 'Training.'],
  pausing: ['Pause', () => 'Pausing after this step…'],
  paused: ['Resume', () => `Paused after step ${progress.steps.toLocaleString('en')}.`],
  resetting: ['Start', () => 'Stopping after this step…'],
  failed: ['Start', () => 'Stopped by an error. Press Reset to start again.'],
};

function enter(next: State): void {
  state = next;
  const [button, status] = words[state];
  toggle.textContent = button;
  say(status());
  const running = state === 'training' || state === 'paused';
  setUsable(toggle, running || state === 'ready');
  setUsable(reset, !['loading', 'ready', 'resetting'].includes(state));
  for (const each of exports) setUsable(each, running);
  // fields that are locked cannot have the focus
  if (choices.lock(state !== 'ready')) toggle.focus();
  document.body.dataset.state = state;
}

function say(text: string): void {
  byId('status', HTMLElement).textContent = text;
}

function hear(report: Report): void {
  if (report.kind === 'menus') {
    choices.fill(report);
  } else if (report.kind === 'images') {
    shown = report;
    digits.show(report);
    enter('ready');
  } else if (report.kind === 'begun') {
    progress.begin(report);
  } else if (report.kind === 'step') {
    progress.step(report);
    if (state === 'starting') enter('training');
  } else if (report.kind === 'test') {
    progress.test(report);
    digits.guess(report.guesses, choices.names);
  } else if (report.kind === 'paused') {
    enter('paused');
  } else if (report.kind === 'resumed') {
    enter('training');
  } else if (report.kind === 'reset') {
    clear();
    enter('ready');
  } else if (report.kind === 'file') {
    download(report.name, report.bytes);
    say(`Exported ${report.name}.`);
  } else if (report.kind === 'not-exported') {
    say(`The weights could not be exported: ${report.message}`);
  } else {
    failure.textContent = report.message;
    failure.hidden = false;
    enter('failed');
  }
}

function clear(): void {
  const { names, settings } = choices;
  progress.clear(names, settings.batchSize, shown?.trainCount ?? 1);
  digits.clear();
}

const trainer = new Trainer(hear);

byId('settings', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  if (state === 'ready') {
    clear();
    enter('starting');
    trainer.send({ kind: 'train', settings: choices.settings });
  } else if (state === 'training') {
    enter('pausing');
    trainer.send({ kind: 'pause' });
  } else if (state === 'paused') {
    trainer.send({ kind: 'resume' });
  }
});

onPress(reset, () => {
  if (state === 'failed') {
    failure.hidden = true;
    clear();
    enter('loading');
    trainer.restart();
  } else {
    enter('resetting');
    trainer.send({ kind: 'reset' });
  }
});

for (const [i, button] of exports.entries()) {
  onPress(button, () => trainer.send({ kind: 'export', side: i === 0 ? 0 : 1 }));
}

addEventListener('error', ({ message }) => hear({ kind: 'failed', message }));
addEventListener('unhandledrejection', ({ reason }) => hear({ kind: 'failed', message: String(reason) }));
