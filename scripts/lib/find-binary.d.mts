export interface FoundBinary {
  path: string;
  version: string | null;
  /** In words, for people. */
  source: string;
}
export interface FindOptions {
  env?: NodeJS.ProcessEnv;
  /** Whether a missing program may be fetched. @default true */
  download?: boolean;
  log?: (text: string) => void;
}
export function findBinary(name: 'temporal' | 'temporal-test-server', options?: FindOptions): Promise<FoundBinary>;
