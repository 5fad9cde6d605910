import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '../../config/load-config.ts';
import { CommandFailed, UsageError } from '../errors.ts';
import { ownGateway } from '../own-gateway.ts';

export interface LabelOptions {
  json?: boolean;
  url?: string;
  tokenFile?: string;
}

/** Labels that are sent at once. */
const batch = 1_000;
const columns = ['request_id', 'key', 'time', 'label', 'value', 'model'] as const;
type Outcome = Partial<Record<(typeof columns)[number], unknown>>;

/**
 * Sends the labels of a file to a gateway: NDJSON, or CSV with a header, by the columns `request_id`, or `key` and `time`, and
 * `label`, `value`, `model`.
 */
export async function sendLabels(path: string, options: LabelOptions): Promise<void> {
  const isCsv = /\.csv$/i.test(path);
  if (!isCsv && !/\.(ndjson|jsonl)$/i.test(path))
    throw new UsageError(`${path} is neither .csv nor .ndjson: name the file after its form`);
  if ((await stat(path).catch(() => null))?.isFile() !== true)
    throw new CommandFailed(`there is no file ${resolve(path)}`);
  const url = new URL('/feedback', options.url ?? (await ownGateway(loadConfig().home)));
  const token = options.tokenFile === undefined ? null : await tokenOf(options.tokenFile);
  let accepted = 0;
  let outcomes: Outcome[] = [];
  /** Of each outcome, the line that it came from. */
  let lines: number[] = [];
  const send = async (): Promise<void> => {
    if (outcomes.length === 0) return;
    await post(url, token, outcomes, lines, accepted);
    accepted += outcomes.length;
    outcomes = [];
    lines = [];
  };
  let header: Header | null = null;
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() === '') continue;
    if (isCsv && header === null) {
      header = headerOf(line, path);
      continue;
    }
    lines.push(number);
    outcomes.push(header === null ? jsonOutcome(line, number) : csvOutcome(line, number, header));
    if (outcomes.length === batch) await send();
  }
  await send();
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ accepted })}\n` : `${accepted} labels are on disk\n`,
  );
}

async function tokenOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) throw new CommandFailed(`there is no file ${resolve(path)} that can be read`);
  return text.trim();
}

/** What may part the fields; no column's name holds one of them. */
const delimiters = [',', ';', '\t', '|'] as const;

interface Header {
  readonly names: readonly string[];
  readonly delimiter: string;
}

function headerOf(line: string, path: string): Header {
  const text = line.replace(/^\ufeff/, '');
  const delimiter = delimiters.find((mark) => text.includes(mark)) ?? ',';
  const names = fieldsOf(text, 1, delimiter);
  const odd = names.find((name) => !(columns as readonly string[]).includes(name));
  const isNamed = names.includes('request_id') || (names.includes('key') && names.includes('time'));
  if (odd !== undefined || !isNamed)
    throw new CommandFailed(
      `${path} has the columns ${names.join(', ')}: name them ${columns.join(', ')}, and request_id, or key and time, among them`,
    );
  return { names, delimiter };
}

function csvOutcome(line: string, number: number, { names, delimiter }: Header): Outcome {
  const fields = fieldsOf(line, number, delimiter);
  if (fields.length !== names.length)
    throw new CommandFailed(`line ${number} has ${fields.length} fields, and the header ${names.length}`);
  const outcome: Outcome = {};
  for (const [i, name] of names.entries()) {
    const text = fields[i]!;
    if (text === '') continue;
    outcome[name as keyof Outcome] = name === 'value' ? numberOf(text, number) : text;
  }
  return outcome;
}

function numberOf(text: string, number: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && text.trim() !== '') return value;
  throw new CommandFailed(`line ${number}: the value "${text}" is not a number`);
}

function jsonOutcome(line: string, number: number): Outcome {
  try {
    return JSON.parse(line) as Outcome;
  } catch (error) {
    throw new CommandFailed(`line ${number} is not valid JSON: ${(error as Error).message}`);
  }
}

/** Fields of a line of CSV: parted by the delimiter, in quotes where they hold one, a quote as two. */
function fieldsOf(line: string, number: number, delimiter: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ;) {
    let text = '';
    if (line[at] === '"') {
      for (at += 1; ; at += 1) {
        if (at >= line.length) throw new CommandFailed(`line ${number} has a quote that does not end`);
        if (line[at] !== '"') text += line[at]!;
        else if (line[at + 1] === '"') text += line[(at += 1)]!;
        else break;
      }
      at += 1;
    } else {
      const end = line.indexOf(delimiter, at);
      text = line.slice(at, end < 0 ? line.length : end);
      at += text.length;
    }
    fields.push(text);
    if (at >= line.length) return fields;
    if (line[at] !== delimiter) throw new CommandFailed(`line ${number} has text behind a quote`);
    at += 1;
  }
}

const longestWaitSeconds = 60;

/** What is over the quota, or could not be written now, is sent again. */
async function post(
  url: URL,
  token: string | null,
  outcomes: readonly Outcome[],
  lines: readonly number[],
  accepted: number,
): Promise<void> {
  for (;;) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(outcomes),
    }).catch((error: unknown) => {
      throw new CommandFailed(
        `no gateway answers at ${url.origin} (${(error as Error).message}): start one with \`npx pawl up\`, or name another by --url`,
      );
    });
    const text = await response.text();
    if (response.ok) return;
    const wait = Number(response.headers.get('retry-after') ?? NaN);
    if (!(wait <= longestWaitSeconds))
      throw new CommandFailed(
        `the gateway refused the ${lines.length === 1 ? `label of line ${lines[0]}` : `labels of lines ${lines[0]} to ${lines.at(-1)}`}, and ${accepted} before them are on disk: ${byLine(errorOf(text), lines)}`,
      );
    await delay(wait * 1_000);
  }
}

/** The gateway counts the items of a batch from 1; who reads it has the file's lines. */
const byLine = (error: string, lines: readonly number[]): string =>
  error.replace(/^item (\d+): /, (item: string, n: string) =>
    lines[Number(n) - 1] === undefined ? item : `line ${lines[Number(n) - 1]}: `,
  );

function errorOf(text: string): string {
  try {
    return (JSON.parse(text) as { error: string }).error;
  } catch {
    return text;
  }
}
