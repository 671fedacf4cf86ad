import type { Row } from '../report.js';
import { drawBars, drawPanels } from './chart.js';
import type { Framework } from './frameworks.js';
import { type MeasuredRow, timesOf } from './measure.js';
import { type SizePart, sizeOf } from './parts.js';
import { efficiencyOf, leastEfficiency } from './threads.js';

type Named = readonly Pick<Framework, 'name' | 'label'>[];

/** Draws what is shown of a part in which a size grows, and the memory, as the text of an SVG file. */
export function sizeFigure(part: SizePart, rows: readonly MeasuredRow[], threads: number, frameworks: Named): string {
  const curves = (read: (row: MeasuredRow, name: string) => number | undefined) =>
    frameworks.map(({ name, label }) => ({
      name: label,
      points: rows.flatMap((row) => {
        const value = read(row, name);
        return value === undefined ? [] : [[sizeOf(part, row.workload), value] as const];
      }),
    }));
  const [x, y] = part.axes;
  return drawPanels(`${part.title} on ${threads} threads`, [
    {
      ...{ x, y, logarithmic: part.logarithmic },
      curves: curves((row, name) => {
        const times = timesOf(row, name);
        return 'unsupported' in times ? undefined : part.shown(times.best, sizeOf(part, row.workload));
      }),
    },
    {
      ...{ x, y: 'peak memory above idle (MB)', logarithmic: true },
      curves: curves(({ memory }, name) => (name in memory ? memory[name] / 1e6 : undefined)),
    },
  ]);
}

/** Draws the efficiency on all threads as the text of an SVG file. */
export function threadFigure(rows: readonly Row[], threads: number, frameworks: Named): string {
  return drawBars(`Parallel efficiency on ${threads} threads`, {
    x: `time on 1 thread / (${threads} x time on ${threads} threads), in per cent`,
    groups: rows.map(({ workload }) => workload),
    series: frameworks.map(({ name, label }) => ({
      name: label,
      values: rows.map((row) => {
        const efficiency = efficiencyOf(row, name, threads);
        return efficiency === undefined ? undefined : Math.round(1000 * efficiency) / 10;
      }),
    })),
    mark: { at: 100 * leastEfficiency, label: `${100 * leastEfficiency} %, the least for convolutions` },
  });
}
