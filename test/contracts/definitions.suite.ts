import { isAbsolute } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Definitions } from '../../ports/definitions/port.ts';

export interface DefinitionsUnderTest {
  readonly definitions: Definitions;
  /** Writes a definition, in place of one of the same name. */
  writeModel(name: string, definition: object): Promise<void>;
  writeDataset(name: string, definition: object): Promise<void>;
  close(): Promise<void>;
}

const dataset = {
  dataset: 'tiny',
  source: 'rows.csv',
  licence: 'none',
  provenance: 'made up',
  key: 'id',
  target: 'y',
  columns: {
    id: { type: 'integer', kind: 'key' },
    x: { type: 'number', kind: 'numeric' },
    y: { type: 'integer', kind: 'target' },
  },
};
const model = { model: 'tiny', dataset: 'tiny', features: ['x'] };

/** What all definitions must do. */
export function definitionsSuite(name: string, start: () => Promise<DefinitionsUnderTest>): void {
  describe(`definitions: ${name}`, () => {
    let subject: DefinitionsUnderTest;
    let definitions: Definitions;
    beforeAll(async () => {
      subject = await start();
      ({ definitions } = subject);
      await subject.writeDataset('tiny', dataset);
      await subject.writeModel('tiny', model);
    });
    afterAll(() => subject.close());

    test('are read with their defaults, and equal at each call', async () => {
      const read = await definitions.model('tiny');
      expect(read).toMatchObject({ features: ['x'], seed: 1, split: { by: 'hash' } });
      expect(await definitions.model('tiny')).toEqual(read);
      expect(await definitions.datasetOf(read)).toEqual(await definitions.datasetOf(read));
    });

    test('name a source by an absolute path, or by its URL', async () => {
      const read = await definitions.model('tiny');
      const { source } = await definitions.datasetOf(read);
      expect(source).toMatch(/rows\.csv$/);
      expect(isAbsolute(source)).toBe(true);
      const remote = 's3://bucket/rows.csv';
      await subject.writeDataset('remote', { ...dataset, dataset: 'remote', source: remote });
      expect((await definitions.datasetOf({ ...read, dataset: 'remote' })).source).toBe(remote);
    });

    test('are seen as they are at the next call, in the order of their names', async () => {
      await subject.writeModel('later', { ...model, model: 'later' });
      await subject.writeModel('b', { ...model, model: 'b' });
      expect(await definitions.models()).toEqual(['b', 'later', 'tiny']);
      await subject.writeModel('later', { ...model, model: 'later', threshold: 0.7 });
      expect((await definitions.model('later')).threshold).toBe(0.7);
    });

    test('that are not there are named, as a rejection', async () => {
      await expect(definitions.model('none')).rejects.toMatchObject({
        type: 'UnknownModelError',
        details: { model: 'none' },
      });
      const read = await definitions.model('tiny');
      await expect(definitions.datasetOf({ ...read, dataset: 'none' })).rejects.toMatchObject({
        type: 'UnknownDatasetError',
        details: { dataset: 'none' },
      });
    });

    test('that are wrong are refused, and no others with them', async () => {
      await subject.writeModel('wrong', { ...model, model: 'wrong', features: ['no such column'] });
      await subject.writeDataset('wrong', { ...dataset, dataset: 'wrong', key: 'no such column' });
      const refused = { type: 'InvalidConfigError' };
      await subject.writeModel('empty', { ...model, model: 'empty', features: [] });
      await expect(definitions.model('empty')).rejects.toThrow('features is empty: list the columns');
      await subject.writeModel('homeless', { model: 'homeless', features: ['x'] });
      await expect(definitions.model('homeless')).rejects.toThrow(/dataset is missing: name the folder .*"tensors"/);
      await expect(definitions.model('wrong')).rejects.toMatchObject(refused);
      const read = await definitions.model('tiny');
      await expect(definitions.datasetOf({ ...read, dataset: 'wrong' })).rejects.toMatchObject(refused);
      expect((await definitions.model('tiny')).model).toBe('tiny');
    });
  });
}
