import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BaseSequencer, createVitest, type TestSpecification } from 'vitest/node';
import { KeptWorker } from './kept-worker.ts';

/** What one test file did when it ran on the source as it is. */
interface Baseline {
  readonly passes: boolean;
  readonly ms: number;
}

/** The tests that import a file, and how many of them cannot be used. */
export interface RelatedTests {
  readonly tests: readonly TestSpecification[];
  /** Test files that import the file, but take too long or fail on the source as it is. */
  readonly leftOut: number;
}

/** Keeps the order in which the tests are given. */
class GivenOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files;
  }
}

/**
 * One Vitest that stays, with one process that runs its tests: a changed file costs what imports it, and its tests.
 * `root` is a folder with the project's sources, `include` and `exclude` are globs of test files, `mostMs` is the longest test file.
 */
export async function openLivingTests(
  root: string,
  { include, exclude, mostMs }: { include: string[]; exclude: string[]; mostMs: number },
) {
  const worker = new KeptWorker();
  const vitest = await createVitest('test', {
    root,
    config: false,
    watch: false,
    include,
    exclude,
    reporters: [{}],
    silent: true,
    isolate: false,
    maxWorkers: 1,
    bail: 1,
    testTimeout: 30_000,
    sequence: { sequencer: GivenOrder },
    pool: worker.pool,
  });
  await vitest.standalone();

  /** Runs test files in the given order until one fails. A run over its time ends with its process. */
  async function run(tests: readonly TestSpecification[], limitMs: number): Promise<string | null> {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      worker.end();
    }, limitMs);
    const { unhandledErrors } = await vitest.runTestSpecifications([...tests]);
    clearTimeout(timer);
    if (isOver) return 'time';
    const failed = tests.find(({ testModule }) => testModule?.state() === 'failed');
    if (failed !== undefined) return failed.moduleId;
    if (unhandledErrors.length === 0) return null;
    worker.end();
    return 'error';
  }

  /** A file and each file that imports it, directly or not, is read again by the next run. */
  function invalidate(path: string): void {
    const seen = vitest.watcher.invalidates;
    vitest.invalidateFile(path);
    const graph = vitest.vite.environments.ssr.moduleGraph;
    const queue = [...(graph.getModulesByFile(path) ?? [])];
    for (let module = queue.pop(); module !== undefined; module = queue.pop()) {
      if (module.file === null || seen.has(module.file)) continue;
      seen.add(module.file);
      queue.push(...module.importers);
    }
  }

  const baselines = new Map<string, Baseline>();
  async function baselineOf(test: TestSpecification): Promise<Baseline> {
    const known = baselines.get(test.moduleId);
    if (known !== undefined) return known;
    const once = async (limitMs: number): Promise<Baseline> => {
      const start = performance.now();
      const passes = (await run([test], limitMs)) === null;
      return { passes, ms: performance.now() - start };
    };
    const first = await once(8 * mostMs);
    // The first run loads what tests share; a second one says what the tests themselves cost.
    const measured = first.passes && first.ms > 1000 ? await once(8 * mostMs) : first;
    baselines.set(test.moduleId, measured);
    return measured;
  }

  const isUsable = async (test: TestSpecification, longestMs = mostMs): Promise<boolean> => {
    const { passes, ms } = await baselineOf(test);
    return passes && ms <= longestMs;
  };

  return {
    /**
     * The test files that import a file, those that name it first: they may take four times as long. Of those that reach it through others only so many are used as
     * run in `mostMs` together.
     */
    async related(path: string): Promise<RelatedTests> {
      vitest.config.related = [path];
      const found = await vitest.getRelevantTestSpecifications();
      const isNamed = ({ moduleId }: TestSpecification): boolean =>
        readFileSync(moduleId, 'utf8').includes(`/${basename(path)}'`);
      const known = ({ moduleId }: TestSpecification): number => baselines.get(moduleId)?.ms ?? Infinity;
      const named = found.filter(isNamed);
      const used: TestSpecification[] = [];
      for (const test of named) if (await isUsable(test, 4 * mostMs)) used.push(test);
      used.sort((a, b) => known(a) - known(b));
      let left = mostMs;
      for (const test of found.toSorted((a, b) => (known(a) < known(b) ? -1 : 1))) {
        if (left <= 0) break;
        if (named.includes(test) || !(await isUsable(test))) continue;
        used.push(test);
        left -= known(test);
      }
      return { tests: used, leftOut: found.length - used.length };
    },
    /** What noticed that a file changed: the path of a test file, `time` or `error`; null where all tests pass. */
    async noticedBy(path: string, tests: readonly TestSpecification[]): Promise<string | null> {
      invalidate(path);
      const expected = tests.reduce((sum, { moduleId }) => sum + (baselines.get(moduleId)?.ms ?? 0), 0);
      return run(tests, 15_000 + 4 * expected);
    },
    /** Tells that a file is as it was. */
    restored: invalidate,
    async close(): Promise<void> {
      worker.end();
      await vitest.close();
    },
  };
}
