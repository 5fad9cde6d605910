/** Imported first by every script: an old Node would otherwise end in a syntax error of some dependency. */
const least = [20, 19];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < least[0] || (major === least[0] && minor < least[1])) {
  process.stderr.write(
    `Pawl needs Node ${least.join('.')} or newer; this is ${process.version}. Install a newer one (https://nodejs.org) and start again.\n`,
  );
  process.exit(1);
}
