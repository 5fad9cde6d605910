import { pathToFileURL } from 'node:url';

/** A process that runs one `pawl` command after the other, each with its own environment and folder, so that what it imported stays. */
const { runCli } = await import(pathToFileURL(process.argv[2]).href);
process.umask(0o077);
process.on('disconnect', () => process.exit());

const textOf = (part) => (typeof part === 'string' ? part : Buffer.from(part).toString());

process.on('message', async ({ args, env, cwd }) => {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'])
    process[stream].write = (part, encoding, done) => {
      printed[stream] += textOf(part);
      (typeof encoding === 'function' ? encoding : done)?.();
      return true;
    };
  const code = await runCli(args);
  process.send({ code, ...printed });
});
process.send('ready');
