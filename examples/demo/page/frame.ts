/** Milliseconds between redraws: short enough to look live, long enough to cost little next to the training. */
const usual = 100;

/** The same for users who prefer reduced motion. */
const calm = 1000;

/** Returns a function that schedules a call of `draw` in a later frame; calls until then are merged into one. */
export function inFrame(draw: () => void): () => void {
  const reduced = matchMedia('(prefers-reduced-motion: reduce)');
  let waiting = false;
  const run = () => {
    waiting = false;
    draw();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => requestAnimationFrame(run), reduced.matches ? calm : usual);
  };
}
