import {
  groupRates,
  type GroupCohort,
  type ObservedGroup,
  type ObservedGroups,
  type RateCounts,
} from '../../../contracts/evidence/groups.ts';
import type { GroupedAttribute, GroupWindow } from '../../../contracts/release/group-window.ts';
import type { Arm } from '../../../contracts/release/arm.ts';
import { missingGroup, pairSeparator } from '../../../ml/fairness/groups.ts';
import { numberAt } from './earliest-rows.ts';
import { GroupNames } from './group-names.ts';
import type { CompactSegment } from './log-columns.ts';
import type { PairedRow } from './pair-losses.ts';
import { addPair, noLosses } from './paired-counts.ts';
import type { RateLosses } from './rate-losses.ts';
import { hasFailed } from './row-with-id.ts';

/** Keys by group, and by what the two versions lost on their requests. */
export class GroupCounter {
  readonly #window: GroupWindow;
  readonly #losses: RateLosses;
  readonly #attributes: readonly AttributeCounter[];

  constructor(window: GroupWindow, losses: RateLosses) {
    this.#window = window;
    this.#losses = losses;
    this.#attributes = window.attributes.map((attribute) => new AttributeCounter(attribute, losses));
  }

  /** Takes a key by its request, whose inputs the row has. */
  add(segment: CompactSegment, row: number, pair: PairedRow, isMature: boolean): void {
    const lost = this.#lossOf(pair);
    for (const attribute of this.#attributes) attribute.add(segment, row, lost, isMature);
  }

  /** Of a version that failed it is known without a label that it lost most. */
  #lossOf(pair: PairedRow): Lost {
    const lost = this.#losses.lossesOf(pair);
    if (lost !== 'missing') return lost;
    return hasFailed(pair.canary) ? 'canary' : hasFailed(pair.champion) ? 'champion' : 'missing';
  }

  /** Takes a key all of whose mirrors were dropped. */
  addDropped(segment: CompactSegment, row: number, isMature: boolean): void {
    for (const attribute of this.#attributes) attribute.add(segment, row, 'dropped', isMature);
  }

  counts(): ObservedGroups {
    const { most, unread } = this.#window;
    const { scale } = this.#losses;
    const empty = this.#attributes.filter((attribute) => attribute.isAbsent);
    const found = this.#attributes
      .flatMap((attribute) => (attribute.isAbsent ? [] : [...attribute.groups.values()]))
      .toSorted((a, b) => a.since - b.since || (nameOf(a) < nameOf(b) ? -1 : 1));
    return {
      groups: found.slice(0, most),
      ...(scale === null ? {} : { scale }),
      leftOut: Math.max(0, found.length - most),
      unread: [
        ...unread,
        ...empty.map(({ name }) => ({ attribute: name, why: 'no logged request has a value of it' })),
      ],
    };
  }
}

const nameOf = ({ attribute, group }: ObservedGroup): string => JSON.stringify([attribute, group]);

/** By rate; or why it is not known, which is the arm that failed where no label came. */
type Lost = ReturnType<RateLosses['lossesOf']> | 'dropped' | Arm;

class AttributeCounter {
  readonly name: string;
  readonly groups = new Map<string, ObservedGroup>();
  readonly #parts: readonly GroupNames[];
  readonly #losses: RateLosses;
  /** By part, whether any row had a value. */
  readonly #isSeen: boolean[];

  constructor({ name, parts }: GroupedAttribute, losses: RateLosses) {
    this.name = name;
    this.#parts = parts.map((part) => new GroupNames(part));
    this.#losses = losses;
    this.#isSeen = parts.map(() => false);
  }

  /** Whether there were rows, and a part without a value in any of them. */
  get isAbsent(): boolean {
    return this.groups.size > 0 && this.#isSeen.includes(false);
  }

  add(segment: CompactSegment, row: number, lost: Lost, isMature: boolean): void {
    const group = this.#groupOf(segment, row);
    const since = numberAt(segment.at, row);
    const none = (): GroupCohort => noKeys(this.#losses);
    const known = this.groups.get(group) ?? { attribute: this.name, group, since, all: none(), mature: none() };
    this.groups.set(group, since < known.since ? { ...known, since } : known);
    count(known.all, lost);
    if (isMature) count(known.mature, lost);
  }

  #groupOf(segment: CompactSegment, row: number): string {
    return this.#parts
      .map((part, i) => {
        const name = part.nameAt(segment, row);
        if (name !== missingGroup) this.#isSeen[i] = true;
        return name;
      })
      .join(pairSeparator);
  }
}

function noKeys({ rates, scale }: RateLosses): GroupCohort {
  const none = (): RateCounts => ({
    labels: 0,
    worse: 0,
    better: 0,
    ...(scale === null ? {} : { losses: noLosses() }),
  });
  return {
    ...(rates.includes('tpr') ? { tpr: none() } : {}),
    ...(rates.includes('fpr') ? { fpr: none() } : {}),
    error: none(),
    missing: 0,
    dropped: 0,
  };
}

function count(cohort: GroupCohort, lost: Lost): void {
  if (lost === 'missing' || lost === 'dropped') {
    cohort[lost] += 1;
    return;
  }
  if (lost === 'champion' || lost === 'canary') {
    cohort.failed ??= { champion: 0, canary: 0 };
    cohort.failed[lost] += 1;
    return;
  }
  for (const rate of groupRates) {
    const [counts, loss] = [cohort[rate], lost[rate]];
    if (counts !== undefined && loss !== undefined) addPair(counts, loss);
  }
}
