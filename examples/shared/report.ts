import { type Chart, dark, drawChart, isDashed, light } from './chart.js';

/** The contents of a report. */
export interface Report {
  readonly title: string;
  /** The run and its result, in one or two sentences. */
  readonly summary: string;
  /** Names of the curves, in the order of every chart. */
  readonly names: readonly string[];
  readonly charts: readonly Chart[];
  /** Results; the first row is the header. */
  readonly results: readonly (readonly string[])[];
  /** Options of each optimizer; the first row is the header. */
  readonly options: readonly (readonly string[])[];
  /** Settings that all optimizers share, by name. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Every measurement; the first row is the header. */
  readonly measurements: readonly (readonly string[])[];
}

/** Renders a report as one HTML page without scripts or other files, for light and dark, wide and narrow screens. */
export function reportPage(report: Report): string {
  const { title, summary, names, charts, results, options, settings, measurements } = report;
  const figures = charts.map(
    (chart) => `<figure role="img" aria-label="${escaped(`${chart.title}: ${names.join(', ')}`)}">
<div class="light">${drawChart(chart, light)}</div>
<div class="dark">${drawChart(chart, dark)}</div>
</figure>`,
  );
  const keys = names.map((name, i) => {
    const look = isDashed(i) ? 'swatch dashed' : 'swatch';
    const swatch = (theme: typeof light, kind: string) =>
      `<span class="${look} ${kind}" style="color:${theme.curves[i % theme.curves.length]}"></span>`;
    return `<li>${swatch(light, 'light')}${swatch(dark, 'dark')}${escaped(name)}</li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(summary)}</p>
<ul class="keys">${keys.join('')}</ul>
<div class="charts">
${figures.join('\n')}
</div>
<div class="tables">
<section><h2>Results</h2>
${tableOf(results)}</section>
<section><h2>Options</h2>
${tableOf(options)}</section>
</div>
<h2>Settings</h2>
<dl>${settings.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
<details>
<summary>Every epoch</summary>
${tableOf(measurements)}
</details>
</main>
</body>
</html>
`;
}

function tableOf([head, ...body]: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="table"><table><thead>${row(head, 'th')}</thead>
<tbody>${body.map((cells) => row(cells, 'td')).join('\n')}</tbody></table></div>`;
}

/** Escapes text for HTML, with a no-break space before each percent sign. */
function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character]).replaceAll(' %', '\u00a0%');
}

const style = `
:root { color-scheme: light dark; --page: #fff; --ink: ${light.ink}; --faint: ${light.faint}; }
.dark { display: none; }
@media (prefers-color-scheme: dark) {
  :root { --page: #161618; --ink: ${dark.ink}; --faint: ${dark.faint}; }
  .light { display: none; }
  div.dark { display: block; }
  span.dark { display: inline-block; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 82rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.2; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1rem; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; }
.keys { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: 0; list-style: none; font-weight: 600; }
.swatch { width: 1.2rem; height: .35rem; margin-right: .5rem; vertical-align: middle; border-radius: 2px; background: currentColor; }
.swatch.dashed { background: linear-gradient(90deg, currentColor 40%, transparent 40% 60%, currentColor 60%); }
.swatch.light { display: inline-block; }
@media (prefers-color-scheme: dark) { .swatch.light { display: none; } }
.tables { display: flex; flex-wrap: wrap; gap: 0 2rem; }
.tables section { min-width: 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem clamp(.25rem, 1.2vw, .45rem); text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: .25rem 2rem; }
dl div { display: flex; justify-content: space-between; gap: 1rem; border-bottom: 1px solid var(--faint); }
dd { flex: none; max-width: 60%; margin: 0; text-align: right; overflow-wrap: anywhere; }
summary { cursor: pointer; margin-top: 2rem; }
`;
