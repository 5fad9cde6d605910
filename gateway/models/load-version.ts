import { readFile, stat } from 'node:fs/promises';
import type { Feeds } from '../../contracts/data/tensor.ts';
import type { Config } from '../../config/schema.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { shownNames, shownText } from '../../contracts/shown-text.ts';
import { servedDefinitionSchema, type ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import { inputBoundsOf } from '../../contracts/model/input-bounds.ts';
import { trainedCodesOf } from '../../contracts/data/trained-codes.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { changed } from '../../ports/differences.ts';
import type { InferenceEngine, LoadedModel } from '../../ports/inference/port.ts';
import type { Registry } from '../../ports/registry/port.ts';
import type { Report } from '../warnings.ts';
import type { RecordRegistry } from './check-record.ts';
import { modelLimits } from './model-limits.ts';
import { servedColumns } from './served-columns.ts';
import type { ServedVersion } from './served-version.ts';
import { warmVersion } from './warm-version.ts';
import type { Watchdog } from './watchdog.ts';

export interface EnginePorts {
  /** Checks what it reads against its digest. */
  readonly store: Pick<ArtifactStore, 'getBlob' | 'fetchFile'>;
  readonly registry: Pick<Registry, 'models' | 'deployment' | 'version' | 'differencesOf'> & RecordRegistry;
  readonly inference: InferenceEngine;
  readonly settings: Config['gateway'];
  readonly report: Report;
  /** Watches what runs in the event loop. @default nobody does */
  readonly watchdog?: Pick<Watchdog, 'watch' | 'quarantinedAt'>;
}

/**
 * Checks a version's document by its digests, fetches its file, checked against its digest, loads it and warms it up. In a process of its own, within limits, runs what Pawl
 * did not train itself, what was found in the way of others, a version that is only a shadow, and a large one.
 */
export async function loadVersion(
  { store, registry, inference, settings, watchdog, report }: EnginePorts,
  model: string,
  version: number,
  recent: readonly Feeds[],
  asShadow = false,
): Promise<ServedVersion> {
  const document = await registry.version(model, version);
  const differences = registry.differencesOf(document);
  if (differences.length === 0 && !(await registry.isAsWritten(document))) differences.push(changed);
  if (differences.length > 0)
    throw new PawlError(
      errorTypes.corruptArtifact,
      `version ${version} of "${model}" is not what was registered: ${differences.join('; ')}. \`pawl verify ${model}\` names all that differs`,
      { model, version },
    );
  const { candidate, lineage } = document;
  const [path, definition, dataset, codes, bounds] = await Promise.all([
    store.fetchFile(candidate.model),
    store.getBlob(lineage.definition).then(jsonOf),
    store.getBlob(lineage.dataset).then(jsonOf),
    lineage.training === null ? {} : store.getBlob(lineage.training).then(jsonOf).then(trainedCodesOf),
    lineage.inputs === undefined ? {} : store.getBlob(lineage.inputs).then(jsonOf).then(inputBoundsOf),
  ]);
  const { serving } = servedDefinitionSchema.parse(definition);
  const policy: ServingPolicy = { ...serving, ...settings.serving[model] };
  const { size } = await stat(path);
  const { isolateBytes } = settings.models;
  const quarantined = watchdog?.quarantinedAt(model, version) ?? null;
  if (quarantined !== null)
    report(
      `${model}@${version} is quarantined: it held up the event loop at ${quarantined}. It runs in a process of its own until its note in gateway/quarantine is removed`,
    );
  const confined = asShadow || lineage.training === null || quarantined !== null || size > isolateBytes;
  const limits = modelLimits(settings);
  const { answer } = limits;
  const load = async (): Promise<LoadedModel> => inference.load(await readFile(path), answer);
  const loaded = confined
    ? await inference.loadConfined(path, limits)
    : await (watchdog?.watch(model, version, load) ?? load());
  const columns = servedColumns(definition, dataset, policy.strict, codes, bounds);
  const known = new Set([...columns.columns.keys(), ...loaded.signature.inputs.map(({ name }) => name)]);
  for (const name of namedBy(settings.serving[model] ?? {}))
    if (!known.has(name))
      report(
        `gateway.serving.${model} names the column "${shownText(name)}", which ${model}@${version} does not know: it hides nothing and is not a key there. Known are ${shownNames(known)}`,
      );
  return warmVersion({ version, policy, columns, bytes: size, loaded, answer, recent, asShadow });
}

/** Columns that a gateway's own policy hides or takes keys from. */
const namedBy = ({ log, key, segments = [] }: Config['gateway']['serving'][string]): string[] =>
  [...(log?.drop ?? []), ...(log?.hash ?? []), key, ...segments.map(({ input }) => input)].filter(
    (name) => typeof name === 'string',
  );

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
