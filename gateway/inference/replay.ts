import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../../contracts/canonical.ts';
import { mirrorVersion } from '../../contracts/release/mirrored-requests.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { FrameWriter } from '../../codec/log-frame-writer.ts';
import {
  droppedMirror,
  logSegmentPrefix,
  misfitMirror,
  type LogSegment,
  type MirrorEntry,
} from '../../contracts/serving/prediction-log.ts';
import { checkNumbers } from '../../ml/tasks/check-numbers.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { InferenceEngine, LoadedModel, ModelLimits } from '../../ports/inference/port.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import { segmentName } from '../log/segment.ts';
import { plainRequest } from '../http/plain/plain-request.ts';
import { createFeeds } from '../protocol/feeds.ts';
import { messageOf } from '../warnings.ts';

/** A request of a release that no mirror was answered for, as the log has it. */
export interface UnmirroredRow {
  readonly id: string;
  readonly request: string;
  readonly version: number;
  readonly seq: number;
  readonly release: string;
  /** Values by input. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** `UnmirroredRow`s of a model; the arguments of the query are none. */
export const unmirroredSql = `
  select id, request, version, seq, release, inputs from log p
  where kind = 'prediction' and release is not null
    and not exists (select 1 from log m where m.kind = 'mirror' and m.id = p.id 
        and (not coalesce(starts_with(m.error, '${droppedMirror}'), false) or starts_with(m.error, '${misfitMirror}')))
  order by "at", id`;

export interface ReplayPorts {
  readonly store: ArtifactStore;
  readonly registry: Registry;
  readonly inference: InferenceEngine;
  readonly sealer: SegmentSealer;
  /** Of each model, as gateways have them. */
  readonly limits: ModelLimits;
}

/** Entries of one segment at most. */
const segmentEntries = 50_000;

/**
 * Answers the mirrors of requests that were dropped under load, from the inputs in the log, and adds them to it. Which requests should
 * have had one follows from the deployment record that was in force and the salted hash of their ids. Done again it finds what is still
 * missing. Models run in processes of their own, as shadows do. Inputs that the log policy drops or hashes cannot be asked again: such a mirror is noted as an error.
 */
export async function replayMirrors(
  ports: ReplayPorts,
  model: string,
  rows: AsyncIterable<UnmirroredRow> | Iterable<UnmirroredRow>,
): Promise<{ answered: number; failed: number }> {
  const records = new Map((await ports.registry.deploymentHistory(model)).map((record) => [record.seq, record]));
  const models = new Map<number, LoadedModel>();
  const instance = `replay-${process.pid}`;
  let writer = new FrameWriter();
  let [pending, segments, answered, failed] = [0, 0, 0, 0];
  const flush = async (): Promise<void> => {
    if (pending > 0) await addSegment(ports, model, instance, segments++, writer.take());
    writer = new FrameWriter();
    pending = 0;
  };
  try {
    for await (const row of rows) {
      const version = versionToMirror(records.get(row.seq), row);
      if (version === null) continue;
      let loaded = models.get(version);
      if (loaded === undefined) {
        const { candidate } = await ports.registry.version(model, version);
        loaded = await ports.inference.loadConfined(await ports.store.fetchFile(candidate.model), ports.limits);
        models.set(version, loaded);
      }
      const entry = await answer(loaded, model, version, instance, row);
      if (entry.error === null) answered += 1;
      else failed += 1;
      writer.append(entry);
      if (++pending >= segmentEntries) await flush();
    }
    await flush();
  } finally {
    for (const loaded of models.values()) await loaded.release();
  }
  return { answered, failed };
}

const versionToMirror = (record: Deployment | undefined, { version, request }: UnmirroredRow): number | null =>
  record === undefined ? null : mirrorVersion(record, version, request);

async function answer(
  loaded: LoadedModel,
  model: string,
  version: number,
  instance: string,
  { id, seq, release, inputs }: UnmirroredRow,
): Promise<MirrorEntry> {
  const at = Date.now();
  const facts = { kind: 'mirror', id, at, model, version, seq, release, instance, rows: 1 } as const;
  const started = performance.now();
  const { signature } = loaded;
  try {
    const known = Object.fromEntries(signature.inputs.map(({ name }) => [name, inputs[name] ?? null]));
    const { feeds } = createFeeds(signature)(plainRequest(known, signature, { maxRows: 1 }).request);
    const outputs = await loaded.run(feeds);
    checkNumbers(outputs, facts.rows);
    return { ...facts, ms: performance.now() - started, error: null, outputs };
  } catch (error) {
    return { ...facts, ms: performance.now() - started, error: messageOf(error), outputs: {} };
  }
}

async function addSegment(
  { store, sealer }: ReplayPorts,
  model: string,
  instance: string,
  n: number,
  frames: Uint8Array,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-replay-'));
  try {
    const [framed, parquet] = [join(folder, 'segment.log'), join(folder, 'segment.parquet')];
    await writeFile(framed, frames);
    const sealed = await sealer.seal(framed, parquet);
    const { digest: data } = await store.putFile(parquet);
    const segment: LogSegment = { schema: 'pawl.log-segment/2', model, instance, n, data, ...sealed };
    const key = `${logSegmentPrefix(model)}${segmentName(Date.now(), n).replace('-', `-${instance}-`)}`;
    await store.writePointer(key, canonicalJson(segment), null);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
