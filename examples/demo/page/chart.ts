import uPlot from 'uplot';
import type { Pair } from '../protocol.js';
import type { Point } from './curve.js';

/** How a chart shows its values. */
export interface ChartOptions {
  readonly title: string;
  /** Formats a value as text. */
  readonly format: (value: number) => string;
  /** Formats a round value for the axis. */
  readonly tick: (value: number) => string;
  /** For a linear value axis, returns its ends, given the smallest value of the second half of the curves. */
  readonly range: 'logarithmic' | ((lateLow: number) => [number, number]);
}

/** Side B is dashed, so that the curves differ not only in colour. */
const dashes: Pair<number[]> = [[], [7, 4]];

/** A chart of both sides over steps, as wide as its element. */
export class Chart {
  readonly #element: HTMLElement;
  readonly #options: ChartOptions;
  #names: Pair<string> = ['A', 'B'];
  #plot: uPlot;

  constructor(element: HTMLElement, options: ChartOptions) {
    this.#element = element;
    this.#options = options;
    this.#plot = this.#draw();
    // Resize in the next frame: a size set inside the observer's callback would trigger the observer again.
    new ResizeObserver(() => requestAnimationFrame(() => this.#fit())).observe(element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw());
  }

  /** Starts an empty chart. */
  clear(names: Pair<string>): void {
    this.#names = names;
    this.#plot.destroy();
    this.#plot = this.#draw();
    this.#element.ariaLabel = `${this.#options.title}: nothing yet`;
  }

  /** Shows points; the points of `faint`, at the same steps, are drawn behind them in a weaker colour. */
  show(points: readonly Point[], faint: readonly Point[] = []): void {
    const lowest = this.#options.range === 'logarithmic' ? Number.MIN_VALUE : Number.NEGATIVE_INFINITY;
    const column = (of: readonly Point[], i: 0 | 1) => of.map(({ values }) => drawable(values[i], lowest));
    const behind = faint.length === points.length ? faint : [];
    this.#plot.setData([
      points.map(({ step }) => step),
      column(behind, 0),
      column(behind, 1),
      column(points, 0),
      column(points, 1),
    ]);
    const last = points.length - 1;
    if (last < 0) return;
    // If no pointer is over the chart, its legend shows the latest values.
    if ((this.#plot.cursor.left ?? -1) < 0) this.#plot.setLegend({ idx: last });
    const { title, format } = this.#options;
    const values = points[last].values.map((value, i) => `${this.#names[i]} ${format(value)}`);
    this.#element.ariaLabel = `${title} after ${points[last].step} steps: ${values.join(', ')}`;
  }

  #fit(): void {
    const size = this.#size();
    if (size.width !== this.#plot.width) this.#plot.setSize(size);
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(200, this.#element.clientWidth), height: 240 };
  }

  #draw(): uPlot {
    const { format, tick, range } = this.#options;
    const color = (name: string) => () => getComputedStyle(this.#element).getPropertyValue(name);
    const axis: uPlot.Axis = {
      stroke: color('--faint'),
      font: '12px system-ui, sans-serif',
      grid: { stroke: color('--rule'), width: 1 },
      ticks: { show: false },
    };
    const side = (i: 0 | 1): uPlot.Series => ({
      label: this.#names[i],
      stroke: color(`--side-${'ab'[i]}`),
      dash: dashes[i],
      width: 2,
      points: { show: (plot) => plot.data[0].length < 40, size: 5 },
      value: (_, value: number | null | undefined) => (typeof value === 'number' ? format(value) : '–'),
    });
    const behind = (i: 0 | 1): uPlot.Series => ({
      ...side(i),
      ...{
        stroke: color(`--weak-${'ab'[i]}`),
        dash: [],
        width: 1,
        points: { show: false },
        auto: false,
        class: 'behind',
      },
    });
    return new uPlot(
      {
        ...this.#size(),
        scales: {
          x: { time: false, range: (_, low, high) => [Math.min(low ?? 0, 0), Math.max(high ?? 0, 10)] },
          y:
            range === 'logarithmic'
              ? { distr: 3, range: (_, low, high) => uPlot.rangeLog(low ?? 0.1, high ?? 1, 10, false) }
              : { range: ({ data }) => range(lateLow(data)) },
        },
        axes: [
          {
            ...axis,
            size: 28,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6],
          },
          {
            ...axis,
            size: 52,
            grid: { ...axis.grid, filter: (_, splits) => (range === 'logarithmic' ? splits.map(powerOfTen) : splits) },
            values: (_, ticks) => ticks.map((value) => (value === null ? null : tick(value))),
          },
        ],
        series: [{ label: 'Step' }, behind(0), behind(1), side(0), side(1)],
        cursor: { drag: { x: false, y: false }, points: { size: 7 } },
        legend: {
          markers: { width: 2, dash: (_, i) => (i === 4 ? 'dashed' : 'solid') },
        },
      },
      [[], [], [], [], []],
      this.#element,
    );
  }
}

/** The smallest value of the second half of the curves, and at most 1. */
function lateLow([steps, , , ...sides]: uPlot.AlignedData): number {
  const late = sides.flatMap((values) => [...values].slice(Math.floor(steps.length / 2)));
  return Math.min(1, ...late.filter((value) => typeof value === 'number'));
}

/** The value, or null, which leaves a gap, if it is not finite or is too low for the axis. */
function drawable(value: number, lowest: number): number | null {
  return Number.isFinite(value) && value >= lowest ? value : null;
}

/** Returns a power of ten unchanged and null for other numbers, so that a logarithmic grid has lines at powers only. */
function powerOfTen(value: number): number | null {
  return Number.isInteger(Math.round(1e6 * Math.log10(value)) / 1e6) ? value : null;
}
