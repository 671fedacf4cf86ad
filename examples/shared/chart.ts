import { LineChart } from 'echarts/charts';
import { GridComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([LineChart, GridComponent, TitleComponent, SVGRenderer]);

/** One line of a chart: a name and its points. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A chart of learning curves over epochs. */
export interface Chart {
  readonly title: string;
  /** Whether y, a fraction from 0 to 1, is shown as a percentage. */
  readonly percent: boolean;
  readonly curves: readonly Curve[];
}

/** Colours of a light or dark page. */
export interface Theme {
  readonly ink: string;
  readonly faint: string;
  readonly curves: readonly string[];
}

/** Dark text on white. The curves use the Okabe-Ito colours, which can be told apart with any colour vision. */
export const light: Theme = {
  ink: '#1d1d1f',
  faint: '#d8d8dc',
  curves: [
    '#0072b2',
    '#d55e00',
    '#009e73',
    '#cc79a7',
    '#8a6d00',
    '#56b4e9',
    '#5b5b5f',
    '#7d3cb5',
    '#b22222',
    '#3f7f2f',
  ],
};

/** Light text on black. */
export const dark: Theme = {
  ink: '#e8e8ed',
  faint: '#3a3a3f',
  curves: [
    '#56b4e9',
    '#ff9a4d',
    '#2fd6a0',
    '#f0a0cc',
    '#f0e442',
    '#9ad1ff',
    '#b5b5ba',
    '#c79bf2',
    '#ff7b7b',
    '#9fdc8a',
  ],
};

/** Whether the i-th curve is dashed: those after the fifth are, as they lie above the others and look similar. */
export function isDashed(i: number): boolean {
  return i >= 5;
}

const symbols = ['circle', 'rect', 'triangle', 'diamond', 'arrow'];

/** Draws a chart as SVG text of 420 x 300 that needs no script. The page sets its width. */
export function drawChart({ title, percent, curves }: Chart, theme: Theme): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 420, height: 300 });
  const text = { color: theme.ink, fontFamily: 'sans-serif', fontSize: 13 };
  const axis = {
    axisLabel: text,
    nameTextStyle: text,
    axisLine: { lineStyle: { color: theme.ink } },
    splitLine: { lineStyle: { color: theme.faint } },
  };
  const last = Math.max(1, ...curves.flatMap(({ points }) => points.map(([x]) => x)));
  try {
    chart.setOption({
      animation: false,
      color: [...theme.curves],
      title: { text: title, left: 'center', textStyle: { ...text, fontSize: 15, fontWeight: 'bold' } },
      grid: { left: 52, right: 16, top: 40, bottom: 44 },
      xAxis: {
        ...axis,
        type: 'value',
        name: 'epoch',
        nameLocation: 'middle',
        nameGap: 26,
        // A single epoch is a point in the middle.
        min: last > 1 ? 1 : 0,
        max: Math.max(2, last),
        minInterval: 1,
      },
      yAxis: {
        ...axis,
        type: 'value',
        scale: true,
        axisLabel: { ...text, formatter: (y: number) => (percent ? `${Math.round(1000 * y) / 10} %` : String(y)) },
      },
      series: curves.map(({ name, points }, i) => ({
        type: 'line',
        name,
        data: points.map(([x, y]) => [x, y]),
        symbol: symbols[i % symbols.length],
        symbolSize: points.length > 40 ? 0 : 6,
        lineStyle: { width: 2, type: isDashed(i) ? 'dashed' : 'solid' },
      })),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
