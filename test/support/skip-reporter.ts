import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { reasonIn } from './needs-names.ts';

/** Counts skipped tests by their reasons, one line each: `Skipped  4: perf_analyzer does not run here`. */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules)
      for (const test of module.children.allTests('skipped')) {
        const reason = reasonOf(test);
        // What a filter of the command line leaves out was not asked for.
        if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    for (const [reason, count] of counts)
      process.stdout.write(`Skipped  ${count}: ${reason.replaceAll(/\s+/g, ' ')}\n`);
  }
}

function reasonOf(test: TestCase): string | null {
  const result = test.result();
  if (result.state === 'skipped' && result.note !== undefined && result.note !== '') return result.note;
  for (let at: TestCase['parent'] | null = test.parent; at !== null; at = 'parent' in at ? at.parent : null) {
    const reason = at.type === 'suite' ? reasonIn(at.name) : null;
    if (reason !== null) return reason;
  }
  return test.options.mode === 'skip' ? 'no reason is given' : null;
}
