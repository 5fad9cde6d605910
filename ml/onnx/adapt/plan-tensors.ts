import { shownText } from '../../../contracts/shown-text.ts';
import type { DeclaredValue } from './declared.ts';
import type { InputPlan } from './plan.ts';
import type { Planned } from './planned.ts';

/** Inputs that are taken as they are: tensors whose first axis is that of rows. */
export function planTensors(inputs: readonly DeclaredValue[]): Planned<InputPlan[]> {
  const faults = inputs.flatMap(({ name, type, shape }) => {
    if (name === '__proto__')
      return ['its input "__proto__" has a name that JSON objects cannot hold: export it under another'];
    if (type === null)
      return [`its input "${shownText(name)}" is not a tensor of a type that Pawl serves: export it with tensors`];
    if (shape === null)
      return [`its input "${shownText(name)}" declares no shape: export it with one, such as [rows, 3, 224, 224]`];
    return shape.length === 0
      ? [`its input "${shownText(name)}" is a single value without an axis of rows: make it a constant of the model`]
      : [];
  });
  if (faults.length > 0) return { faults };
  return {
    plan: inputs.flatMap(({ name, type, shape, symbols }) =>
      type === null || shape === null
        ? []
        : [
            {
              name,
              type,
              columns: [name],
              form: 'tensor',
              row: shape.slice(1),
              symbols: symbols.slice(1),
              guess: null,
            },
          ],
    ),
  };
}
