import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

/** Options of `copy` for the form that the ending of a file's name says. Throws `InvalidRequestError`. */
export function formOf(target: string): string {
  const name = target.toLowerCase();
  const gzip = name.endsWith('.gz') ? ', compression gzip' : '';
  if (/\.(parquet|pq)$/.test(name)) return 'format parquet, compression zstd';
  if (/\.csv(\.gz)?$/.test(name)) return `format csv, header${gzip}`;
  if (/\.tsv(\.gz)?$/.test(name)) return `format csv, header, delimiter '\t'${gzip}`;
  if (/\.(ndjson|jsonl)(\.gz)?$/.test(name)) return `format json${gzip}`;
  throw new PawlError(
    errorTypes.invalidRequest,
    `${target} is of an unknown kind: name a file that ends in .parquet, .csv, .tsv, .ndjson or .jsonl`,
    { target },
  );
}
