import type { Config } from '../../config/schema.ts';
import { codeOfLabel, knownLabels, readLabel } from '../../contracts/data/label-space.ts';
import { idProblem, keyProblem, labelProblem, type RawLabel } from '../../contracts/data/label.ts';
import { readMoment } from '../../contracts/data/moment.ts';
import { unaddressedFeedback, type FeedbackEntry } from '../../contracts/serving/prediction-log.ts';
import { shownNames, shownText } from '../../contracts/shown-text.ts';
import { isObject } from '../../contracts/is-object.ts';
import { badRequest, HttpError, notFound } from '../call/http-error.ts';
import type { Caller } from '../call/infer-call.ts';
import type { InferParts } from '../inference/infer.ts';
import { mainVersion } from '../inference/version-runtime.ts';
import { readJsonItems } from '../protocol/json.ts';
import { nextTurn } from '../turn.ts';
import type { BodyLimit } from '../protocol/read-body.ts';
import type { RestParts } from './exchange.ts';

type Feedback = Config['gateway']['feedback'];

const form = '{"request_id", "label", "value"}, or "key" and "time" for the id';
const mostItems = 10_000;
/** Five values of each item at most, and what parts them. */
const limits = { maxJsonBytes: 2 * 1024 * 1024, maxJsonValues: 50_100 };

/** A list is read in slices, so it may be longer than other JSON. */
export const feedbackBodyLimit = ({ maxBodyBytes }: Config['gateway']): BodyLimit => ({
  maxBodyBytes: Math.min(maxBodyBytes, limits.maxJsonBytes),
});

/** Throws `HttpError` 403 where nobody may send feedback. */
export function checkFeedbackOpen({ from }: Feedback): void {
  if (from === 'nobody')
    throw new HttpError(403, 'this gateway takes no feedback: send it elsewhere, or set gateway.feedback.from');
}

/** Throws `HttpError` 401 or 403 where the caller may not send feedback. */
export function checkLabeller({ from }: Feedback, { labeller, known }: Caller): void {
  if (from === 'anyone' || labeller) return;
  if (!known)
    throw new HttpError(401, 'only labellers may send feedback: send the bearer token of one', {
      headers: { 'www-authenticate': 'Bearer realm="pawl"' },
    });
  throw new HttpError(403, 'only labellers may send feedback: give this client the role "labeller" in gateway.clients');
}

type FeedbackParts = Pick<InferParts, 'instance' | 'follower' | 'runtimes' | 'spool' | 'recent' | 'metrics'> &
  Pick<RestParts, 'quota' | 'settings'>;

/**
 * Takes what came of one request, its true label or what its answer was worth, or a list of them, all or none, and ends when they are
 * on disk. Each costs one unit of the caller's quota; the first is paid. The model is the one that answered the id here lately, else the
 * named one, else the only one, else that of whichever log has the request.
 * Feedback by key and time is joined when the log is read (`policy/release/observe/asked-requests.ts`). Throws `HttpError` 400, 404, 413, 429 or 503.
 */
export async function takeFeedback(parts: FeedbackParts, body: Buffer, caller: Caller): Promise<number> {
  const at = Date.now();
  const entries: Writable<FeedbackEntry>[] = [];
  const askedAt = new Map<FeedbackEntry, AskedBy['time']>();
  // A list has few labels, many times.
  const codes = new Map<string, Map<RawLabel | null, FeedbackEntry['label']>>();
  await readJsonItems(body, limits, (items, list) => {
    for (const item of items) {
      if (entries.length === mostItems) throw new HttpError(413, `the list has more than ${mostItems} items: split it`);
      const where = list ? `item ${entries.length + 1}: ` : '';
      const { id, asked, label, value, model: named } = outcomeOf(item, where);
      const problem = asked === null ? parts.recent.problemOf(id) : null;
      if (problem !== null) throw badRequest(`${where}${problem}`);
      const model = modelOf(parts, { id, asked }, named, where);
      // Not of parts: to spread one into another takes long, and a list has ten thousand.
      const entry: Writable<FeedbackEntry> = {
        kind: 'feedback',
        id,
        at,
        model,
        instance: parts.instance,
        label: codeOnce(codes, model, label, () => knownLabel(parts.follower, model, label, where)),
        value,
      };
      if (asked !== null) {
        entry.asked = { key: asked.key, time: NaN };
        askedAt.set(entry, asked.time);
      }
      if (caller.known) entry.source = caller.name;
      entries.push(entry);
    }
  });
  if (entries.length === 0) throw badRequest(`the list has no items: send ${form}, or a list of them`);
  if (entries.length > 1) parts.quota.take(caller, entries.length - 1);
  await resolveAsked(parts, entries, askedAt);
  try {
    await appendAll(parts.spool, entries);
  } catch (error) {
    for (const model of new Set(entries.map((entry) => entry.model))) parts.metrics.logRefused(model);
    throw new HttpError(503, 'the feedback could not be written: send it again', {
      cause: error,
      headers: { 'retry-after': '1' },
    });
  }
  for (const { model } of entries) parts.metrics.feedback(model, 1);
  return entries.length;
}

/** Entries that are worked on in one turn of the event loop. */
const sliceEntries = 250;

/** Times without an offset that are read in one turn of the event loop. */
const sliceTimes = 50;

/**
 * Keys as the log of the model has them, and times in the time zone of its dataset, both by the version that most requests get: it is loaded
 * where it is not. Throws `HttpError` 503.
 */
async function resolveAsked(
  { follower, runtimes }: FeedbackParts,
  entries: readonly Writable<FeedbackEntry>[],
  askedAt: ReadonlyMap<FeedbackEntry, AskedBy['time']>,
): Promise<void> {
  let resolved = 0;
  for (const entry of entries) {
    const time = askedAt.get(entry);
    if (time === undefined || entry.asked === undefined) continue;
    if (++resolved % sliceTimes === 0) await nextTurn();
    const serving = follower.serving(entry.model) ?? (await follower.ensure(entry.model));
    const key = runtimes.loggableKey(entry.asked.key, serving);
    const timezone = mainVersion(serving)?.columns.timezone;
    entry.asked = { key, time: Math.round(msOf(time, timezone)) };
  }
}

async function appendAll(spool: FeedbackParts['spool'], entries: readonly FeedbackEntry[]): Promise<void> {
  const written: Promise<void>[] = [];
  for (const [i, entry] of entries.entries()) {
    if (i > 0 && i % sliceEntries === 0) await nextTurn();
    const durable = spool.append(entry, true);
    // Callers that wait below hear of it in any case.
    durable.catch(() => undefined);
    written.push(durable);
  }
  await Promise.all(written);
}

const known: ReadonlySet<string> = new Set(['request_id', 'key', 'time', 'label', 'value', 'model']);

type Writable<T> = { -readonly [name in keyof T]: T[name] };

/** The request that feedback names by its key and time, as it came. */
interface AskedBy {
  readonly key: string;
  /** ISO 8601 or milliseconds since 1970. */
  readonly time: string | number;
}

interface Outcome extends Pick<FeedbackEntry, 'id' | 'value'> {
  /** As it came. */
  readonly label: RawLabel | null;
  readonly asked: AskedBy | null;
  readonly model: string | undefined;
}

/** Throws `HttpError` 400. */
function outcomeOf(item: unknown, where: string): Outcome {
  if (!isObject(item)) throw badRequest(`${where}expected ${form}`);
  for (const name in item)
    if (!known.has(name))
      throw badRequest(`${where}there is no "${shownText(name)}" in feedback: known are ${shownNames(known)}`);
  const { label = null, value = null, model } = item;
  const problem =
    (label === null ? null : labelProblem(label)) ??
    (value === null || (typeof value === 'number' && Number.isFinite(value))
      ? null
      : '"value" must be a finite number') ??
    (model === undefined || typeof model === 'string' ? null : '"model" must be the name of a model') ??
    (label === null && value === null ? 'give a label, a value, or both' : null);
  if (problem !== null) throw badRequest(`${where}${problem}`);
  const asked = item.key === undefined && item.time === undefined ? null : askedOf(item, where);
  return {
    id: asked === null ? idOf(item.request_id, where) : '',
    asked,
    label: label as RawLabel | null,
    value: value as number | null,
    model: model as string | undefined,
  };
}

/** Throws `HttpError` 400. */
function idOf(id: unknown, where: string): string {
  if (id === undefined || id === '')
    throw badRequest(
      `${where}feedback names no request: give "request_id" (the x-request-id of its answer), or "key" and "time"`,
    );
  const problem = idProblem(id);
  if (problem !== null) throw badRequest(`${where}${problem}`);
  return id as string;
}

/** Throws `HttpError` 400. */
function askedOf({ request_id: id, key, time }: Readonly<Record<string, unknown>>, where: string): AskedBy {
  if (id !== undefined)
    throw badRequest(`${where}a request is named twice: give "request_id", or "key" and "time", and not both`);
  const ms = typeof time === 'number' || typeof time === 'string' ? msOf(time) : NaN;
  const problem =
    keyProblem(key) ??
    (ms >= 0 && ms <= latestMs
      ? null
      : '"time" must be when the request was asked: such as "2026-05-01T12:00:00.250Z", or milliseconds since 1970');
  if (problem !== null) throw badRequest(`${where}${problem}`);
  return { key: key as string, time: time as AskedBy['time'] };
}

/** Milliseconds since 1970; NaN where the text is not an exact time. What has no offset is of the time zone. */
function msOf(time: AskedBy['time'], timezone = 'UTC'): number {
  if (typeof time === 'number') return time;
  const at = readMoment(time, timezone);
  return at?.exact === true ? at.from : NaN;
}

/** Of a `Date`. */
const latestMs = 8.64e15;

function codeOnce(
  codes: Map<string, Map<RawLabel | null, FeedbackEntry['label']>>,
  model: string,
  label: RawLabel | null,
  read: () => FeedbackEntry['label'],
): FeedbackEntry['label'] {
  let known = codes.get(model);
  if (known === undefined) codes.set(model, (known = new Map()));
  if (!known.has(label)) known.set(label, read());
  return known.get(label) ?? null;
}

/** The label as the model's target writes it; as its text where the target is not known, as data have true and false. Throws `HttpError` 400 for one that the target does not know. */
function knownLabel(
  follower: FeedbackParts['follower'],
  model: string,
  label: RawLabel | null,
  where: string,
): FeedbackEntry['label'] {
  const serving = follower.serving(model);
  const labelSpace = serving?.versions.get(serving.record.champion ?? 0)?.columns.labelSpace ?? null;
  if (label === null) return null;
  if (labelSpace === null) return typeof label === 'boolean' ? String(label) : label;
  const found = readLabel(label, labelSpace);
  if (typeof found === 'number') return codeOfLabel(found, labelSpace);
  throw badRequest(
    `${where}${typeof label === 'string' ? JSON.stringify(shownText(label, 60)) : String(label)} is not a label of model "${model}": known are ${knownLabels(labelSpace)}`,
  );
}

/** Throws `HttpError` 400 or 404. */
function modelOf(
  { recent, follower }: FeedbackParts,
  { id, asked }: Pick<Outcome, 'id' | 'asked'>,
  named: string | undefined,
  where: string,
): string {
  if (named !== undefined && follower.serving(named) === undefined)
    throw notFound(
      `${where}there is no model "${shownText(named)}": known are ${shownNames(follower.models()) || 'none'}`,
    );
  const only = named ?? (follower.size === 1 ? follower.models()[0]! : undefined);
  // One customer may have asked several models at that time.
  if (asked !== null && only === undefined)
    throw badRequest(`${where}several models are served: name the "model" of feedback by key and time`);
  return (asked === null ? recent.modelOf(id) : undefined) ?? only ?? unaddressedFeedback;
}
