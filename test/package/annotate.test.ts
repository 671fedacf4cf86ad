import { transformSync } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotate } from '../../scripts/build/annotate.mjs';

/** What a bundler keeps of a module, minified. */
const leftOf = (code: string) => transformSync(code, { treeShaking: true, format: 'esm', minify: true }).code.trim();

/** The value of the constant `value` of a script. */
const resultOf = (code: string): unknown => new Function(`${code}\nreturn value;`)();

const prelude =
  'const f = (...x) => x.length; const o = { p: [1, 2], q: "q" }; class C { constructor(x) { this.x = x; } }';

/** Initialisers like those in the sources: nested literals, names, calls, members, spreads, arithmetic, functions. */
const { initialiser } = fc.letrec<{ initialiser: string }>((tie) => {
  const inner = tie('initialiser');
  const two = fc.tuple(inner, inner);
  return {
    initialiser: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('1', "'text'", 'null', 'f', 'o', 'o.p', 'o.p[0]', 'Math.PI', '-o.p[1]', '() => o', 'C'),
      inner.map((a) => `f(${a})`),
      two.map(([a, b]) => `f(${a}, [${b}].map(String), ...o.p)`),
      inner.map((a) => `new C(${a})`),
      inner.map((a) => `new Map([[1, ${a}]])`),
      two.map(([a, b]) => `[${a}, ...o.p, ${b}]`),
      two.map(([a, b]) => `{ a: ${a}, ...o, ['b' + 1]: ${b} }`),
      two.map(([a, b]) => `(f(${a}) + f(${b}))`),
      inner.map((a) => `\`\${f(${a})} and \${o.q}\``),
      two.map(([a, b]) => `(f(${a}) > 1 ? ${b} : o.q)`),
    ),
  };
});

describe('annotated modules', () => {
  it('keep their values, and are dropped if unused', () => {
    fc.assert(
      fc.property(initialiser, fc.boolean(), (text, isStatic) => {
        const before = isStatic ? `class K { static v = (${text}); }` : `const value = (${text});`;
        const after = annotate(`${prelude}\n${before}`);
        const show = isStatic ? '\nconst value = K.v;' : '';
        expect(String(JSON.stringify(resultOf(after + show)))).toBe(
          String(JSON.stringify(resultOf(`${prelude}\n${before}${show}`))),
        );
        expect(leftOf(after)).toBe('');
        expect(after.split('\n').length).toBe(`${prelude}\n${before}`.split('\n').length);
      }),
    );
  });

  it('keep their side effects', () => {
    const code = 'const table = new Map();\nregister(table);\nObject.defineProperty(C.prototype, "a", { value: f() });';
    expect(leftOf(annotate(code))).toBe(leftOf(code));
    expect(leftOf(code)).toContain('register');
  });

  it('drop classes with computed members if unused, and keep them if used', () => {
    const code =
      'export class Base {\n  [Symbol.dispose]() {}\n}\nclass Derived extends Base {\n  static made = make();\n}\n';
    expect(leftOf(annotate(code.replace('export ', '')))).toBe('');
    expect(leftOf(annotate(code))).toMatch(/class.*Symbol\.dispose.*export\{\w+ as Base\}/);
    expect(leftOf(annotate(code))).not.toContain('made');
  });

  it('keep the names of classes that a minifier renames', () => {
    const code =
      'class LongName {}\nclass Other extends LongName { [Symbol.iterator]() {} }\nexport { LongName as a, Other as b };';
    const { code: minified } = transformSync(annotate(code), { minify: true, format: 'iife', globalName: 'made' });
    expect(minified).not.toMatch(/class (LongName|Other)/);
    expect(new Function(`${minified}\nreturn [made.a.name, made.b.name];`)()).toEqual(['LongName', 'Other']);
  });
});
