import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import type { Ports } from '../../activities/ports.ts';
import { beatingApplyTraffic } from '../../activities/release/apply-traffic.ts';
import { saveDocument } from '../../activities/support/documents.ts';
import { createOpenRelease } from '../../activities/release/open-release.ts';
import { createCompareTraining } from '../../activities/run/compare-training.ts';
import { createOpenReproduction } from '../../activities/run/open-reproduction.ts';
import { createOpenRun } from '../../activities/run/open-run.ts';
import { createRecordApproval } from '../../activities/run/record-approval.ts';
import { createRecordRelease } from '../../activities/release/record-release.ts';
import { createRegisterModel } from '../../activities/run/register-model.ts';
import { createRollBack } from '../../activities/release/roll-back.ts';
import { createShiftTraffic } from '../../activities/release/shift-traffic.ts';
import { createWhenBusy } from '../../activities/release/when-busy.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import type { Config } from '../../config/schema.ts';
import { PawlError } from '../../contracts/errors.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import type { GateResult } from '../../contracts/run/run.ts';
import { openPorts } from '../../ports/open-ports.ts';
import { activityErrors } from '../../workers/activity-errors.ts';
import { workflowBundle } from '../../workers/bundle.ts';

export interface StubWorkers {
  readonly ports: ReturnType<typeof openPorts>;
  stop(): Promise<void>;
}

/** Real workflows; what decides and what moves traffic is real too, what computes is not. A shadow holds until a person orders. */
export async function startStubWorkers(config: Config): Promise<StubWorkers> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const ports = openPorts(config, definitionLoaders(config));
  const connection = await NativeConnection.connect({ address: config.address ?? '' });
  const bundle = await workflowBundle(config);
  const workers = await Promise.all(
    Object.values(config.taskQueues).map((taskQueue) =>
      Worker.create({
        connection,
        taskQueue,
        workflowBundle: bundle,
        activities: { ...stubs(ports) },
        interceptors: { activity: [() => ({ inbound: activityErrors })] },
      }),
    ),
  );
  const done = Promise.all(workers.map((worker) => worker.run()));
  return {
    ports,
    async stop() {
      for (const worker of workers) worker.shutdown();
      await done;
      await connection.close();
      await ports.close();
    },
  };
}

function stubs(ports: Ports): Omit<Activities, 'observeModel'> {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const pass = async (name: string, reasons: string[] = []): Promise<GateResult> => ({
    evidence: await ports.store.putBlob(text(`{"stub":"${name}"}`)),
    status: reasons.length === 0 ? 'pass' : 'warn',
    reasons,
  });
  return {
    openRun: createOpenRun(ports),
    openReproduction: createOpenReproduction(ports),
    compareTraining: createCompareTraining(ports),
    registerModel: createRegisterModel(ports),
    recordApproval: createRecordApproval(ports),
    whenBusy: createWhenBusy(ports),
    openRelease: createOpenRelease(ports),
    shiftTraffic: createShiftTraffic(ports),
    applyTraffic: beatingApplyTraffic(ports),
    recordRelease: createRecordRelease(ports),
    rollBack: createRollBack(ports),
    async snapshotDataset() {
      const digest = await ports.store.putBlob(text('rows'));
      return { manifest: digest, data: digest, rowCount: 1 };
    },
    checkDataset: () => pass('data'),
    async trainModel({ run }) {
      if (run.seed === 13) throw new PawlError('InvalidDataError', '13 is an unlucky seed');
      const model = await ports.store.putBlob(text(`model of ${run.id}`));
      const evidence = await saveDocument(ports.store, trainingEvidenceSchema, {
        schema: 'pawl.evidence.training/1',
        run: run.id,
        model,
        training: null,
      });
      return { candidate: { model, fp32: model, variant: 'fp32' }, evidence };
    },
    planSearch: async () => ({ trials: [], next: [] }),
    trainTrial: async ({ step: { index } }) => ({ index, loss: 0 }),
    judgeSearch: async ({ run }) => ({ ...(await pass('search')), definition: run.definition }),
    tryModel: () => pass('trial'),
    trainFold: () => ports.store.putBlob(text('{"stub":"fold"}')),
    judgeFolds: () => pass('folds'),
    evaluateModel: () => pass('quality', ['no champion to compare with']),
    assessFairness: () => pass('fairness'),
    explainModel: () => pass('explain'),
    optimizeModel: async ({ candidate }) => ({ ...(await pass('optimize')), candidate }),
    benchmarkModel: () => pass('staging'),
    analyzeRelease: async ({ phase }) => ({
      phase,
      status: 'inconclusive',
      decision: phase === 'bake' ? 'advance' : 'hold',
      fired: [],
      fingerprint: null,
      evidence: null,
      reasons: ['the stub saw nothing'],
      at: Date.now(),
    }),
    async closeRun({ run, snapshot, verdicts, outcome, version, reason, release }) {
      const report = await ports.store.putBlob(text(`<html>${run.id}</html>`));
      const result = { outcome, version, verdicts, reason, report };
      const endedAt = new Date(ports.now()).toISOString();
      await ports.registry.recordRun({ schema: 'pawl.run/1', run, snapshot, release, result, endedAt });
      return result;
    },
  };
}
