// Compares the dictionaries with each other and with the source: a key missing in one language, a
// placeholder that differs, or a key that nothing uses fails the build. Keys used with a code from
// the server (`problem.code.*`, `event.*` …) are declared in `byCode`.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findMistakes, pluralSuffix } from './i18n-rules.mjs';

const root = fileURLToPath(new URL('../src/', import.meta.url));
const byCode = [
  'problem.code.',
  'problem.field.',
  'event.',
  'check.',
  'quarantine.',
  'reason.',
  'missing.',
  'link.',
];

const flatten = (node, prefix = '', out = {}) => {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value === 'string') out[prefix + key] = value;
    else flatten(value, `${prefix}${key}.`, out);
  }
  return out;
};
const load = (language) =>
  flatten(JSON.parse(readFileSync(`${root}i18n/${language}.json`, 'utf8')));

const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
  .map((name) => readFileSync(root + name, 'utf8'));
const text = sources.join('\n');

const literals = new Set(
  [...text.matchAll(/'([a-z0-9_]+(?:\.[A-Za-z0-9_-]+)+)'/g)].map((m) => m[1]),
);
// `status.${status}` uses every key of that shape.
const templates = [
  ...text.matchAll(/`([a-z0-9_]+(?:\.[a-z0-9_]*)*(?:\$\{[^}]*\}[a-z0-9_.]*)+)`/g),
].map(
  (m) => new RegExp(`^${m[1].replace(/\./g, '\\.').replace(/\$\{[^}]*\}/g, '[A-Za-z0-9_-]+')}$`),
);

const used = (key) =>
  literals.has(key) ||
  byCode.some((prefix) => key.startsWith(prefix)) ||
  templates.some((template) => template.test(key));

const mistakes = findMistakes(load('ja'), load('en'), used);
for (const literal of literals) {
  const known = load('en');
  const group = literal.split('.')[0];
  const isKey = Object.keys(known).some((key) => key.startsWith(`${group}.`));
  const present = Object.keys(known).some(
    (key) => key.replace(pluralSuffix, '') === literal || key === literal,
  );
  if (isKey && !present) mistakes.push(`no text for ${literal}`);
}
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
console.log(
  `i18n: ${Object.keys(load('en')).length} texts in English, ${Object.keys(load('ja')).length} in Japanese`,
);
