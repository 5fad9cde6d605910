import type { AnswerLimits } from '../../contracts/serving/answer-limits.ts';
import { predictInChunks } from '../../ml/tasks/predict-in-chunks.ts';
import { AnswerOverruns } from './answer-overruns.ts';
import { feedsOfFrame } from './frame-feeds.ts';
import type { InferenceEngine, LoadedModel } from './port.ts';
import { openSessionInProcess } from './process.ts';
import { invalidModel, openSession, type Session } from './session.ts';

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
    predict: (frame, labelSpace, signal) =>
      predictInChunks({
        rows: frame.rowCount,
        width: signature.inputs.length,
        feeds: (from, to) => feedsOfFrame(signature, frame, from, to),
        run,
        labelSpace,
        signal,
      }),
    release,
  };
}
