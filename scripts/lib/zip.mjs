import { inflateRawSync } from 'node:zlib';

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localEntry = 0x04034b50;
const methods = { stored: 0, deflated: 8 };
const longestComment = 0xffff;

/** The names in a zip file. Throws for bytes that are none, and for the 64-bit form. */
export const listZip = (bytes) => [...entries(bytes)].map(({ name }) => name);

/** The bytes of one entry. Throws where it is missing, broken, or packed in another way than stored or deflated. */
export function readZip(bytes, name) {
  for (const entry of entries(bytes)) if (entry.name === name) return unpack(bytes, entry);
  throw new Error(`the archive has no "${name}"`);
}

function* entries(bytes) {
  const end = findEnd(bytes);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff)
    throw new Error('the archive is in the 64-bit form, which this reader does not know');
  for (let index = 0; index < count; index += 1) {
    if (bytes.readUInt32LE(at) !== directoryEntry) throw new Error('the archive is broken: its directory ends early');
    const nameLength = bytes.readUInt16LE(at + 28);
    yield {
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
      method: bytes.readUInt16LE(at + 10),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
    };
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
}

function findEnd(bytes) {
  const first = Math.max(0, bytes.length - 22 - longestComment);
  for (let at = bytes.length - 22; at >= first; at -= 1) if (bytes.readUInt32LE(at) === endOfDirectory) return at;
  throw new Error('these bytes are not a zip archive');
}

function unpack(bytes, { name, method, packed, size, offset }) {
  if (bytes.readUInt32LE(offset) !== localEntry) throw new Error(`the archive is broken at "${name}"`);
  const start = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  const content = bytes.subarray(start, start + packed);
  if (method !== methods.stored && method !== methods.deflated)
    throw new Error(`"${name}" is packed by method ${method}, which this reader does not know`);
  const unpacked = method === methods.stored ? content : inflateRawSync(content);
  if (unpacked.length !== size) throw new Error(`"${name}" has ${unpacked.length} bytes, its directory says ${size}`);
  return unpacked;
}
