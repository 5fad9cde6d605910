import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Config } from '../../config/schema.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { servingPolicySchema, type ServingPolicy } from '../../contracts/serving-policy.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { InferenceEngine } from '../../ports/inference/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import type { Report } from '../report.ts';
import type { Feeds, ServedVersion } from './served-version.ts';
import { warmVersion } from './warm-version.ts';

export interface EnginePorts {
  /** Checks what it reads against its digest. */
  readonly store: Pick<ArtifactStore, 'getBlob' | 'fetchFile'>;
  readonly registry: Pick<Registry, 'models' | 'deployment' | 'version' | 'differencesOf'>;
  readonly inference: InferenceEngine;
  readonly settings: Config['gateway'];
  readonly report: Report;
}

/** Of the definition that a version was registered with, only how it is served. */
const servedDefinitionSchema = z.object({ serving: servingPolicySchema.prefault({}) });

/** Checks a version's document by its digests, fetches its file, checked against its digest, loads it (in a thread of its own where it is large) and warms it up. */
export async function loadVersion(
  { store, registry, inference, settings }: EnginePorts,
  model: string,
  version: number,
  recent: readonly Feeds[],
): Promise<ServedVersion> {
  const document = await registry.version(model, version);
  const differences = registry.differencesOf(document);
  if (differences.length > 0)
    throw new PawlError(
      errorTypes.corruptArtifact,
      `version ${version} of "${model}" is not what was registered: ${differences.join('; ')}. \`pawl verify ${model}\` names all that differs`,
      { model, version },
    );
  const { candidate, lineage } = document;
  const [path, definition] = await Promise.all([store.fetchFile(candidate.model), store.getBlob(lineage.definition)]);
  const { serving } = servedDefinitionSchema.parse(JSON.parse(new TextDecoder().decode(definition)));
  const policy: ServingPolicy = { ...serving, ...settings.serving[model] };
  const { size } = await stat(path);
  const isolated = size > settings.models.isolateBytes;
  const loaded = isolated ? await inference.loadIsolated(path) : await inference.load(await readFile(path));
  return warmVersion({ version, policy, bytes: size, loaded, recent });
}
