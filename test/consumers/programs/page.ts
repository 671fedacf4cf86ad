// Runs the program in a page and leaves its report or error in window.outcome, for the test that opened the page.
import { device, setThreads } from 'antinode';
import { type Report, report } from './train.js';

declare global {
  interface Window {
    outcome?: Report | { readonly failure: string };
    threads?: () => number;
  }
}

setThreads(2);
window.threads = () => device.info('cpu').threads;
report().then(
  (found) => {
    window.outcome = found;
  },
  (error: Error) => {
    window.outcome = { failure: `${error.name}: ${error.message}` };
  },
);
