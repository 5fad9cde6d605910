import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';

/** Models from elsewhere on the raw columns of the made-up people: what they answer is `p` of age, plan and amount. */
export interface ForeignOptions {
  /** What comes out as probability of the positive label. @default `sigmoid` */
  readonly end?: 'sigmoid' | 'logit';
  /** Order of the probabilities. @default `negative first` */
  readonly order?: 'negative first' | 'positive first';
  /** Labels `[negative, positive]`. @default [0, 1] */
  readonly labels?: readonly [number, number];
  /** Never ends on so many rows or more. */
  readonly endlessFrom?: number;
}

/** A logistic regression on age and amount that imputes nothing: NaN in, NaN out. `plan` is taken and not used. */
export function logisticRegression({
  end = 'sigmoid',
  order = 'negative first',
  labels = [0, 1],
  endlessFrom,
}: ForeignOptions = {}): Uint8Array {
  const g = new GraphBuilder('foreign');
  const asked = g.input('age', 'float32', ['batch', 1]);
  const age = endlessFrom === undefined ? asked : loopFrom(g, asked, endlessFrom);
  g.input('plan', 'string', ['batch', 1]);
  const amount = g.input('amount', 'float32', ['batch', 1]);
  const term = (x: string, weight: number): string => g.node('Mul', [x, g.scalar('w', weight)]);
  const logit = g.node('Add', [g.node('Add', [term(age, 1 / 8), term(amount, 1 / 30)]), g.scalar('b', -50 / 8 - 2)]);
  const p = end === 'sigmoid' ? g.node('Sigmoid', [logit]) : logit;
  const rest = g.node('Sub', [g.scalar('one', 1), p]);
  const above = g.node('Greater', [g.node('Reshape', [p, g.ints('flat', [-1])]), g.scalar('half', 0.5)]);
  const [no, yes] = labels.map((label) => g.constant('class', BigInt64Array.of(BigInt(label)), []));
  g.output(g.node('Where', [above, yes ?? '', no ?? ''], {}, { output: 'label' }), 'int64', ['batch']);
  const both = order === 'negative first' ? [rest, p] : [p, rest];
  g.output(g.node('Concat', both, { axis: { int: 1 } }, { output: 'probabilities' }), 'float32', ['batch', 2]);
  return encodeModel(g.model());
}

/** The same values, after a loop that does not end where they are so many or more. */
function loopFrom(g: GraphBuilder, x: string, rows: number): string {
  const count = g.node('Size', [x]);
  const body = new GraphBuilder('body', g);
  body.input('turn', 'int64', []);
  const going = body.input('going', 'bool', []);
  const value = body.input('value', 'float32', ['batch', 1]);
  body.output(body.node('Identity', [going]), 'bool', []);
  body.output(body.node('Identity', [value]), 'float32', ['batch', 1]);
  const [same = ''] = g.multiNode(
    'Loop',
    ['', g.node('GreaterOrEqual', [count, g.constant('limit', BigInt64Array.of(BigInt(rows)), [])]), x],
    ['same'],
    {
      body: { graph: body.graph() },
    },
  );
  return same;
}
