// What the Content-Security-Policy forbids must not be in the build: inline scripts, inline styles,
// event handler attributes, eval. Prints the sizes of what the browser loads.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const mistakes = [];
const page = readFileSync(`${dist}index.html`, 'utf8');
if (/<script(?![^>]*\bsrc=)[^>]*>/.test(page)) mistakes.push('index.html has an inline script');
if (/<style|\sstyle=|\son[a-z]+=/.test(page))
  mistakes.push('index.html has an inline style or handler');
if (!page.includes('<meta name="csp-nonce" content="__CSP_NONCE__"')) {
  mistakes.push('index.html has lost the place of the nonce');
}

let total = 0;
const rows = [];
for (const name of readdirSync(`${dist}assets`)) {
  const body = readFileSync(`${dist}assets/${name}`);
  if (!/-[\w-]{8}\.\w+$/.test(name)) mistakes.push(`${name} has no hash in its name`);
  if (name.endsWith('.js')) {
    const text = body.toString('utf8');
    if (/\beval\s*\(|\bnew Function\s*\(/.test(text)) mistakes.push(`${name} uses eval`);
  }
  const packed = gzipSync(body, { level: 9 }).length;
  total += packed;
  rows.push([name, body.length, packed]);
}
rows.sort((a, b) => b[2] - a[2]);
for (const [name, raw, packed] of rows.slice(0, 12)) {
  console.log(
    `${name.padEnd(44)} ${(raw / 1000).toFixed(1).padStart(8)} kB  gzip ${(packed / 1000).toFixed(1).padStart(7)} kB`,
  );
}
console.log(`all ${rows.length} files: gzip ${(total / 1000).toFixed(1)} kB`);
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
