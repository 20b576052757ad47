// Compares the dictionaries with each other and with the source: a key missing in one language, a
// placeholder that differs, or a key that nothing uses fails the build. Keys used with a code from
// the server (`problem.code.*`, `event.*` …) are declared in `byCode`.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

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
const pluralSuffix = /_(zero|one|two|few|many|other)$/;

const flatten = (node, prefix = '', out = {}) => {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value === 'string') out[prefix + key] = value;
    else flatten(value, `${prefix}${key}.`, out);
  }
  return out;
};
const load = (language) => flatten(JSON.parse(readFileSync(`${root}i18n/${language}.json`, 'utf8')));

const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
  .map((name) => readFileSync(root + name, 'utf8'));
const text = sources.join('\n');

const literals = new Set([...text.matchAll(/'([a-z0-9_]+(?:\.[A-Za-z0-9_-]+)+)'/g)].map((m) => m[1]));
// `status.${status}` uses every key of that shape.
const templates = [...text.matchAll(/`([a-z0-9_]+(?:\.[a-z0-9_]*)*(?:\$\{[^}]*\}[a-z0-9_.]*)+)`/g)].map(
  (m) => new RegExp(`^${m[1].replace(/\./g, '\\.').replace(/\$\{[^}]*\}/g, '[A-Za-z0-9_-]+')}$`),
);

export function findMistakes(ja, en, isUsed) {
  const mistakes = [];
  const stem = (key) => key.replace(pluralSuffix, '');
  const stems = (dictionary) => new Set(Object.keys(dictionary).map(stem));
  const inJa = stems(ja);
  const inEn = stems(en);
  for (const key of inJa) if (!inEn.has(key)) mistakes.push(`en.json lacks ${key}`);
  for (const key of inEn) if (!inJa.has(key)) mistakes.push(`ja.json lacks ${key}`);
  for (const key of inEn) if (!isUsed(key)) mistakes.push(`nothing uses ${key}`);
  const holes = (value) => [...value.matchAll(/\{\{(\w+)/g)].map((m) => m[1]);
  for (const [key, value] of [...Object.entries(ja), ...Object.entries(en)]) {
    if (value.trim() === '') mistakes.push(`empty text at ${key}`);
  }
  for (const key of inEn) {
    const union = (dictionary) =>
      [
        ...new Set(
          Object.entries(dictionary)
            .filter(([k]) => stem(k) === key)
            .flatMap(([, v]) => holes(v)),
        ),
      ]
        // `count` chooses the plural and need not be printed.
        .filter((hole) => hole !== 'count')
        .sort()
        .join();
    if (inJa.has(key) && union(ja) !== union(en)) mistakes.push(`placeholders differ at ${key}`);
  }
  return mistakes;
}

const used = (key) =>
  literals.has(key) ||
  byCode.some((prefix) => key.startsWith(prefix)) ||
  templates.some((template) => template.test(key));

const mistakes = findMistakes(load('ja'), load('en'), used);
for (const literal of literals) {
  const known = load('en');
  const group = literal.split('.')[0];
  const isKey = Object.keys(known).some((key) => key.startsWith(`${group}.`));
  const present = Object.keys(known).some((key) => key.replace(pluralSuffix, '') === literal || key === literal);
  if (isKey && !present) mistakes.push(`no text for ${literal}`);
}
if (mistakes.length > 0) {
  console.error(mistakes.join('\n'));
  process.exit(1);
}
console.log(`i18n: ${Object.keys(load('en')).length} texts in English, ${Object.keys(load('ja')).length} in Japanese`);
