import type { LoadedModel } from '../../ports/inference/port.ts';
import type { TableEngine } from '../../ports/table-engine/port.ts';
import type { Ports } from '../ports.ts';
import { currentContext } from './progress.ts';

/** Aborts when the activity that asks is cancelled; undefined outside an activity. */
export const currentSignal = (): AbortSignal | undefined => currentContext()?.cancellationSignal;

/** The same ports, whose long work ends when the activity that asked for it is cancelled. */
export function stoppablePorts(ports: Ports): Ports {
  const { tables, inference, imports } = ports;
  const stoppable: Partial<Ports> = {
    tables: stoppableTables(tables),
    inference: {
      load: async (bytes, answer) => stoppableModel(await inference.load(bytes, answer)),
      loadConfined: async (path, limits, signal = currentSignal()) =>
        stoppableModel(await inference.loadConfined(path, limits, signal)),
    },
    imports: {
      ...imports,
      examine: (model, definition, dataset, signal = currentSignal()) =>
        imports.examine(model, definition, dataset, signal),
    },
  };
  // A copy would ask for every port at once, and some open a connection when they are first asked for.
  return Object.assign(Object.create(ports) as Ports, stoppable);
}

const stoppableTables = (tables: TableEngine): TableEngine => ({
  writeSnapshot: (job, signal = currentSignal()) => tables.writeSnapshot(job, signal),
  profile: (job, signal = currentSignal()) => tables.profile(job, signal),
  readFrame: (job, signal = currentSignal()) => tables.readFrame(job, signal),
  countSeen: (job, signal = currentSignal()) => tables.countSeen(job, signal),
  writeSides: (job, signal = currentSignal()) => tables.writeSides(job, signal),
  predictFile: (job, signal = currentSignal()) => tables.predictFile(job, signal),
  describeFile: (job, signal = currentSignal()) => tables.describeFile(job, signal),
  numberRows: (job, signal = currentSignal()) => tables.numberRows(job, signal),
});

const stoppableModel = (model: LoadedModel): LoadedModel => ({
  ...model,
  async run(feeds) {
    currentSignal()?.throwIfAborted();
    return model.run(feeds);
  },
  predict: (frame, positive, signal = currentSignal()) => model.predict(frame, positive, signal),
});
