import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { Tensor } from '../../../contracts/data/tensor.ts';
import {
  factOf,
  mostNumbers,
  probeRows,
  probingModel,
  type Fact,
  type SeenValue,
} from '../../../ml/finetuning/facts.ts';
import { nodesOfLoss } from '../../../ml/finetuning/plan.ts';
import { encodeModel, type ModelProto } from '../../../ml/onnx/proto.ts';
import { openSession } from '../../inference/session.ts';
import type { ModelRows } from '../messages.ts';
import { feedsOf } from './rows.ts';

/** Runs the model on a few rows, and says of each value that the loss needs what it is. Throws `InvalidModelError` where it cannot be run. */
export async function probeGraph(
  model: ModelProto,
  rows: ModelRows,
  space: LabelSpace,
): Promise<ReadonlyMap<string, Fact>> {
  const session = await openSession(encodeModel(probingModel(model, nodesOfLoss(model, space))));
  try {
    const runs: Record<string, Tensor>[] = [];
    for (const count of probeRows) {
      const feeds = feedsOf(
        model,
        rows,
        Array.from({ length: count }, (_, row) => row % rows.rows),
      );
      runs.push({ ...feeds, ...(await session.run(feeds)) });
    }
    const [few = {}, many = {}] = runs;
    return new Map(
      Object.entries(few).flatMap(([name, tensor]) => {
        const other = many[name];
        return other === undefined ? [] : [[name, factOf(name, seen(tensor), seen(other))] as const];
      }),
    );
  } finally {
    await session.release();
  }
}

const seen = ({ type, shape, data }: Tensor): SeenValue => ({
  type,
  dims: shape,
  numbers: type === 'string' || data.length > mostNumbers ? null : Array.from(data as ArrayLike<number>, Number),
});
