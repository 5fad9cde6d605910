import { describedVersion } from './described-version.ts';
import type { DescribedInputs } from './column-schema.ts';
import { escaped } from './escaped.ts';

/** A page for people: the model's columns, how to ask, and a form to try it. Needs nothing from elsewhere. In parts. */
export async function modelPage(model: string, version: number, described: DescribedInputs): Promise<Buffer[]> {
  const { readable, table } = await describedVersion(described);
  const [head, middle, tail] = partsOf(model, version);
  return [Buffer.from(head), readable, Buffer.from(middle), table, Buffer.from(tail)];
}

/** What comes before, between and behind the example and the rows of the columns. */
function partsOf(model: string, version: number): [string, string, string] {
  const path = `/predict/${encodeURIComponent(model)}`;
  const head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(model)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
textarea { width: 100%; min-height: 12rem; box-sizing: border-box; }
textarea, pre { font: 14px/1.4 ui-monospace, monospace; }
pre { background: #f4f4f4; padding: .75rem; overflow: auto; }
table { border-collapse: collapse; }
code { overflow-wrap: anywhere; }
td, th { border-bottom: 1px solid #ddd; padding: .2rem 1.5rem .2rem 0; text-align: left; }
button { font: inherit; padding: .3rem 1.2rem; margin: .5rem 0; }
</style>
</head>
<body>
<h1>${escaped(model)}</h1>
<p>Version ${version} answers now. <a href="${path}/openapi.json">OpenAPI</a></p>
<h2>Try it</h2>
<form>
<label for="record">One record, or a list of them</label>
<textarea id="record" spellcheck="false">`;
  const middle = `</textarea>
<button>Predict</button>
</form>
<pre id="answer" aria-live="polite">The answer appears here.</pre>
<h2>Columns</h2>
<table><tr><th>column</th><th>type</th><th>takes (JSON schema)</th></tr>
`;
  const tail = `
</table>
<h2>From a shell</h2>
<pre id="shell"></pre>
<script>
const field = document.querySelector('#record');
const shell = () => {
  let record = field.value;
  try { record = JSON.stringify(JSON.parse(record)); } catch {}
  document.querySelector('#shell').textContent =
    "curl -d '" + record.replaceAll("'", "'\\\\''") + "' " + location.origin + '${path}';
};
field.addEventListener('input', shell);
shell();
document.querySelector('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const answer = document.querySelector('#answer');
  try {
    const response = await fetch('${path}', { method: 'POST', body: field.value });
    answer.textContent = JSON.stringify(await response.json(), null, 2);
  } catch (error) {
    answer.textContent = String(error);
  }
});
</script>
</body>
</html>
`;
  return [head, middle, tail];
}
