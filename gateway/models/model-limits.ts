import type { Config } from '../../config/schema.ts';
import type { AnswerLimits } from '../../contracts/serving/answer-limits.ts';
import type { ModelLimits } from '../../ports/inference/port.ts';

/** Tensors of four times the bytes of JSON pass through the event loop in the time that a request as JSON takes. */
const answerLimits = ({ maxJsonBytes, maxJsonValues }: Config['gateway']): AnswerLimits => ({
  bytes: 4 * maxJsonBytes,
  texts: maxJsonValues,
});

/** Of a model that runs in a process of its own. */
export const modelLimits = (settings: Config['gateway']): ModelLimits => ({
  loadMs: settings.models.load,
  passMs: settings.models.pass,
  memoryBytes: settings.models.processMemory,
  answer: answerLimits(settings),
});
