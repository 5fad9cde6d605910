import { expect, test } from 'vitest';
import { embeddingRows } from '../../ml/onnx/embedding-rows.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';

/** Rows of the tables of 48 and 5 rows that `ids` chooses from by these nodes. */
function rowsOf(build: (g: GraphBuilder, tables: { large: string; small: string }) => void): number | null {
  const g = new GraphBuilder('embedding');
  g.input('ids', 'int64', ['batch', 'length']);
  const table = (name: string, rows: number): string => g.constant(name, new Float32Array(2 * rows), [rows, 2]);
  build(g, { large: table('large', 48), small: table('small', 5) });
  return embeddingRows(g.model().graph)('ids');
}

test.each<[string, Parameters<typeof rowsOf>[0], number | null]>([
  ['chooses directly', (g, { large }) => g.node('Gather', [large, 'ids']), 48],
  ['chooses on the axis 0 in words', (g, { large }) => g.node('Gather', [large, 'ids'], { axis: { int: 0 } }), 48],
  [
    'chooses behind Identity and Cast',
    (g, { large }) => g.node('Gather', [large, g.node('Cast', [g.node('Identity', ['ids'])], { to: { int: 6 } })]),
    48,
  ],
  [
    'chooses from two tables',
    (g, { large, small }) => [g.node('Gather', [large, 'ids']), g.node('Gather', [small, 'ids'])],
    5,
  ],
  ['chooses on another axis', (g, { large }) => g.node('Gather', [large, 'ids'], { axis: { int: 1 } }), null],
  [
    'is cast to what does not keep numbers',
    (g, { large }) => g.node('Gather', [large, g.node('Cast', ['ids'], { to: { int: 9 } })]),
    null,
  ],
  ['is computed with first', (g, { large }) => g.node('Gather', [large, g.node('Neg', ['ids'])]), null],
  ['chooses from what is computed', (g, { large }) => g.node('Gather', [g.node('Neg', [large]), 'ids']), null],
])('an input that %s', (_, build, rows) => {
  expect(rowsOf((g, tables) => build(g, tables))).toBe(rows);
});
