/** Milliseconds from one drawing to the next: enough to look alive, and little work beside the training. */
const usual = 100;

/** The same where people prefer less motion. */
const calm = 1000;

/** A function that has `draw` called in a frame soon, once however often it is called until then. */
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
