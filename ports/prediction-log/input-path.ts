/** Path of an input of any name in the column `inputs`: a JSON pointer. */
export const inputPath = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
