import { array, assert, constantFrom, double, integer, oneof, property } from 'fast-check';
import { expect, test } from 'vitest';
import { binRows, fitBinning } from '../../ml/gbdt/columns.ts';
import { features, frameOf } from './support.ts';

const value = oneof(
  double({ min: -1, max: 1, noNaN: true }),
  double({ noNaN: true, noDefaultInfinity: true, min: -3e38, max: 3e38 }),
  integer({ min: -3, max: 3 }),
  constantFrom(Infinity, -Infinity, 0, -0, 1e-45, 3.4e38, -3.4e38),
);

test('a number is in the bin of the first bound that it does not exceed, however bounds lie', () => {
  assert(
    property(
      array(value, { minLength: 1, maxLength: 300 }),
      array(value),
      integer({ min: 3, max: 256 }),
      (of, more, bins) => {
        const age = [features[0]!];
        const fitting = fitBinning(age, frameOf({ age: of }), bins);
        let step = fitting.next();
        while (step.done !== true) step = fitting.next();
        const binning = step.value;
        const [column] = binning;
        const bounds = column?.kind === 'numeric' ? [...column.bounds] : [];
        const asked = [...of, ...more];
        const [found] = [...binRows(binning, frameOf({ age: asked }))];
        const wanted = asked.map((one) => 1 + bounds.findIndex((bound) => Math.fround(one) <= bound));
        expect([...found!]).toEqual(wanted);
      },
    ),
    { numRuns: 500 },
  );
});
