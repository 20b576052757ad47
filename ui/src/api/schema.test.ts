import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

const here = (path: string) => new URL(path, import.meta.url);

it('the generated types belong to openapi.json', async () => {
  const ast = await openapiTS(
    JSON.parse(readFileSync(fileURLToPath(here('../../openapi.json')), 'utf8')),
  );
  const stored = readFileSync(fileURLToPath(here('./schema.gen.ts')), 'utf8');
  // The command line puts a comment in front.
  expect(stored).toContain(astToString(ast).trim());
});
