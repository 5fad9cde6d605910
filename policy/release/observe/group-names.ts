import { codeOf } from '../../../contracts/data/cell.ts';
import type { LoggedAttribute } from '../../../contracts/release/group-window.ts';
import { groupsOf, missingGroup } from '../../../ml/fairness/groups.ts';
import type { CompactSegment } from './log-columns.ts';

/** The group that a logged input puts a row in, as the fairness audit names groups. */
export class GroupNames {
  readonly #part: LoggedAttribute;
  /** By number of a text; segments that were read together share their texts. */
  readonly #names = new WeakMap<readonly string[], string[]>();

  constructor(part: LoggedAttribute) {
    this.#part = part;
  }

  nameAt(segment: CompactSegment, row: number): string {
    return this.of(segment.texts)[segment.inputs.get(this.#part.column)?.[row] ?? -1] ?? missingGroup;
  }

  /** By the number of a text. */
  of(texts: readonly string[]): readonly string[] {
    const known = this.#names.get(texts);
    if (known !== undefined) return known;
    const { column, rule } = this.#part;
    const values = rule === undefined ? [...texts] : texts.map((text) => codeOf(text, rule));
    const columns = { [column]: { type: 'string', values } } as const;
    const { names, index } = groupsOf({ rowCount: texts.length, columns }, this.#part);
    const made = texts.map((_, i) => names[index[i] ?? -1] ?? missingGroup);
    this.#names.set(texts, made);
    return made;
  }
}
