// Fake wrangler: tells the fake platform which command ran, with the files that it was given, and fails when told to.
import { readFileSync } from 'node:fs';

const args = process.argv.slice(2);
const flagOf = (flag) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
const secretsFile = flagOf('--secrets-file');
const response = await fetch(`${process.env.CLOUDFLARE_API_BASE_URL}/fake-wrangler`, {
  method: 'POST',
  body: JSON.stringify({
    command: { deploy: 'upload', versions: 'upload-version' }[args[0]] ?? 'migrate',
    account: process.env.CLOUDFLARE_ACCOUNT_ID,
    config: readFileSync(flagOf('--config'), 'utf8'),
    variable: flagOf('--var'),
    secrets: secretsFile ? JSON.parse(readFileSync(secretsFile, 'utf8')) : {},
  }),
});
const { error } = await response.json();
if (error) console.error(error);
process.exitCode = error ? 1 : 0;
