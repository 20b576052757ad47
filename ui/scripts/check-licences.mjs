// Every package of the lock file must have a licence that may be combined with AGPL-3.0 (or, for
// tools that are not shipped, used to build it).
import { readFileSync } from 'node:fs';

const allowed = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'MPL-2.0',
  'Unlicense',
  'BlueOak-1.0.0',
  'Python-2.0',
  'CC-BY-4.0',
  'CC0-1.0',
]);
const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const refused = [];
let count = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  if (path === '') continue;
  count += 1;
  const words = String(entry.licence ?? entry.license ?? 'none')
    .replace(/[()]/g, '')
    .split(' OR ');
  if (!words.some((word) => allowed.has(word))) refused.push(`${path}: ${words.join(' OR ')}`);
}
if (refused.length > 0) {
  console.error(refused.join('\n'));
  process.exit(1);
}
console.log(`licences: ${count} packages, all compatible`);
