import { readFile } from 'node:fs/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { MissingMetricsError } from '../../contracts/errors.ts';

export interface HttpOptions {
  /** File with a bearer token; null sends none. */
  readonly tokenFile: string | null;
  /** PEM file of authorities; null takes the system's. */
  readonly caFile: string | null;
  /** Milliseconds. */
  readonly timeout: number;
}

/** An answer of more is refused rather than held in memory. */
const largestAnswer = 256 * 1024 * 1024;

/** Posts a form. `body` is null if the answer is not JSON. Throws `MissingMetricsError` where there is no answer. */
export async function postForm(
  url: string,
  form: Record<string, string>,
  options: HttpOptions,
): Promise<{ status: number; body: unknown }> {
  const { tokenFile, caFile, timeout } = options;
  const body = new URLSearchParams(form).toString();
  try {
    const token = tokenFile === null ? null : (await readFile(tokenFile, 'utf8')).trim();
    const ca = caFile === null ? undefined : await readFile(caFile);
    const response = await send(url, body, token, ca, timeout);
    return { status: response.status, body: parse(response.text) };
  } catch (error) {
    throw new MissingMetricsError(
      `${url} gave no answer (${error instanceof Error ? error.message : String(error)}): look whether the server runs, and at \`metricSources\` in temporal.yaml`,
      { cause: error },
    );
  }
}

function send(
  url: string,
  body: string,
  token: string | null,
  ca: Buffer | undefined,
  timeout: number,
): Promise<{ status: number; text: string }> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        signal: AbortSignal.timeout(timeout),
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => readAll(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestAnswer)
      throw new Error(`its answer has more than ${largestAnswer} bytes: select fewer counters`);
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error('its answer broke off');
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
