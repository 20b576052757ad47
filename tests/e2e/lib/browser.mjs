// A browser that complains: every console error, page error, refused request and violation of the
// Content-Security-Policy is remembered and fails the test that asks.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const fromUi = createRequire(new URL('../../../ui/package.json', import.meta.url));
const { chromium } = fromUi('playwright-core');
const axeSource = readFileSync(fromUi.resolve('axe-core/axe.min.js'), 'utf8');

export const screenshots =
  process.env.YAGURA_SCREENSHOTS ??
  fileURLToPath(new URL('../../../artifacts/screenshots/', import.meta.url));

export const widths = {
  wide: { width: 1280, height: 860 },
  narrow: { width: 390, height: 844 },
};

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.YAGURA_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--no-default-browser-check',
      '--disable-gpu',
    ],
  });
}

/**
 * One visitor: a context of its own with language, theme and size. `visitor.complaints` collects
 * what went wrong; answers whose status is in `expected` (a refused sign-in, say) are no complaint.
 */
export async function openVisitor(browser, options = {}) {
  const { language = 'en', scheme = 'light', size = widths.wide, ...rest } = options;
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: language === 'ja' ? 'ja-JP' : 'en-GB',
    timezoneId: 'Asia/Tokyo',
    colorScheme: scheme,
    viewport: size,
    reducedMotion: 'reduce',
    ...rest,
  });
  const page = await context.newPage();
  const visitor = { context, page, complaints: [], expected: new Set() };
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const status = /status of (\d{3})/.exec(message.text())?.[1];
    if (status && visitor.expected.has(Number(status))) return;
    if (/ERR_(CONNECTION|INTERNET|NETWORK)/.test(message.text()) && visitor.expected.has(0)) return;
    visitor.complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => visitor.complaints.push(`page error: ${error.message}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(
        `CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
      );
    });
  });
  return visitor;
}

/** Violations of the rules of WCAG 2.2 A and AA, and of good practice, as readable lines. */
export async function axe(page) {
  // Evaluated through the protocol, not as a script element: the page's own policy stays in force.
  if (!(await page.evaluate('typeof window.axe !== "undefined"'))) await page.evaluate(axeSource);
  const result = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return result.violations.flatMap((violation) =>
    violation.nodes.map(
      (node) =>
        `${violation.id}: ${node.target.join(' ')} ${node.failureSummary?.replace(/\s+/g, ' ') ?? ''}`,
    ),
  );
}

export async function picture(page, name, { full = false } = {}) {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: full });
}

/** Waits until nothing is loading and the pictures are drawn. */
export async function settle(page) {
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.waitForFunction(
    () => !document.querySelector('main [role="status"] [class*="bar"]'),
    undefined,
    { timeout: 15_000 },
  );
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
}
