import type { ClusterObject } from './kubernetes-api.ts';

interface Revision {
  readonly name: string;
  readonly template: string;
  readonly storageUri: string;
  /** Ticks until its pods are ready; they never are where the model does not load. */
  ticks: number;
}

interface Wanted {
  readonly predictor: { readonly canaryTrafficPercent?: number; readonly model: { readonly storageUri: string } };
  readonly annotations: Record<string, string>;
}

interface Target {
  readonly latestRevision: boolean;
  readonly revisionName: string;
  readonly percent: number;
}

/**
 * What KServe and Knative do with an InferenceService, a little per tick: a revision for each new template (annotations
 * belong to it), readiness some ticks later, traffic between the newest ready revision and the one last rolled out, and the
 * bookkeeping of what was rolled out. After `ksvc_reconciler.go` and `inference_service_status.go` of KServe.
 */
export function kserveController(broken: readonly string[] = []) {
  const revisions: Revision[] = [];
  /** Shares of the traffic by storageUri after each tick, in percent. */
  const history: Record<string, number>[] = [];
  let rolledOut = '';
  let previous = '';
  let known: Wanted | null = null;

  function tick(object: ClusterObject): void {
    const wanted = structuredClone({
      predictor: object.spec.predictor,
      annotations: object.metadata.annotations,
    }) as Wanted;
    // It hears of a change one tick late.
    const { predictor, annotations } = known ?? wanted;
    known = wanted;
    const { canaryTrafficPercent: percent, ...pods } = predictor;
    const template = JSON.stringify([pods, annotations]);
    const newest = revisions.at(-1);
    if (newest?.template !== template)
      revisions.push({
        name: `churn-predictor-${String(revisions.length + 1).padStart(5, '0')}`,
        template,
        storageUri: predictor.model.storageUri,
        ticks: revisions.length === 0 ? 0 : 5,
      });
    else if (!broken.includes(newest.storageUri)) newest.ticks -= 1;
    const created = revisions.at(-1) as Revision;
    const ready = revisions.findLast(({ ticks }) => ticks <= 0) as Revision;
    const split = percent !== undefined && rolledOut !== '';
    const targets: Target[] = [{ latestRevision: true, revisionName: ready.name, percent: split ? percent : 100 }];
    if (split && percent < 100)
      targets.push({ latestRevision: false, revisionName: rolledOut, percent: 100 - percent });
    keepBooks(targets, created, ready);
    history.push(sharesOf(targets));
    const failed = broken.includes(created.storageUri) && ready !== created;
    object.status = {
      deploymentMode: 'Serverless',
      components: {
        predictor: {
          latestCreatedRevision: created.name,
          latestReadyRevision: ready.name,
          latestRolledoutRevision: rolledOut,
          previousRolledoutRevision: previous,
          traffic: targets,
        },
      },
      conditions: [{ type: 'Ready', status: ready === created ? 'True' : 'False' }],
      modelStatus: failed
        ? {
            transitionStatus: 'BlockedByFailedLoad',
            lastFailureInfo: { reason: 'ModelLoadFailed', message: 'no such object', modelRevisionName: created.name },
          }
        : { transitionStatus: 'UpToDate' },
    };
  }

  function keepBooks([latest, other]: readonly Target[], created: Revision, ready: Revision): void {
    if (latest === undefined) return;
    if (rolledOut !== ready.name) {
      if (latest.percent === 100) [previous, rolledOut] = [rolledOut, ready.name];
    } else if (ready === created && latest.percent < 100 && other?.revisionName === ready.name && previous !== '')
      rolledOut = previous;
  }

  function sharesOf(targets: readonly Target[]): Record<string, number> {
    const shares: Record<string, number> = {};
    for (const { revisionName, percent } of targets) {
      const uri = revisions.find(({ name }) => name === revisionName)?.storageUri ?? '';
      shares[uri] = (shares[uri] ?? 0) + percent;
    }
    return shares;
  }

  return { tick, history, revisions: () => revisions.length };
}
