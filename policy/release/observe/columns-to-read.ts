import { samplingSalt } from './due-mirrors.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { MoreColumns } from './log-columns.ts';

export const columnsToRead = ({
  classes,
  groups,
  segments,
  scores = false,
  scoreEvents,
  values,
  mirrors,
}: Pick<
  ReleaseWindow,
  'classes' | 'groups' | 'segments' | 'scores' | 'scoreEvents' | 'values' | 'mirrors'
>): MoreColumns => {
  const inputs = [
    ...(groups?.attributes.flatMap(({ parts }) => parts.map(({ column }) => column)) ?? []),
    ...(segments === undefined ? [] : [segments.part.column]),
  ];
  return {
    classes,
    inputs: [...new Set(inputs)],
    scores: scores || scoreEvents !== undefined,
    values: values !== undefined,
    mirrorSalt: samplingSalt(mirrors),
  };
};
