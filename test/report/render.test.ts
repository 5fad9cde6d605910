import { describe, expect, it } from 'vitest';
import { renderReport } from '../../report/render.ts';
import type { ReportInput } from '../../report/render.ts';
import { firstRun, promotedRun, rolledBackRun, stoppedRun } from './example.ts';
import { nestingErrors, strayBrackets, tagsOf, textOf } from './markup.ts';

const runs: [string, ReportInput][] = [
  ['rolled back', rolledBackRun],
  ['promoted', promotedRun],
  ['stopped', stoppedRun],
  ['first', firstRun],
];
const idsOf = (page: string): string[] => tagsOf(page).flatMap(({ attributes }) => attributes.get('id') ?? []);

describe.each(runs)('the report of a run that was %s', (_, input) => {
  const page = renderReport(input);
  const tags = tagsOf(page);

  it('closes every element and has no stray bracket', () => {
    expect(nestingErrors(page)).toEqual([]);
    expect(strayBrackets(page)).toBe(0);
  });

  it('needs nothing from elsewhere and runs nothing', () => {
    expect(tags.filter(({ name }) => ['script', 'link', 'img', 'iframe', 'object', 'base'].includes(name))).toEqual([]);
    const attributes = tags.flatMap((tag) => [...tag.attributes]);
    expect(attributes.filter(([name]) => name === 'src' || name.startsWith('on') || name === 'style')).toEqual([]);
    expect(attributes.filter(([name, value]) => name === 'href' && !value.startsWith('#'))).toEqual([]);
    expect(page).not.toMatch(/url\(|@import|https?:/);
    expect(page).toContain("default-src 'none'");
  });

  it('gives every drawing a text alternative, every table a caption and every id once', () => {
    const drawings = tags.filter(({ attributes }) => attributes.get('role') === 'img');
    expect(drawings.filter(({ attributes }) => (attributes.get('aria-label') ?? '').length < 10)).toEqual([]);
    const count = (name: string) => tags.filter((tag) => tag.name === name && !tag.end).length;
    expect(count('caption')).toBe(count('table'));
    expect(count('main')).toBe(1);
    expect(count('h1')).toBe(1);
    expect(new Set(idsOf(page)).size).toBe(idsOf(page).length);
  });

  it('never skips a level of heading, and links only to what is there', () => {
    const levels = tags.filter(({ name, end }) => /^h[1-6]$/.test(name) && !end).map(({ name }) => Number(name[1]));
    expect(levels.every((level, index) => index === 0 || level <= (levels[index - 1] ?? 0) + 1)).toBe(true);
    const targets = tags.flatMap(({ attributes }) => attributes.get('href')?.slice(1) ?? []);
    expect(targets.filter((target) => !idsOf(page).includes(target))).toEqual([]);
  });

  it('shows no value of the language in place of a number', () => {
    expect(textOf(page.replace(/<pre>[^]*<\/pre>/, ''))).not.toMatch(/\b(NaN|Infinity|undefined|null)\b|\[object/);
    expect(tags.flatMap(({ attributes }) => [...attributes.values()]).join(' ')).not.toMatch(/NaN|undefined|null/);
  });

  it('is the same bytes for the same evidence', () => {
    expect(renderReport(structuredClone(input))).toBe(page);
  });
});

describe('what the report says', () => {
  it('puts the guard that fired into the headline of a release that was rolled back', () => {
    const page = renderReport(rolledBackRun);
    const [header = ''] = page.match(/<header[^]*<\/header>/) ?? [];
    expect(header).toContain('outcome-rolledBack');
    expect(textOf(header)).toMatch(
      /version 3 .*Rolled back in canary: accuracy is worse than the champion&#39;s: .* \(e-value 1265, threshold 73.1/,
    );
    expect(textOf(page)).toContain('verdict to restored traffic 143 ms');
    expect(textOf(page)).toMatch(/accuracy lost on mirrored requests is at most 0 1,265 73.1 ✕ fired/);
  });

  it('stops at the data checks with the reasons, and shows no section of what never happened', () => {
    const page = renderReport(stoppedRun);
    expect(textOf(page)).toContain('Stopped at data: SCHL: the column is missing in the file, and 2 more');
    expect(idsOf(page)).toEqual(['reasons', 'reasons-title', 'data', 'data-title', 'lineage', 'lineage-title']);
    expect(textOf(page)).toContain(
      'Not reached: train, quality, fairness, explain, optimize, staging, register, approval, release.',
    );
  });

  it('says the same of a missing column in every table, and shows no drift that was not measured', () => {
    const text = textOf(renderReport(stoppedRun));
    expect(text).toContain('Drift was not measured: the rows could not be compared.');
    expect(text.match(/SCHL missing/g)).toHaveLength(2);
    expect(text).not.toMatch(/SCHL VARCHAR|PSI|adjusted p/);
  });

  it('lists failing checks first, and what is only reported after what counts', () => {
    const checks = (page: string, caption: string): string[] => {
      const start = page.indexOf('<tbody>', page.indexOf(`aria-label="Checks of ${caption}"`));
      const body = page.slice(start, page.indexOf('</tbody>', start));
      return [...body.matchAll(/class="chip (\w+)"/g)].map(([, status = '']) => status);
    };
    expect(checks(renderReport(stoppedRun), 'data')).toEqual(['fail', 'fail', 'fail', 'pass']);
    expect(checks(renderReport(rolledBackRun), 'fairness').slice(0, 4)).toEqual([
      'warn',
      'inconclusive',
      'inconclusive',
      'pass',
    ]);
  });

  it('marks groups that are too small as inconclusive and shows no rate of theirs', () => {
    const text = textOf(renderReport(rolledBackRun));
    expect(text).toMatch(/American Indian \? inconclusive 41 18 – – – – – – – –/);
    expect(text).toMatch(/Asian 1,011 455 47\.8 % 85\.1 % 17\.2 %/);
  });

  it('turns losses round, so that a gain is to the right for every metric', () => {
    expect(textOf(renderReport(rolledBackRun))).toContain('log loss +0.0131 +0.0089 to +0.0172 −0.02');
  });

  it('says who approved, why, and which evidence was seen', () => {
    const text = textOf(renderReport(rolledBackRun));
    expect(text).toMatch(/Approved by demo : “better on every metric offline”/);
    expect(text).toContain(rolledBackRun.approval?.evidence);
  });

  it('names every digest of the evidence in full', () => {
    const text = textOf(renderReport(rolledBackRun));
    for (const { evidence } of rolledBackRun.result.verdicts) expect(text).toContain(evidence);
    for (const digest of [rolledBackRun.run.definition, rolledBackRun.snapshot?.data]) expect(text).toContain(digest);
  });

  it('compares nothing with a champion that is not there', () => {
    const text = textOf(renderReport(firstRun));
    expect(text).toContain('there was no champion to compare with');
    expect(text).toContain('Drift was not measured: there is no champion');
    expect(text).not.toContain('Candidate minus champion');
  });

  it('shows what a program said of its training, and how far its exported model keeps to it', () => {
    const { training } = rolledBackRun;
    const program = { difference: 0.00025, tolerance: 0.001, stopped: true, log: ['round 1', '<b>round 2</b>'] };
    const evidence = training && {
      ...training,
      training: training.training && { ...training.training, program, curve: [], bestEpoch: 0 },
    };
    const page = renderReport({ ...rolledBackRun, training: evidence });
    expect(nestingErrors(page)).toEqual([]);
    const text = textOf(page);
    expect(text).toContain('differ from the program&#39;s own by up to 0.00025 (limit 0.001)');
    expect(text).toContain('its minutes were over');
    expect(text).toContain('round 1 &lt;b&gt;round 2');
    expect(text).toMatch(/Trained in [\d.]+ \w+\./);
  });

  it('shows the coefficients of a linear model, and says whether it converged', () => {
    const { training } = rolledBackRun;
    const coefficients = Array.from({ length: 23 }, (_, i) => ({
      output: '1',
      name: `SCHL = ${i} (against 21)`,
      estimate: 0.5 + i,
      lower: 0.25 + i,
      upper: 0.75 + i,
    }));
    const shown = (linear: object): string => {
      const of = {
        converged: true,
        gradientNorm: 2.5e-10,
        coefficients,
        leftOut: 4,
        withoutIntervals: null,
        ...linear,
      };
      return textOf(
        renderReport({
          ...rolledBackRun,
          training: training && { ...training, training: training.training && { ...training.training, linear: of } },
        }),
      );
    };
    const text = shown({});
    expect(text).toContain('It converged (largest gradient by row 2.5e-10)');
    expect(text).toMatch(/SCHL = 19 \(against 21\)\s+19.5\s+19.25 to 19.75/);
    expect(text).not.toContain('SCHL = 20 (against');
    expect(text).toContain('7 more are left out');
    expect(text).not.toContain('without intervals');
    const few = shown({
      converged: false,
      coefficients: coefficients.slice(0, 3).map((one) => ({ ...one, lower: null, upper: null })),
      leftOut: 0,
      withoutIntervals: 'the training did not converge',
    });
    expect(few).toContain('It did not converge (largest gradient by row 2.5e-10): raise trainer.iterations');
    expect(few).toContain('without intervals: the training did not converge');
    expect(few).not.toContain('left out');
    expect(textOf(renderReport(rolledBackRun))).not.toContain('converge');
  });

  it('says which test rows an imported model was trained on, that it was on none, or that nobody told', () => {
    const { run, training, quality } = rolledBackRun;
    const imported = { ...rolledBackRun, training: training && { ...training, training: null } };
    const untold = textOf(renderReport(imported));
    expect(untold).toContain('trained elsewhere and imported');
    expect(untold).toContain('train • imported');
    expect(untold).toMatch(/rows that it was trained on\s+nobody told/);
    expect(untold).toMatch(/test rows among them\s+unknown: figures on test rows are too good/);
    const told = (seen: number, keys: string[]): string =>
      textOf(
        renderReport({
          ...imported,
          run: { ...run, trainedOn: [run.definition] },
          quality: quality && {
            ...quality,
            seen: { rows: 400, seen, keys, trained: 1600, known: 1500, relabelled: 0 },
          },
        }),
      );
    expect(told(0, [])).toMatch(
      /test rows among them\s+none of 400 \(the snapshot has 1,500 of the 1,600 rows that were told\)/,
    );
    expect(told(7, ['a', 'b'])).toMatch(/test rows among them\s+7 of 400, by key: a, b, \.\.\./);
  });
});

const parts = [
  'snapshot',
  'data',
  'training',
  'quality',
  'fairness',
  'explanation',
  'optimization',
  'staging',
  'approval',
  'release',
  'lastAnalysis',
] as const;

describe.each(parts)('a report without %s', (part) => {
  it('is still a whole page, without that section and with all the others', () => {
    const page = renderReport({ ...rolledBackRun, [part]: null });
    expect(nestingErrors(page)).toEqual([]);
    expect(textOf(page.replace(/<pre>[^]*<\/pre>/, ''))).not.toMatch(/\b(NaN|undefined|null)\b/);
    const titles = idsOf(page).filter((id) => id.endsWith('-title'));
    const all = idsOf(renderReport(rolledBackRun)).filter((id) => id.endsWith('-title'));
    const without = part === 'snapshot' || part === 'lastAnalysis' ? 0 : 1;
    expect(titles).toHaveLength(all.length - without);
  });
});

describe('the title of a report', () => {
  it.each([
    ['waiting', 'waiting'],
    ['underWay', 'under way'],
    ['rolledBack', 'rolled back'],
    ['terminated', 'terminated'],
  ] as const)('says of a run that is %s: %s', (outcome, words) => {
    const page = renderReport({ ...promotedRun, result: { ...promotedRun.result, outcome } });
    expect(page).toContain(`: ${words}</title>`);
  });

  it('agrees with the timeline on the stage that a run is at, which has no report yet', () => {
    const { approval: _approval, ...rest } = promotedRun;
    const result = { ...promotedRun.result, outcome: 'waiting' as const, at: 'approval' };
    const text = textOf(renderReport({ ...rest, approval: null, release: null, result }));
    expect(text).toContain('approval ? waiting');
    expect(text).toContain('report – not reached');
  });
});
