import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { openInference } from '../../../ports/inference/open-inference.ts';

/** Plain serving, as a careful user of Node writes it: no split, no metrics, no log. `plain-node.ts <model> <port>` */
const [file = '', port = ''] = process.argv.slice(2);
const model = await openInference().load(await readFile(file));

interface Body {
  readonly inputs: readonly [{ readonly shape: number[]; readonly data: number[] }];
}

createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const [{ shape, data }] = (JSON.parse(Buffer.concat(parts).toString()) as Body).inputs;
    void model.run({ x: { type: 'float32', shape, data: Float32Array.from(data) } }).then((outputs) => {
      const tensors = Object.entries(outputs).map(([name, tensor]) => ({
        name,
        datatype: tensor.type === 'int64' ? 'INT64' : 'FP32',
        shape: tensor.shape,
        data: Array.from(tensor.data as ArrayLike<number | bigint>, Number),
      }));
      const text = JSON.stringify({ model_name: 'dense', outputs: tensors });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    });
  });
}).listen(Number(port), '127.0.0.1');
