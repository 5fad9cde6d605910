import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';
import { binaryHead } from '../../ml/tasks/binary/head.ts';
import { unscaled } from '../../ml/training/head.ts';
import type { Feature } from '../../ml/training/encoding.ts';
import type { Trainer } from '../../ports/trainer/port.ts';
import { binary } from '../support/classes.ts';

const [hidden, width] = [8, 2];

interface Untrained {
  readonly features: readonly { readonly name: string; readonly isText: boolean }[];
  readonly texts: readonly string[];
  /** What numbers are standardized by, by feature. @default 50 and 20 */
  readonly scales?: Readonly<Record<string, readonly [middle: number, spread: number]>>;
  /** Values that it gives for a row. */
  readonly outputs: number;
  /** Declares its outputs, by those values. */
  readonly answer: (g: GraphBuilder, values: string) => void;
}

/** A network that nobody trained yet: missing numbers are 0 and marked, texts have embeddings of 2 numbers. */
export function untrained({ features, texts, scales = {}, outputs, answer }: Untrained): Uint8Array {
  const g = new GraphBuilder('people');
  const random = createRandom(11);
  const weights = (stem: string, deviation: number, ...shape: number[]): string => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return g.constant(
      stem,
      Float32Array.from({ length: size }, () => deviation * random.normal()),
      shape,
    );
  };
  let columns = 0;
  const parts = features.map(({ name, isText }) => {
    if (!isText) {
      const x = g.input(name, 'float32', ['batch', 1]);
      const [middle, spread] = scales[name] ?? [50, 20];
      const centred = g.node('Sub', [x, g.constant('middle', Float32Array.of(middle), [1])]);
      const scaled = g.node('Div', [centred, g.constant('spread', Float32Array.of(spread), [1])]);
      columns += 2;
      const isMissing = g.node('IsNaN', [x]);
      const filled = g.node('Where', [isMissing, g.scalar('zero', 0), scaled]);
      return g.node('Concat', [filled, g.node('Cast', [isMissing], { to: { int: 1 } })], { axis: { int: 1 } });
    }
    const numbers = texts.map((_, at) => at + 1);
    const codes = g.node(
      'LabelEncoder',
      [g.input(name, 'string', ['batch', 1])],
      { keys_strings: { strings: texts }, values_int64s: { ints: numbers }, default_int64: { int: 0 } },
      { domain: mlDomain },
    );
    columns += width;
    const rows = g.node('Gather', [weights(`${name}_table`, 0.1, texts.length + 1, width), codes]);
    return g.node('Reshape', [rows, g.ints('shape', [-1, width])]);
  });
  const table = parts.length === 1 ? parts[0]! : g.node('Concat', parts, { axis: { int: 1 } });
  const first = [table, weights('first', Math.sqrt(2 / columns), columns, hidden), weights('first_bias', 0, hidden)];
  const last = [weights('last', 0.1, hidden, outputs), weights('last_bias', 0, outputs)];
  answer(g, g.node('Gemm', [g.node('Relu', [g.node('Gemm', first)]), ...last]));
  return encodeModel(g.model({ domains: { [mlDomain]: 4 } }));
}

/** The network of people, in the form that Pawl serves. */
const ofPeople = (features: readonly Feature[]): Uint8Array =>
  untrained({
    features: features.map(({ name, column }) => ({ name, isText: column.kind === 'categorical' })),
    texts: ['red', 'green', ...Array.from({ length: 12 }, (_, town) => `t${town}`)],
    scales: { income: [0, 1000] },
    outputs: 1,
    answer: (g, logits) => binaryHead.answer(g, logits, { space: binary, scale: unscaled, threshold: 0.5 }),
  });

/** Weights of the network for the features of people: two tables, and layers of 8 inputs. */
export const graphWeights = 2 * 15 * width + 8 * hidden + hidden + hidden + 1;

/** The trainer, whose jobs get an untrained network of their features. */
export const withGraphs = (trainer: Trainer): Trainer => ({
  provider: () => trainer.provider(),
  train: (job, hooks) =>
    trainer.train(
      {
        ...job,
        program: {
          files: [{ path: 'people.onnx', bytes: ofPeople(job.features), executable: false }],
          champion: null,
          adapt: async (model) => model,
        },
      },
      hooks,
    ),
});
