import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLoad } from './run-load.ts';

export interface Load {
  /** Answers with status 200 a second. */
  readonly rate: number;
  readonly p99Ms: number;
  readonly answers: number;
}

/**
 * Posts one body over so many connections, each asking again once it is answered, or `pauseMs` later (`wrk`, one thread). Throws
 * where an answer was no 200.
 */
export async function postWith(
  url: string,
  body: string,
  connections: number,
  seconds: number,
  pauseMs = 0,
): Promise<Load> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-wrk-'));
  try {
    const pause = pauseMs > 0 ? `function delay() return ${pauseMs} end\n` : '';
    const script = join(folder, 'post.lua');
    await writeFile(
      script,
      `wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = [==[${body}]==]\n${pause}`,
    );
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '--latency', '-s', script, url];
    const { code, stdout, stderr } = await runLoad('wrk', args).catch(() => {
      throw new Error(
        'there is no "wrk" on PATH: install it (the package "wrk" of Debian, Ubuntu, Fedora and Homebrew)',
      );
    });
    if (code !== 0) throw new Error(`wrk failed: ${stderr || stdout}`);
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`not every answer of ${url} was a 200:\n${stdout}`);
    const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1]);
    const [, amount = '', unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
    return {
      rate: number(/Requests\/sec:\s+([\d.]+)/),
      p99Ms: Number(amount) * { us: 1e-3, ms: 1, s: 1e3 }[unit as 'us' | 'ms' | 's'],
      answers: number(/(\d+) requests in/),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
