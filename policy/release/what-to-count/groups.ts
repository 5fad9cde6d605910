import type { DatasetDefinition, SensitiveAttribute } from '../../../contracts/data/dataset.ts';
import type { UnreadAttribute } from '../../../contracts/evidence/groups.ts';
import { ruleOf } from '../../../contracts/data/cell.ts';
import type { GroupedAttribute, GroupWindow, LoggedAttribute } from '../../../contracts/release/group-window.ts';
import type { ModelDefinition } from '../../../contracts/model/model-definition.ts';
import { pairSeparator } from '../../../ml/fairness/groups.ts';
import { askedCounts } from './answers.ts';

/**
 * The attributes of the model's `fairness.attributes` that the prediction log can tell, and why not the others. A hashed
 * input makes groups by its hash, unless it is in bands. Null where the release policy judges no groups.
 */
export function groupsToRead(
  definition: Pick<ModelDefinition, 'features' | 'fairness' | 'release' | 'serving'>,
  dataset: Pick<DatasetDefinition, 'sensitive' | 'columns'>,
): GroupWindow | null {
  const { groups } = askedCounts(definition.release);
  if (groups === undefined) return null;
  const attributes: GroupedAttribute[] = [];
  const unread: UnreadAttribute[] = [];
  for (const name of Object.keys(definition.fairness.attributes)) {
    const columns = name.split(pairSeparator);
    const why = columns.flatMap((column) => whyUnread(column, definition, dataset) ?? []);
    if (why.length > 0) unread.push({ attribute: name, why: why.join('; ') });
    else attributes.push({ name, parts: columns.flatMap((column) => partOf(column, definition, dataset)) });
  }
  return { attributes, most: groups.most, unread };
}

/** A hash is a text, also where a number was hashed. */
function partOf(
  column: string,
  { serving: { log } }: Pick<ModelDefinition, 'serving'>,
  { sensitive, columns }: Pick<DatasetDefinition, 'sensitive' | 'columns'>,
): LoggedAttribute[] {
  const [attribute, rule] = [sensitive.find(isNamed(column)), columns[column]];
  if (attribute === undefined) return [];
  return [rule === undefined || log.hash.includes(column) ? attribute : { ...attribute, rule: ruleOf(rule) }];
}

const isNamed =
  (name: string) =>
  ({ column }: SensitiveAttribute): boolean =>
    column === name;

function whyUnread(
  column: string,
  { features, serving: { log } }: Pick<ModelDefinition, 'features' | 'serving'>,
  { sensitive }: Pick<DatasetDefinition, 'sensitive'>,
): string | null {
  const attribute = sensitive.find(isNamed(column));
  if (attribute === undefined) return `${column} is not sensitive in the dataset definition`;
  if (!features.includes(column)) return `${column} is not an input of the model`;
  if (log.drop.includes(column)) return `${column} is dropped from the log`;
  if (log.hash.includes(column) && attribute.bands !== undefined)
    return `${column} is in bands, and its values are hashed in the log`;
  return null;
}
