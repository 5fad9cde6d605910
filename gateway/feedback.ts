import { z } from 'zod';
import type { FeedbackEntry } from '../contracts/prediction-log.ts';
import { badRequest, HttpError, notFound } from './http-error.ts';
import type { InferParts } from './infer.ts';
import { parseJsonBody } from './protocol/json.ts';

const feedbackSchema = z
  .object({
    request_id: z.string().min(1).max(300),
    label: z.union([z.string(), z.number(), z.boolean()]).optional(),
    value: z.number().optional(),
    model: z.string().optional(),
  })
  .refine(({ label, value }) => label !== undefined || value !== undefined, 'give a label, a value, or both');
const bodySchema = z.union([feedbackSchema, z.array(feedbackSchema).min(1).max(10_000)]);

/** Four values of each feedback at most. */
const mostValues = 40_100;

type FeedbackParts = Pick<InferParts, 'instance' | 'follower' | 'spool' | 'recent' | 'metrics'>;

/**
 * Takes what came of one request, its true label or what its answer was worth, or a list of them, all or none, and ends when they are on disk. The model is the one that answered the
 * id here lately, else the named one, else the only one. Throws `HttpError` 400, 404 or 503.
 */
export async function takeFeedback(parts: FeedbackParts, body: Buffer): Promise<number> {
  const parsed = bodySchema.safeParse(parseJsonBody(body, { maxJsonBytes: 4_000_000, maxJsonValues: mostValues }));
  if (!parsed.success)
    throw badRequest(`expected {"request_id", "label", "value"}, or a list of them: ${z.prettifyError(parsed.error)}`);
  const given = Array.isArray(parsed.data) ? parsed.data : [parsed.data];
  const at = Date.now();
  const entries = given.map(({ request_id: id, label, value, model }): FeedbackEntry => ({
    kind: 'feedback',
    id,
    at,
    model: modelOf(parts, id, model),
    label: typeof label === 'boolean' ? Number(label) : (label ?? null),
    value: value ?? null,
    instance: parts.instance,
  }));
  try {
    await Promise.all(entries.map((entry) => parts.spool.append(entry, true)));
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

function modelOf({ recent, follower }: FeedbackParts, id: string, named: string | undefined): string {
  const models = follower.models();
  const only = models.length === 1 ? models[0] : undefined;
  const model = recent.modelOf(id) ?? named ?? only;
  if (model === undefined)
    throw notFound(`request "${id}" was not answered here lately: name its "model" in the feedback`);
  if (!models.includes(model)) throw notFound(`there is no model "${model}": known are ${models.join(', ') || 'none'}`);
  return model;
}
