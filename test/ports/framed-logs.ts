import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FrameWriter } from '../../codec/log-frame-writer.ts';
import type { LogEntry, LogRow } from '../../contracts/serving/prediction-log.ts';
import { inputsOf, prediction, since } from './log-entries.ts';

export function framesOf(entries: readonly LogEntry[]): Uint8Array {
  const writer = new FrameWriter();
  for (const entry of entries) writer.append(entry);
  return writer.take();
}

/** Writes entries as a segment that no sealer has seen yet; its path. */
export async function writeFramed(folder: string, name: string, entries: readonly LogEntry[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, framesOf(entries));
  return path;
}

export async function readRows(path: string): Promise<LogRow[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`select * from read_parquet('${path}')`);
    return reader.getRowObjectsJS() as unknown as LogRow[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Requests one millisecond apart. */
export const manyRequests = (count: number): LogEntry[] =>
  Array.from({ length: count }, (_, i) =>
    prediction(`request-${i}`, { at: since + i, label: i % 2, inputs: inputsOf({ age: i % 90, sector: `s${i % 7}` }) }),
  );
