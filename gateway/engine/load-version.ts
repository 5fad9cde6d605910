import { z } from 'zod';
import type { Config } from '../../config/schema.ts';
import { servingPolicySchema, type ServingPolicy } from '../../contracts/serving-policy.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { InferenceEngine } from '../../ports/inference/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import type { Report } from '../report.ts';
import type { Feeds, ServedVersion } from './served-version.ts';
import { warmVersion } from './warm-version.ts';

export interface EnginePorts {
  /** Checks what it reads against its digest. */
  readonly store: Pick<ArtifactStore, 'getBlob'>;
  readonly registry: Registry;
  readonly inference: InferenceEngine;
  readonly settings: Config['gateway'];
  readonly report: Report;
}

/** Of the definition that a version was registered with, only how it is served. */
const servedDefinitionSchema = z.object({ serving: servingPolicySchema.prefault({}) });

/** Reads a version's bytes, loads them (in a thread of their own where they are large) and warms them up. */
export async function loadVersion(
  { store, registry, inference, settings }: EnginePorts,
  model: string,
  version: number,
  recent: readonly Feeds[],
): Promise<ServedVersion> {
  const { candidate, lineage } = await registry.version(model, version);
  const [bytes, definition] = await Promise.all([store.getBlob(candidate.model), store.getBlob(lineage.definition)]);
  const { serving } = servedDefinitionSchema.parse(JSON.parse(new TextDecoder().decode(definition)));
  const policy: ServingPolicy = { ...serving, ...settings.serving[model] };
  const isolated = bytes.byteLength > settings.models.isolateBytes;
  const loaded = await (isolated ? inference.loadIsolated(bytes) : inference.load(bytes));
  return warmVersion({ version, policy, bytes: bytes.byteLength, loaded, recent });
}
