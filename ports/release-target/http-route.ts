import { z } from 'zod';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { MergePatch } from './kubernetes.ts';
import { sharesOfWeights } from './traffic.ts';

// No defaults below `spec`: what is read here is written back, and others' fields must stay as they are.
const backendSchema = z.looseObject({ name: z.string(), weight: z.int().min(0).optional() });
type Backend = z.infer<typeof backendSchema>;

const routeSchema = z.looseObject({
  metadata: z.looseObject({ generation: z.number().default(0) }),
  spec: z.looseObject({
    rules: z.array(z.looseObject({ backendRefs: z.array(backendSchema).optional() })).optional(),
  }),
  status: z
    .looseObject({
      parents: z
        .array(
          z.looseObject({
            controllerName: z.string().default(''),
            conditions: z
              .array(
                z.looseObject({
                  type: z.string(),
                  status: z.string(),
                  reason: z.string().default(''),
                  message: z.string().default(''),
                  observedGeneration: z.number().default(0),
                }),
              )
              .default([]),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type HttpRoute = z.infer<typeof routeSchema>;

/** Largest weight that the Gateway API allows. */
export const largestWeight = 1_000_000;

/** Throws `InvalidConfigError`. */
export function readRoute(object: unknown, place: string): HttpRoute {
  const parsed = routeSchema.safeParse(object);
  if (parsed.success) return parsed.data;
  throw new PawlError(
    errorTypes.invalidConfig,
    `${place} is not of the form that is known: ${z.prettifyError(parsed.error)}`,
  );
}

/** Integer weights for a share, as small as they can be: .05 is 19 to 1. Exact to a millionth. */
export function weightsOf(share: number): { champion: number; canary: number } {
  const canary = Math.round(share * largestWeight);
  const divisor = greatestDivisor(largestWeight - canary, canary);
  return { champion: (largestWeight - canary) / divisor, canary: canary / divisor };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * Patch that gives the backends of a model the weights of `wanted` in each rule that has one of them; null where nothing is to
 * change. `versionOf` tells our backends from others'. A new backend is a copy of the first of ours in the rule (port,
 * namespace, filters) under another name. Throws `InvalidConfigError` where no rule is the model's, or where somebody else's
 * backend takes traffic of such a rule.
 */
export function patchOf(
  route: HttpRoute,
  wanted: readonly { readonly name: string; readonly weight: number }[],
  versionOf: (name: string) => number | null,
  place: string,
): MergePatch | null {
  const isOurs = ({ name }: Backend): boolean => versionOf(name) !== null;
  const { rules: current = [] } = route.spec;
  if (!current.some(({ backendRefs = [] }) => backendRefs.some(isOurs)))
    throw new PawlError(
      errorTypes.invalidConfig,
      `no rule of ${place} has a backend of the model: add the champion's Service to the rule that Pawl shall steer`,
    );
  let changed = false;
  const rules = current.map((rule) => {
    const { backendRefs: before = [] } = rule;
    const first = before.find(isOurs);
    if (first === undefined) return rule;
    const other = before.find((backend) => !isOurs(backend) && weightIn(backend) > 0);
    if (other !== undefined)
      throw new PawlError(
        errorTypes.invalidConfig,
        `backend "${other.name}" takes part of the traffic of a rule of ${place} that has versions of the model: give it a rule of its own`,
      );
    const ours = wanted.map(({ name, weight }) => ({
      ...(before.find((backend) => backend.name === name) ?? first),
      name,
      weight,
    }));
    const backendRefs = [...ours, ...before.filter((backend) => !isOurs(backend))];
    if (isSame(weightsIn(before), weightsIn(backendRefs))) return rule;
    changed = true;
    return { ...rule, backendRefs };
  });
  return changed ? { spec: { rules } } : null;
}

const weightIn = ({ weight = 1 }: Backend): number => weight;

const weightsIn = (backends: readonly Backend[]): Map<string, number> =>
  new Map(backends.map((backend) => [backend.name, weightIn(backend)]));

const isSame = (a: Map<string, number>, b: Map<string, number>): boolean =>
  a.size === b.size && [...a].every(([name, weight]) => b.get(name) === weight);

/** Shares in the first rule that is the model's. */
export function sharesIn(route: HttpRoute, versionOf: (name: string) => number | null) {
  const rule = (route.spec.rules ?? []).find(({ backendRefs = [] }) =>
    backendRefs.some(({ name }) => versionOf(name) !== null),
  );
  const backends = rule?.backendRefs ?? [];
  return sharesOfWeights(backends.map((backend) => ({ version: versionOf(backend.name), weight: weightIn(backend) })));
}

/**
 * What the controllers of the route's parents have not confirmed yet; null where they have. Throws `InvalidConfigError` for what
 * they refuse.
 */
export function unconfirmed(route: HttpRoute, place: string): string | null {
  const { parents } = route.status;
  if (parents.length === 0) return 'no Gateway has reported on it';
  for (const { controllerName, conditions } of parents)
    for (const type of ['Accepted', 'ResolvedRefs']) {
      const condition = conditions.find((condition) => condition.type === type);
      if (condition === undefined || condition.observedGeneration < route.metadata.generation)
        return `${controllerName} has not reported ${type} on the newest change`;
      if (condition.status === 'True') continue;
      const why = `${controllerName} says ${type} ${condition.status} (${condition.reason}: ${condition.message})`;
      if (condition.status === 'Unknown' || ['BackendNotFound', 'Pending'].includes(condition.reason)) return why;
      throw new PawlError(errorTypes.invalidConfig, `${place} is not in force: ${why}`);
    }
  return null;
}
