import { InvalidArgumentError } from 'commander';
import { numberWithin } from './arguments.ts';

const share = numberWithin(0, 1, true);

/** One more of `country=DE=0.3`: the share of the keys that are in the segment `country=DE`. Throws InvalidArgumentError otherwise. */
export function shareBySegment(
  value: string,
  before: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const [, segment, number] = /^(.+)=([^=]*)$/.exec(value) ?? [];
  if (segment === undefined || number === undefined)
    throw new InvalidArgumentError('Give a segment and its share, such as country=DE=0.3.');
  return { ...before, [segment]: share(number) };
}
