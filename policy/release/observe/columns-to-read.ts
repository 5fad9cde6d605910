import { samplingSalt } from './due-mirrors.ts';
import type { ReleaseWindow } from './release-window.ts';
import type { MoreColumns } from './log-columns.ts';

export const columnsToRead = ({
  labelSpace,
  groups,
  segments,
  scores = false,
  scoreEvents,
  values,
  mirrors,
}: Pick<
  ReleaseWindow,
  'labelSpace' | 'groups' | 'segments' | 'scores' | 'scoreEvents' | 'values' | 'mirrors'
>): MoreColumns => {
  const inputs = [
    ...(groups?.attributes.flatMap(({ parts }) => parts.map(({ column }) => column)) ?? []),
    ...(segments === undefined ? [] : [segments.part.column]),
  ];
  return {
    labelSpace,
    inputs: [...new Set(inputs)],
    scores: scores || scoreEvents !== undefined || labelSpace.kind === 'numbers',
    values: values !== undefined,
    mirrorSalt: samplingSalt(mirrors),
  };
};
