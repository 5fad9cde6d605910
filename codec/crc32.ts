/** Eight tables of 256, so that eight bytes take one step ("slicing by 8"). */
const tables = createTables();

function createTables(): Int32Array {
  const made = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xedb88320;
    made[byte] = crc;
  }
  for (let i = 256; i < made.length; i += 1) {
    const before = made[i - 256] ?? 0;
    made[i] = (before >>> 8) ^ (made[before & 0xff] ?? 0);
  }
  return made;
}

/** CRC-32 of the bytes from `begin` to before `end`, as zlib, gzip and PNG have it (ISO-HDLC); 0 to 2^32 - 1. */
export function crc32(bytes: DataView, begin = 0, end = bytes.byteLength): number {
  const t = tables;
  let crc = -1;
  let i = begin;
  for (const whole = end - 7; i < whole; i += 8) {
    const low = crc ^ bytes.getInt32(i, true);
    const high = bytes.getInt32(i + 4, true);
    crc =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + (high & 0xff)]! ^
      t[512 + ((high >>> 8) & 0xff)]! ^
      t[256 + ((high >>> 16) & 0xff)]! ^
      t[high >>> 24]!;
  }
  for (; i < end; i += 1) crc = (crc >>> 8) ^ t[(crc ^ bytes.getUint8(i)) & 0xff]!;
  return ~crc >>> 0;
}
