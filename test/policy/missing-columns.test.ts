import { expect, test } from 'vitest';
import { judgeData } from '../../policy/gates/data.ts';
import { facts, withColumn } from './data-facts.ts';

test.each(['agep', ' AGEP ', 'AGE'])(
  'a column that is missing is named with the one that may be meant: "%s"',
  (name) => {
    const { profile: lacking } = withColumn('AGEP', { foundType: null });
    const { checks } = judgeData({ ...facts, profile: { ...lacking, unexpectedColumns: ['x', name] } });
    expect(checks.find((check) => check.name === 'AGEP.present')?.message).toBe(
      `AGEP: the column is missing in the file, which has "${name}": names count as they are written, rename one`,
    );
  },
);
