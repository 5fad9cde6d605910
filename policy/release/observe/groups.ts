import type { GroupCohort, ObservedGroup, ObservedGroups } from '../../../contracts/evidence/groups.ts';
import type { GroupedAttribute, GroupWindow } from '../../../contracts/release/group-window.ts';
import { missingGroup, pairSeparator } from '../../../ml/fairness/groups.ts';
import { numberAt } from './earliest-rows.ts';
import { GroupNames } from './group-names.ts';
import type { CompactSegment } from './log-columns.ts';

/** Labels of a request that both versions answered; `label` is the true one, null where it has not come. */
export interface PairOutcome {
  readonly champion: string;
  readonly canary: string;
  readonly label: string | null;
}

/** Keys by group, and by what the two versions made of their requests. */
export class GroupCounter {
  readonly #window: GroupWindow;
  readonly #attributes: readonly AttributeCounter[];

  constructor(window: GroupWindow, positive: string) {
    this.#window = window;
    this.#attributes = window.attributes.map((attribute) => new AttributeCounter(attribute, positive));
  }

  /** Takes a key by its request, whose inputs the row has. */
  add(segment: CompactSegment, row: number, outcome: PairOutcome, isMature: boolean): void {
    for (const attribute of this.#attributes) attribute.add(segment, row, outcome, isMature);
  }

  counts(): ObservedGroups {
    const { most, unread } = this.#window;
    const empty = this.#attributes.filter((attribute) => attribute.isAbsent);
    const found = this.#attributes
      .flatMap((attribute) => (attribute.isAbsent ? [] : [...attribute.groups.values()]))
      .toSorted((a, b) => a.since - b.since || (nameOf(a) < nameOf(b) ? -1 : 1));
    return {
      groups: found.slice(0, most),
      leftOut: Math.max(0, found.length - most),
      unread: [
        ...unread,
        ...empty.map(({ name }) => ({ attribute: name, why: 'no logged request has a value of it' })),
      ],
    };
  }
}

const nameOf = ({ attribute, group }: ObservedGroup): string => JSON.stringify([attribute, group]);

class AttributeCounter {
  readonly name: string;
  readonly groups = new Map<string, ObservedGroup>();
  readonly #parts: readonly GroupNames[];
  readonly #positive: string;
  /** By part, whether any row had a value. */
  readonly #isSeen: boolean[];

  constructor({ name, parts }: GroupedAttribute, positive: string) {
    this.name = name;
    this.#parts = parts.map((part) => new GroupNames(part));
    this.#positive = positive;
    this.#isSeen = parts.map(() => false);
  }

  /** Whether there were rows, and a part without a value in any of them. */
  get isAbsent(): boolean {
    return this.groups.size > 0 && this.#isSeen.includes(false);
  }

  add(segment: CompactSegment, row: number, outcome: PairOutcome, isMature: boolean): void {
    const group = this.#groupOf(segment, row);
    const since = numberAt(segment.at, row);
    const known = this.groups.get(group) ?? { attribute: this.name, group, since, all: noKeys(), mature: noKeys() };
    this.groups.set(group, since < known.since ? { ...known, since } : known);
    count(known.all, outcome, this.#positive);
    if (isMature) count(known.mature, outcome, this.#positive);
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

const noKeys = (): GroupCohort => ({
  tpr: { labels: 0, worse: 0, better: 0 },
  fpr: { labels: 0, worse: 0, better: 0 },
  error: { labels: 0, worse: 0, better: 0 },
  missing: 0,
});

function count(cohort: GroupCohort, { champion, canary, label }: PairOutcome, positive: string): void {
  if (label === null) {
    cohort.missing += 1;
    return;
  }
  const [before, after] = [champion === positive, canary === positive];
  add(cohort.error, champion === label, canary === label);
  if (label === positive) add(cohort.tpr, before, after);
  else add(cohort.fpr, !before, !after);
}

function add(counts: GroupCohort['tpr'], championWell: boolean, canaryWell: boolean): void {
  counts.labels += 1;
  if (championWell && !canaryWell) counts.worse += 1;
  if (!championWell && canaryWell) counts.better += 1;
}
