import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from './helpers/sources.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');
const manifest = JSON.parse(read('package.json'));

/** Folders without files of the repository. */
const foreign = new Set(['.git', 'node_modules', 'dist', 'runs', 'coverage', '.cache']);

/** Every file of the repository, as a path with slashes. */
function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return foreign.has(entry.name) ? [] : filesUnder(path);
    return [path];
  });
}

const files = filesUnder('.');

/** The anchors that the hosting site generates from the headings of a Markdown page. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutCode(markdown).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const anchor = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    let name = anchor;
    for (let n = 1; anchors.has(name); n++) name = `${anchor}-${n}`;
    anchors.add(name);
  }
  return anchors;
}

/** Blanks out fenced blocks, in which # and [] are not Markdown. */
function withoutCode(markdown: string): string {
  return markdown.replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2/gm, '');
}

/** The targets of inline links, images and link definitions of a Markdown page. */
function linksOf(markdown: string): string[] {
  const prose = withoutCode(markdown).replace(/`[^`\n]*`/g, '``');
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map((match) => match[1]);
  const defined = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s+<?(\S+?)>?(?:\s+"[^"]*")?$/gm)].map((match) => match[1]);
  return [...inline, ...defined];
}

const isFile = (path: string): boolean => statSync(join(root, path), { throwIfNoEntry: false })?.isFile() ?? false;
const exists = (path: string): boolean => statSync(join(root, path), { throwIfNoEntry: false }) !== undefined;

/** Why a link of a page is broken; undefined if it is valid or leads out of the repository. */
function broken(page: string, markdown: string, link: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [path, anchor] = decodeURI(link).split('#');
  const target = path === '' ? page : posix.join(dirname(page), path);
  if (target.startsWith('..') || !exists(target)) return `${page}: ${link}: no such file`;
  if (anchor === undefined) return undefined;
  const text = target === page ? markdown : isFile(target) && target.endsWith('.md') ? read(target) : undefined;
  return text !== undefined && anchorsOf(text).has(anchor) ? undefined : `${page}: ${link}: no such heading`;
}

describe('links of Markdown pages', () => {
  it('are read as they are written', () => {
    const page = [
      '# A `b` and C++: d_e',
      'See [x](a.md#b "title"), ![y](<c.png>) and `[no](code)`.',
      '```sh\n# no heading\n[no](fence)\n```',
      '## A `b` and C++: d_e',
      '[z]: https://example.org/ "title"',
    ].join('\n');
    expect(linksOf(page)).toEqual(['a.md#b', 'c.png', 'https://example.org/']);
    expect([...anchorsOf(page)]).toEqual(['a-b-and-c-d_e', 'a-b-and-c-d_e-1']);
    expect(broken('README.md', '# Here', '#here')).toBeUndefined();
    expect(broken('README.md', '# Here', '#there')).toBe('README.md: #there: no such heading');
    expect(broken('docs/x.md', '', '../nowhere.md')).toBe('docs/x.md: ../nowhere.md: no such file');
    expect(broken('docs/x.md', '', '../../outside.md')).toBe('docs/x.md: ../../outside.md: no such file');
    expect(broken('README.md', '', 'CONTRIBUTING.md#style')).toBeUndefined();
  });

  const pages = files.filter((path) => path.endsWith('.md'));
  it.each(pages)('lead somewhere: %s', (page) => {
    const markdown = read(page);
    expect(linksOf(markdown).flatMap((link) => broken(page, markdown, link) ?? [])).toEqual([]);
  });
});

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly permissions?: unknown;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: { readonly node?: readonly string[] } };
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** major.minor as a comparable number; a major version alone stands for its newest minor version. */
function comparable(version: string): number {
  const [major, minor = '999'] = version.split('.');
  return Number(major) * 1000 + Number(minor);
}

const workflows = files
  .filter((path) => path.startsWith('.github/workflows/'))
  .map((path): [string, Workflow] => [path, parse(read(path))]);

describe('versions of Node', () => {
  const least = /^>=(\d+\.\d+)$/.exec(manifest.engines.node)?.[1] as string;
  const jobs = workflows.flatMap(([path, { jobs }]) =>
    Object.entries(jobs).map(([name, job]) => ({ path, name, job })),
  );
  const matrices = jobs.flatMap(({ path, name, job }) => {
    const node = job.strategy?.matrix.node;
    return node ? [{ name: `${path}: ${name}`, node }] : [];
  });

  it('in package.json, .nvmrc, workflows and README.md agree', () => {
    expect(least).toMatch(/^\d+\.\d+$/);
    expect(comparable(read('.nvmrc').trim())).toBeGreaterThanOrEqual(comparable(least));
    expect(read('.nvmrc').split('.')[0]).toBe(least.split('.')[0]);
    expect(manifest.devDependencies['@types/node'].replace('^', '').split('.')[0]).toBe(least.split('.')[0]);
    for (const page of ['README.md', 'CONTRIBUTING.md']) expect(read(page)).toContain(`Node ${least}`);
    for (const { name, node } of matrices) expect([name, node[0]]).toEqual([name, least]);
    for (const { path, job } of jobs) {
      for (const { with: options } of job.steps ?? []) {
        const version = options?.['node-version'];
        if (typeof version !== 'string' || version.startsWith('${{')) continue;
        expect(comparable(version), path).toBeGreaterThanOrEqual(comparable(least));
      }
    }
  });

  it('checked on Linux are every even major from the lowest supported one', () => {
    const linux = matrices.find(({ name }) => name === '.github/workflows/ci.yml: linux');
    const majors = (linux?.node ?? []).map((version) => Number(version.split('.')[0]));
    expect(majors.length).toBeGreaterThan(2);
    expect(majors).toEqual(majors.map((_, i) => Number(least.split('.')[0]) + 2 * i));
  });
});

describe.each(workflows)('%s', (_, workflow) => {
  it('pins actions to commits, and requests only the permissions that it names', () => {
    const jobs = Object.values(workflow.jobs);
    const used = jobs.flatMap(({ uses, steps = [] }) => [uses, ...steps.map((step) => step.uses)]);
    const outside = used.filter((uses) => uses !== undefined && !uses.startsWith('./'));
    expect(outside.filter((uses) => !/^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/.test(uses as string))).toEqual([]);
    for (const uses of used) if (uses?.startsWith('./')) expect(isFile(uses)).toBe(true);
    expect(['contents:read', '']).toContain(rights(workflow.permissions));
    expect(workflow.concurrency).toBeDefined();
    for (const job of jobs) expect(job.uses !== undefined || Number(job['timeout-minutes']) > 0).toBe(true);
    for (const { uses, with: options } of jobs.flatMap(({ steps = [] }) => steps)) {
      if (uses?.startsWith('actions/checkout@')) expect(options?.['persist-credentials']).toBe(false);
    }
  });

  it('runs scripts that exist', () => {
    const text = JSON.stringify(workflow);
    const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]);
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
    const programs = [...text.matchAll(/(?:node|python3) ([\w./-]+\.(?:mjs|py))|(\.ci\/run)/g)].map(
      (m) => m[1] ?? m[2],
    );
    expect(programs.filter((path) => !isFile(path))).toEqual([]);
  });
});

/** Permissions of a workflow as text. */
function rights(permissions: unknown): string {
  return Object.entries(permissions ?? { everything: 'by default' })
    .map(([name, right]) => `${name}:${right}`)
    .join();
}

describe('the forms for issues', () => {
  const forms = files.filter((path) => /^\.github\/ISSUE_TEMPLATE\/(?!config\.).*\.yml$/.test(path));

  it('are there', () => expect(forms.length).toBeGreaterThan(0));

  it.each(forms)('%s has everything that the hosting site requires', (path) => {
    const form = parse(read(path));
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String), body: expect.any(Array) });
    const fields = form.body.filter(({ type }: { type: string }) => type !== 'markdown');
    expect(fields.length).toBeGreaterThan(0);
    const ids = fields.map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, id, attributes } of fields) {
      expect(['textarea', 'input', 'dropdown', 'checkboxes']).toContain(type);
      expect(id).toMatch(/^[\w-]+$/);
      expect(attributes.label).toEqual(expect.any(String));
      // the hosting site only accepts strings: yes and no without quotes are booleans
      if (type === 'dropdown') expect(attributes.options.every((o: unknown) => typeof o === 'string')).toBe(true);
    }
  });
});

describe('the metadata of the repository', () => {
  it('has one version and one licence', () => {
    const citation = parse(read('CITATION.cff'));
    const lock = JSON.parse(read('package-lock.json'));
    expect(citation).toMatchObject({ 'cff-version': '1.2.0', title: manifest.name, license: manifest.license });
    expect([citation.version, lock.version, lock.packages[''].version]).toEqual(Array(3).fill(manifest.version));
    expect(citation.authors).toEqual([{ name: manifest.author }]);
    expect(read('LICENSE')).toContain(`${manifest.license} License`);
  });

  it('cites the paper consistently', () => {
    const [paper] = parse(read('CITATION.cff')).references;
    const names: string[] = paper.authors.map((author: Record<string, string>) => author['family-names']);
    expect(read('README.md')).toMatch(new RegExp(`${names.join('\\W+(?:and )?')}\\W+ICML ${paper.year}`));
  });

  it('has a line of dependabot.yml for every package and for the workflows', () => {
    const { updates } = parse(read('.github/dependabot.yml'));
    const places = (ecosystem: string): string[] =>
      updates
        .filter((update: Record<string, string>) => update['package-ecosystem'] === ecosystem)
        .flatMap((update: { directory?: string; directories?: string[] }) => update.directories ?? update.directory);
    expect(places('github-actions')).toEqual(['/']);
    const locked = files.filter((path) => posix.basename(path) === 'package-lock.json');
    const packages = locked.map((path) => posix.join('/', dirname(path)));
    expect(packages.filter((place) => !places('npm').includes(place))).toEqual([]);
  });

  it('names every golden file in its README, with the generator that makes it', () => {
    const page = read('test/golden/README.md');
    const names = files.filter((path) => /^test\/golden\/[^/]+\.json$/.test(path)).map((path) => posix.basename(path));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const generator = name.replaceAll('-', '_').replace('.json', '.py');
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\|.*\`${generator}\``, 'm'));
      expect(isFile(`test/golden/generators/${generator}`)).toBe(true);
      expect(read('test/golden/generate.py')).toContain(`"${name.replace('.json', '')}"`);
    }
  });
});
