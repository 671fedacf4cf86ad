import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Curve, dark, light, type Theme } from '../../examples/shared/chart.js';

echarts.use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

/** Curves over a size that grows by factors. */
export interface Panel {
  /** What the horizontal axis shows, with its unit. */
  readonly x: string;
  readonly y: string;
  /** Whether y grows by factors, too; otherwise its axis begins at 0. */
  readonly logarithmic: boolean;
  readonly curves: readonly Curve[];
}

/** Horizontal bars in groups. */
export interface Bars {
  readonly x: string;
  readonly groups: readonly string[];
  /** One bar per group; undefined where there is none. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
  /** A line across all bars. */
  readonly mark: { readonly at: number; readonly label: string };
}

type Look = ReturnType<typeof lookOf>;

function lookOf(theme: Theme) {
  const text = { color: theme.ink, fontFamily: 'sans-serif', fontSize: 13 };
  const axis = {
    axisLabel: text,
    nameTextStyle: text,
    nameLocation: 'middle',
    axisLine: { show: true, lineStyle: { color: theme.ink } },
    splitLine: { lineStyle: { color: theme.faint } },
    minorSplitLine: { show: false },
  };
  return { text, axis, ink: theme.ink };
}

/** Draws two panels side by side as the text of an SVG file. */
export function drawPanels(title: string, panels: readonly [Panel, Panel]): string {
  return draw(title, { width: 820, height: 360 }, ({ axis, text }) => ({
    grid: [
      { left: 70, width: 320, top: 70, bottom: 56 },
      { left: 480, width: 320, top: 70, bottom: 56 },
    ],
    xAxis: panels.map(({ x, curves }, i) => {
      const sizes = new Set(curves.flatMap(({ points }) => points.map(([size]) => size)));
      return {
        ...axis,
        ...{ gridIndex: i, type: 'log', logBase: 2, min: Math.min(...sizes), max: Math.max(...sizes) },
        ...{ name: x, nameGap: 28, interval: 1, splitLine: { show: false } },
        axisLabel: { ...text, formatter: (size: number) => (sizes.has(size) ? `${size}` : '') },
      };
    }),
    yAxis: panels.map(({ y, logarithmic }, i) => ({
      ...axis,
      ...{ gridIndex: i, type: logarithmic ? 'log' : 'value', name: y, nameGap: 48 },
    })),
    series: panels.flatMap(({ curves }, panel) =>
      curves.map(({ name, points }, i) => ({
        ...{ type: 'line', name, silent: true, xAxisIndex: panel, yAxisIndex: panel },
        data: points.map(([x, y]) => [x, y]),
        ...{ symbol: symbols[i % symbols.length], symbolSize: 8 },
        lineStyle: { width: 2, type: i === 0 ? 'solid' : 'dashed' },
      })),
    ),
  }));
}

const symbols = ['circle', 'rect', 'triangle', 'diamond'];

/** Draws bars as the text of an SVG file. */
export function drawBars(title: string, { x, groups, series, mark }: Bars): string {
  return draw(title, { width: 820, height: 130 + 36 * groups.length }, ({ axis, text, ink }) => ({
    grid: { left: 190, right: 40, top: 90, bottom: 56 },
    xAxis: { ...axis, type: 'value', min: 0, name: x, nameGap: 28 },
    yAxis: { ...axis, type: 'category', data: [...groups], inverse: true, axisTick: { show: false } },
    series: series.map(({ name, values }, i) => ({
      ...{ type: 'bar', name, silent: true, data: values.map((value) => value ?? null), barCategoryGap: '30%' },
      markLine:
        i > 0
          ? undefined
          : {
              ...{ silent: true, symbol: 'none', data: [{ xAxis: mark.at }] },
              lineStyle: { color: ink, type: 'dashed', width: 1.5 },
              label: { ...text, position: 'start', formatter: mark.label },
            },
    })),
  }));
}

/**
 * Draws a chart for light and for dark pages into one file, which shows the one that fits the page or, where that is
 * not known, the system. Each has its own background.
 */
function draw(title: string, size: { width: number; height: number }, optionsOf: (look: Look) => object): string {
  const inTheme = (theme: Theme, background: string) => {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
    const look = lookOf(theme);
    try {
      chart.setOption({
        ...{ animation: false, backgroundColor: background, color: [...theme.curves] },
        title: { text: title, left: 'center', top: 8, textStyle: { ...look.text, fontSize: 15, fontWeight: 'bold' } },
        legend: { top: 34, textStyle: look.text, selectedMode: false, itemWidth: 34, itemGap: 28 },
        ...optionsOf(look),
      });
      return chart.renderToSVGString();
    } finally {
      chart.dispose();
    }
  };
  const { width, height } = size;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${title}</title>
<style>
.dark { display: none; }
@media (prefers-color-scheme: dark) { .light { display: none; } .dark { display: inline; } }
</style>
<g class="light">${inTheme(light, '#ffffff')}</g>
<g class="dark">${inTheme(dark, '#161618')}</g>
</svg>
`;
}
