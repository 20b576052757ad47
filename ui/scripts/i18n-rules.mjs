// The rules by which two dictionaries (flat: key -> text) are compared.

export const pluralSuffix = /_(zero|one|two|few|many|other)$/;

/** Readable lines, one per mistake. `isUsed` tells whether the source uses a key (without plural). */
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
