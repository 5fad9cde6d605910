import type { StoreDifference } from '../contracts/store-difference.ts';

/** The heading of everything that is shown of a model whose documents were changed; nothing where none was. */
export const whatDiffers = (model: string, differences: readonly StoreDifference[]): string[] =>
  differences.length === 0
    ? []
    : [
        [
          `CHANGED IN THE STORE: what is shown may not be what was decided; \`pawl verify ${model}\` looks at all of it`,
          ...differences.map(({ what, why }) => `  ${what}: ${why}`),
        ].join('\n'),
      ];
