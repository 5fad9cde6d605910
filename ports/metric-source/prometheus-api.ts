import { z } from 'zod';
import { MissingMetricsError, PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { postForm, type HttpOptions } from './http-json.ts';
import type { Series } from './increments.ts';

export interface PrometheusApi extends HttpOptions {
  /** Address of the server, up to what comes before `/api/v1`. */
  readonly url: string;
}

const sample = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());

const answerSchema = z.looseObject({
  status: z.string(),
  error: z.string().default(''),
  errorType: z.string().default(''),
  warnings: z.array(z.string()).default([]),
  data: z
    .discriminatedUnion('resultType', [
      z.looseObject({
        resultType: z.literal('matrix'),
        result: z.array(
          z.looseObject({
            metric: labels,
            values: z.array(sample).default([]),
            histograms: z.array(z.unknown()).default([]),
          }),
        ),
      }),
      z.looseObject({
        resultType: z.literal('vector'),
        result: z.array(z.looseObject({ metric: labels, value: sample.optional() })),
      }),
      z.looseObject({ resultType: z.enum(['scalar', 'string']) }),
    ])
    .optional(),
});

/** The samples as they were scraped, of the counters that a selector selects: after `from`, up to and with `to`. */
export async function rawSamples(api: PrometheusApi, selector: string, from: number, to: number): Promise<Series[]> {
  const query = `${selector}[${to - from}ms]`;
  const data = await ask(api, query, to);
  if (data.resultType !== 'matrix') throw notPlain(selector, data.resultType);
  return data.result.map(({ metric, values, histograms }) => {
    const key = keyOf(metric);
    if (histograms.length > 0) throw notPlain(selector, 'histogram');
    return {
      key,
      samples: values.map(([at, value]) => [Math.round(at * 1_000), countOf(value, selector, key)] as const),
    };
  });
}

/** The last value of each counter in the `lookback` milliseconds up to and with `at`. */
export async function lastValues(
  api: PrometheusApi,
  selector: string,
  lookback: number,
  at: number,
): Promise<Map<string, number>> {
  const data = await ask(api, `last_over_time(${selector}[${lookback}ms])`, at);
  if (data.resultType !== 'vector') throw notPlain(selector, data.resultType);
  return new Map(
    data.result.map(({ metric, value }) => {
      const key = keyOf(metric);
      if (value === undefined) throw notPlain(selector, 'histogram');
      return [key, countOf(value[1], selector, key)];
    }),
  );
}

async function ask(api: PrometheusApi, query: string, at: number) {
  const url = `${api.url.replace(/\/+$/, '')}/api/v1/query`;
  const { status, body } = await postForm(
    url,
    { query, time: (at / 1_000).toFixed(3), timeout: `${api.timeout}ms` },
    api,
  );
  if (status === 401 || status === 403)
    throw new PawlError(
      errorTypes.accessDenied,
      `${url} refuses access (${status}): look at \`tokenFile\` of metricSources in temporal.yaml`,
      { status },
    );
  const parsed = answerSchema.safeParse(body);
  if (status === 404 || status === 405)
    throw new PawlError(
      errorTypes.invalidConfig,
      `${url} is not a Prometheus API (${status}): correct \`url\` of metricSources in temporal.yaml`,
      { status },
    );
  if (!parsed.success)
    throw new MissingMetricsError(`${url} answered ${status} with something other than an answer to a query`);
  const { error, errorType, warnings, data } = parsed.data;
  if (status === 400)
    throw new PawlError(
      errorTypes.invalidConfig,
      `Prometheus does not take ${query} (${errorType}: ${error}): write a plain selector of a counter in metricSources in temporal.yaml`,
      { query },
    );
  if (status !== 200 || parsed.data.status !== 'success' || data === undefined)
    throw new MissingMetricsError(`${url} answered ${status} to ${query} (${errorType}: ${error})`);
  if (warnings.length > 0)
    throw new MissingMetricsError(`${url} gave part of an answer to ${query}, and says: ${warnings.join('; ')}`);
  return data;
}

/** The name is left out: functions of PromQL drop it. */
function keyOf(metric: Record<string, string>): string {
  return JSON.stringify(
    Object.entries(metric)
      .filter(([label]) => label !== '__name__')
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function countOf(text: string, selector: string, key: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new MissingMetricsError(
    `${selector} has the value ${text} at ${key}, which is not a count: select a counter of events, or mend what exports it`,
  );
}

const notPlain = (selector: string, found: string): PawlError =>
  new PawlError(
    errorTypes.invalidConfig,
    `${selector} gives a ${found} and not counters: write a plain selector of a counter in metricSources in temporal.yaml`,
    { selector },
  );
