import type { Arm } from '../../contracts/release/arm.ts';
import type { Segment } from '../../contracts/serving/serving-policy.ts';
import type { InferCall } from '../call/infer-call.ts';
import { firstRowText } from './first-row.ts';

interface Matcher {
  readonly header: string | null;
  readonly input: string | null;
  readonly values: ReadonlySet<string>;
  readonly arm: Arm;
}

const matchersOf = new WeakMap<readonly Segment[], readonly Matcher[]>();

/** Arm of the first segment that a request belongs to; null where it belongs to none. */
export function segmentArm(
  segments: readonly Segment[],
  { header, request }: Pick<InferCall, 'header' | 'request'>,
): Arm | null {
  if (segments.length === 0) return null;
  let matchers = matchersOf.get(segments);
  if (matchers === undefined) {
    matchers = segments.map(matcherOf);
    matchersOf.set(segments, matchers);
  }
  for (const matcher of matchers) {
    let text: string | null = null;
    if (matcher.header !== null) text = header(matcher.header);
    else if (matcher.input !== null) {
      const tensor = request.tensors.get(matcher.input);
      if (tensor !== undefined) text = firstRowText(tensor);
    }
    if (text !== null && matcher.values.has(text)) return matcher.arm;
  }
  return null;
}

function matcherOf({ header, input, values, arm }: Segment): Matcher {
  const texts = new Set<string>();
  for (const value of values) {
    texts.add(String(value));
    // An input in single precision holds the nearest value that it can.
    if (typeof value === 'number') texts.add(String(Math.fround(value)));
  }
  return { header: header ?? null, input: input ?? null, values: texts, arm };
}
