import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../config/source-tree.ts';

/**
 * Draws the release of a report as `docs/release.svg`, for the README: `npx tsx scripts/release-picture.ts report-run-3.html`. The picture holds
 * the report's own markup and style.
 */
const [path = ''] = process.argv.slice(2);
const page = await readFile(path, 'utf8');
const style = /<style>([^]*?)<\/style>/.exec(page)?.[1];
const release = /<section id="release"[^]*?<\/table>/.exec(page)?.[0];
if (style === undefined || release === undefined) throw new Error(`${path} is not the report of a run with a release`);
const open = '</div></section>';
// In a picture, drawings name their language.
const drawn = release.replaceAll('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ');
const [width, height] = [960, 960];
await writeFile(
  join(packageRoot, 'docs/release.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<foreignObject width="100%" height="100%">
<body xmlns="http://www.w3.org/1999/xhtml"><style>${style}</style>
<main>${drawn}${open}</main>
</body>
</foreignObject>
</svg>
`,
);
