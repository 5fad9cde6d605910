import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { definitionLoaders } from '../../config/load-definitions.ts';
import type { RunResult } from '../../contracts/run/run.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import { startPlatform, type Platform } from '../../workers/supervise.ts';
import { runningServer } from '../../workers/server-lock.ts';
import { endSignal } from '../end-signal.ts';
import { answer } from './approver.ts';
import { Printer } from './printer.ts';
import { demoConfig, forgetStory } from './project.ts';
import { prepareSources, type LiveRow } from './sources.ts';
import { chaptersOf, type Chapter } from './story.ts';
import { printSummary, type Told } from './summary.ts';
import { rememberTraffic } from './traffic-memory.ts';
import { inferBody, startTraffic, type DemoTraffic } from './traffic.ts';
import { startChapter, watchRun } from './watch-run.ts';

export interface DemoOptions {
  /** Ends after the story instead of staying up. */
  readonly once: boolean;
  /** Forgets an earlier story and starts it over. */
  readonly fresh: boolean;
}

const requestsPerSecond = 100;
const labelDelayMs = 5_000;
const firstAnswerMs = 15_000;
const longestEndMs = 5_000;

/** The main job: four runs on real data under live traffic. Resolves with the exit code. */
export async function runDemo({ once, fresh }: DemoOptions): Promise<number> {
  const printer = new Printer(process.stdout.isTTY && process.env.NO_COLOR === undefined);
  const startedAt = Date.now();
  const { config, env } = await demoConfig(process.env);
  if (fresh) {
    const running = runningServer(config.home);
    if (running !== null) {
      printer.line(`${config.home} is in use: its Temporal server runs at ${running.address}. End that one first.`);
      return 1;
    }
    await forgetStory(config.home);
    await demoConfig(process.env);
  }

  printer.title('Pawl', 'A model in production gets better or stays as it is.');
  const platform = await startPlatform(config, { env, log: (text) => printer.event(text) });
  const ports = openPorts({ ...config, address: platform.addresses.temporal }, definitionLoaders(config));
  const interrupted = endSignal();
  try {
    tellAddresses(platform, printer);
    const model = await ports.definitions.model('employment');
    const dataset = await ports.definitions.datasetOf(model);
    const sources = await prepareSources(config.home, dataset, model.features);
    const chapters = chaptersOf(sources);
    const stopped = new AbortController();
    // Each call listens until the story ends.
    setMaxListeners(0, stopped.signal);
    const story = ports.client.connection.withAbortSignal(stopped.signal, () =>
      tellStory({ platform, ports, printer, chapters, rows: sources.live, queue: config.taskQueues.pipeline }),
    );
    const told = await Promise.race([story, interrupted.then(() => null)]);
    if (told === null) {
      // A call that is tried again on a closed connection would end the process with an error.
      stopped.abort();
      await Promise.race([story.catch(() => undefined), delay(longestEndMs)]);
      return 130;
    }
    const disappointments = await printSummary(told, ports, platform, printer, {
      ms: Date.now() - startedAt,
      staysUp: !once,
    });
    if (!once) {
      printer.line('');
      printer.line('Everything stays up: send requests, start runs, look around. Ctrl-C ends it.');
      await interrupted;
    }
    return disappointments.length === 0 ? 0 : 1;
  } finally {
    await ports.close();
    await platform.stop();
  }
}

interface Scene {
  platform: Platform;
  ports: OpenedPorts;
  printer: Printer;
  chapters: readonly Chapter[];
  rows: readonly LiveRow[];
  queue: string;
}

async function tellStory({ platform, ports, printer, chapters, rows, queue }: Scene): Promise<Told> {
  const gateway = platform.addresses.gateway.http;
  const results: { chapter: Chapter; result: RunResult; retold: boolean }[] = [];
  let traffic: DemoTraffic | null = null;
  const ask = process.stdin.isTTY && process.stdout.isTTY;
  const begin = async (): Promise<void> => {
    if (traffic !== null) return;
    const before = Date.now();
    await firstAnswer(gateway, rows);
    printer.event(
      `traffic    first live prediction after ${Date.now() - before} ms; ${requestsPerSecond} requests a second from now on`,
    );
    traffic = startTraffic({
      gateway,
      model: 'employment',
      rows,
      perSecond: requestsPerSecond,
      labelDelayMs,
      prefix: `live-${Date.now().toString(36)}`,
    });
  };
  try {
    for (const chapter of chapters) {
      printer.title(chapter.title, chapter.about);
      const before = (await ports.registry.run(chapter.id))?.result ?? null;
      // What failed or was cancelled is told again: nothing was judged.
      if (before !== null && before.outcome !== 'failed' && before.outcome !== 'cancelled') {
        printer.event(
          `told already: ${before.outcome}, ${before.reason}. \`npm start -- --fresh\` tells it again from the start`,
        );
        results.push({ chapter, result: before, retold: true });
      } else {
        const handle = await startChapter(ports.client, chapter, queue);
        const result = await watchRun(ports.client, handle, printer, (progress, decided) =>
          answer(handle, progress, printer, ask, decided),
        );
        printer.event(`${'outcome'.padEnd(10)} ${printer.paint('bold', result.outcome)}: ${result.reason}`);
        results.push({ chapter, result, retold: false });
      }
      if ((await ports.registry.versions('employment')).length > 0) await begin();
    }
  } finally {
    await stop(traffic);
  }
  return { results, sessions: await rememberTraffic(platform.home, traffic) };
}

const stop = async (traffic: DemoTraffic | null): Promise<void> => traffic?.stop();

/** Asks until the gateway answers a real prediction for the first time. */
async function firstAnswer(gateway: string, rows: readonly LiveRow[]): Promise<void> {
  const deadline = Date.now() + firstAnswerMs;
  const row = rows[0];
  if (row === undefined) throw new Error('there are no live rows to ask for');
  for (;;) {
    const response = await fetch(`${gateway}/v2/models/employment/infer`, {
      method: 'POST',
      body: inferBody(row, `first-${Date.now()}`),
    }).catch(() => null);
    if (response?.ok) return;
    if (Date.now() > deadline)
      throw new Error(`the gateway at ${gateway} does not serve "employment" within ${firstAnswerMs / 1000} s`);
    await delay(50);
  }
}

function tellAddresses({ addresses }: Platform, printer: Printer): void {
  printer.table([
    ['Temporal', addresses.temporal],
    ['Web UI', addresses.ui ?? 'none'],
    ['Gateway', addresses.gateway.http],
    ['Store', addresses.store],
  ]);
}
