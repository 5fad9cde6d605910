import { setImmediate } from 'node:timers/promises';
import type { Predictions } from '../../contracts/data/frame.ts';
import type { AnswerLimits } from '../../contracts/serving/answer-limits.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import { joinPredictions } from '../../ml/tasks/join-predictions.ts';
import { AnswerOverruns } from './answer-overruns.ts';
import { feedsOfFrame } from './frame-feeds.ts';
import type { InferenceEngine, LoadedModel } from './port.ts';
import { openSessionInProcess } from './process.ts';
import { invalidModel, openSession, type Session } from './session.ts';

/** Rows and values per pass: a pass blocks the event loop, for some 10 ms with so many rows of a narrow model. */
const mostRows = 4096;
const mostValues = 500_000;

/** Runs models on ONNX Runtime's CPU provider, with one thread per session. */
export function createOnnxInference(): InferenceEngine {
  return {
    load: async (bytes, answer) => loadedModel(bounded(await openSession(bytes), answer)),
    loadConfined: async (path, limits, signal) => loadedModel(await openSessionInProcess(path, limits, signal)),
  };
}

/** Fails a pass whose answer goes beyond the limits, and all of them where that is the model's fault. */
function bounded(session: Session, limits: AnswerLimits | undefined): Session {
  if (limits === undefined) return session;
  const overruns = new AnswerOverruns(limits);
  return {
    ...session,
    async run(feeds) {
      if (overruns.failure !== null) throw invalidModel(overruns.failure);
      const outputs = await session.run(feeds);
      overruns.check(feeds, outputs);
      return outputs;
    },
  };
}

function loadedModel({ signature, run, release }: Session): LoadedModel {
  return {
    signature,
    feeds: (frame) => feedsOfFrame(signature, frame, 0, frame.rowCount),
    run,
    async predict(frame, labelSpace, signal) {
      const chunkRows = Math.max(64, Math.min(mostRows, Math.floor(mostValues / Math.max(1, signature.inputs.length))));
      const { read } = taskFor(labelSpace);
      const parts: Predictions[] = [];
      for (let from = 0; from < frame.rowCount; from += chunkRows) {
        if (from > 0) await setImmediate();
        signal?.throwIfAborted();
        const to = Math.min(frame.rowCount, from + chunkRows);
        const feeds = feedsOfFrame(signature, frame, from, to);
        const outputs = await run(feeds).catch((error: Error) => {
          throw invalidModel(`the model fails on rows of ${Object.keys(feeds).join(', ')}: ${error.message}`, error);
        });
        parts.push(read(outputs, to - from, labelSpace));
      }
      return joinPredictions(parts);
    },
    release,
  };
}
