// The console as a person meets it: first sign-in, hosts, one host with its chart, events, health,
// in both languages and themes, with the mouse and with the keyboard alone. Any console error, any
// violation of the Content-Security-Policy and any finding of axe fails. Pictures of every page at
// 1280 and 390 px go to artifacts/screenshots/.
//
//   npm --prefix ui run e2e                    against `yagura up` from build/release/bin
//   YAGURA_URL=… YAGURA_USER=… YAGURA_PASSWORD=… npm --prefix ui run e2e
//   YAGURA_E2E_MOCK=1 npm --prefix ui run e2e  against the development mock (after npm run build)
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { axe, openBrowser, openVisitor, picture, settle, widths } from './lib/browser.mjs';
import { openTarget } from './lib/target.mjs';

const dictionary = (language) =>
  JSON.parse(readFileSync(new URL(`../../ui/src/i18n/${language}.json`, import.meta.url), 'utf8'));
const texts = { en: dictionary('en'), ja: dictionary('ja') };
const chosenPassword = 'lantern over the stone wall 7';
/** The agent's first report is due at once; its first chart needs two values. */
const firstDataMs = 180_000;

const { target, reason } = await openTarget();
let browser;
let password = target?.password;
let hostPath = '';
let savedState;

before(async () => {
  if (target) browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await target?.close();
});

function clean(visitor) {
  assert.deepEqual([...new Set(visitor.complaints)], []);
}

async function openSignIn(visitor) {
  visitor.expected.add(401);
  await visitor.page.goto(`${target.url}/`);
  await visitor.page.waitForSelector('input[name="user"]');
}

async function submitSignIn(page, user, secret) {
  await page.fill('input[name="user"]', user);
  await page.fill('input[name="password"]', secret);
  await page.keyboard.press('Enter');
}

/** A visitor who is already signed in, through the first one's cookies. */
async function signedIn(options) {
  return openVisitor(browser, { ...options, storageState: savedState });
}

/** The account remembers language and theme: say what this visitor wants before looking. */
async function prefer(visitor, language, theme) {
  await visitor.page.goto(`${target.url}/hosts`);
  await visitor.page.waitForSelector('main h1');
  const status = await visitor.page.evaluate(
    async (preferences) => {
      const session = await (await fetch('/api/v2/session')).json();
      const response = await fetch('/api/v2/me/preferences', {
        method: 'PUT',
        headers: {
          'Content-Type': 'application/json',
          'X-CSRF-Token': session.csrf_token,
        },
        body: JSON.stringify(preferences),
      });
      return response.status;
    },
    { language, theme, density: 'comfortable' },
  );
  assert.equal(status, 200);
}

async function noSidewaysScroll(page, what) {
  const [content, screen] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(content <= screen, `${what} is ${content} px wide on a screen of ${screen} px`);
}

describe('console', { skip: target ? false : reason, concurrency: 1 }, () => {
  test('a wrong password is refused in the reader’s language', async () => {
    for (const language of ['en', 'ja']) {
      const visitor = await openVisitor(browser, { language });
      await openSignIn(visitor);
      await submitSignIn(visitor.page, target.user, 'not the password');
      const alert = visitor.page.getByRole('alert');
      await alert.waitFor();
      const words = texts[language].problem.code['login-refused'];
      assert.match(await alert.innerText(), new RegExp(words.title.replace('.', '\\.')));
      await picture(visitor.page, `sign-in-refused-${language}`);
      assert.deepEqual(await axe(visitor.page), []);
      clean(visitor);
      await visitor.context.close();
    }
  });

  test('the first sign-in asks for a password of one’s own', async (t) => {
    const visitor = await openVisitor(browser);
    const { page } = visitor;
    await openSignIn(visitor);
    await submitSignIn(page, target.user, password);
    await Promise.race([
      page.waitForSelector('input[name="new"]'),
      page.waitForSelector('nav a[href="/hosts"]'),
    ]);
    if (await page.$('input[name="new"]')) {
      assert.deepEqual(await axe(page), []);
      await picture(page, 'password-en');
      await page.fill('input[name="current"]', password);
      await page.fill('input[name="new"]', 'short');
      await page.fill('input[name="again"]', 'short');
      visitor.expected.add(422);
      await page.click('button[type="submit"]');
      const alert = page.getByRole('alert');
      await alert.waitFor();
      assert.match(await alert.innerText(), /at least 12 characters/);
      await page.fill('input[name="new"]', chosenPassword);
      await page.fill('input[name="again"]', chosenPassword);
      await page.click('button[type="submit"]');
      await page.waitForSelector('nav a[href="/hosts"]');
      password = chosenPassword;
    } else {
      t.diagnostic('the account already has a password of its own');
    }
    savedState = await visitor.context.storageState();
    clean(visitor);
    await visitor.context.close();
  });

  test('hosts appear, and one opens by keyboard alone', async () => {
    const visitor = await signedIn();
    const { page } = visitor;
    await page.goto(`${target.url}/hosts`);
    await page.waitForSelector('tbody a[data-row="0"]', {
      timeout: firstDataMs,
    });
    await settle(page);
    await page.keyboard.press('j');
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-row') === '0');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/hosts\/\d+/);
    hostPath = new URL(page.url()).pathname;
    clean(visitor);
    await visitor.context.close();
  });

  test('the host shows modules, and a chart with points', async () => {
    const visitor = await signedIn();
    const { page } = visitor;
    await page.goto(target.url + hostPath);
    await page.waitForSelector('.uplot canvas', { timeout: firstDataMs });
    await page.getByLabel(texts.en.chart.as_table).check();
    const cells = page.locator('[role="region"] tbody tr:not([data-gap]) td + td');
    await cells.first().waitFor({ timeout: firstDataMs });
    assert.ok((await cells.count()) > 0);
    // Something is drawn: the picture is not one colour.
    const colours = await page.evaluate(() => {
      const canvas = document.querySelector('.uplot canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 0) seen.add(`${data[i] >> 4},${data[i + 1] >> 4},${data[i + 2] >> 4}`);
      }
      return seen.size;
    });
    assert.ok(colours > 3, `only ${colours} colours in the chart`);

    // A second module joins the chart, and the address remembers both.
    await page.locator('table input[type="checkbox"]:not(:checked)').first().check();
    await page.waitForURL(/[?&]m=\d+,\d+/);
    await page.reload();
    await page.waitForSelector('.uplot canvas');
    assert.equal(await page.locator('table input[type="checkbox"]:checked').count(), 2);

    // The range by preset, by button and by key.
    await page.locator('label', { hasText: texts.en.range['6h'] }).click();
    await page.waitForURL(/range=6h/);
    await page.getByRole('button', { name: texts.en.chart.zoom_in }).click();
    await page.waitForURL(/from=\d+/);
    await page.locator('[role="group"][tabindex="0"]').first().focus();
    const before = page.url();
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((url) => location.href !== url, before);
    await page.keyboard.press('0');
    await page.waitForFunction(() => !location.search.includes('from='));

    // Dragging over the chart zooms into what was marked.
    const box = await page.locator('.u-over').first().boundingBox();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + 60, { steps: 6 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+/);
    clean(visitor);
    await visitor.context.close();
  });

  test('search, filters and Back keep the list in the address', async () => {
    const visitor = await signedIn();
    const { page } = visitor;
    await page.goto(`${target.url}/hosts`);
    await page.waitForSelector('tbody a[data-row="0"]');
    await page.keyboard.press('/');
    await page.keyboard.type('ｎｏ－ｓｕｃｈ－ｈｏｓｔ');
    await page.waitForURL(/q=no-such-host/);
    await page.getByText(texts.en.hosts.none_fit).waitFor();
    assert.deepEqual(await axe(page), []);
    await picture(page, 'hosts-none-fit-en');
    await page.getByRole('button', { name: texts.en.filter.clear, exact: true }).last().click();
    await page.waitForSelector('tbody a[data-row="0"]');
    await page.getByRole('button', { name: new RegExp(`^${texts.en.status.critical}`) }).click();
    await page.waitForURL(/status=critical/);
    clean(visitor);
    await visitor.context.close();
  });

  test('help sheet, skip link, missing host, missing page', async () => {
    const visitor = await signedIn();
    const { page } = visitor;
    await page.goto(`${target.url}/hosts`);
    await page.waitForSelector('main h1');
    await page.keyboard.press('Tab');
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute('href')),
      '#content',
    );
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await settle(page);
    assert.deepEqual(await axe(page), []);
    await picture(page, 'help-en');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    visitor.expected.add(404);
    await page.goto(`${target.url}/hosts/999999999`);
    await page.getByText(texts.en.host.missing).waitFor();
    assert.deepEqual(await axe(page), []);
    await picture(page, 'host-missing-en');
    await page.goto(`${target.url}/no/such/page`);
    await page.getByText(texts.en.problem.missing_what).waitFor();
    await picture(page, 'page-missing-en');
    clean(visitor);
    await visitor.context.close();
  });

  test('language and theme are switched by the reader and remembered by the account', async () => {
    const visitor = await signedIn();
    const { page } = visitor;
    await page.goto(`${target.url}/hosts`);
    await page.getByRole('button', { name: texts.en.frame.language }).click();
    await page.getByRole('menuitem', { name: '日本語' }).click();
    await page.getByRole('heading', { level: 1, name: texts.ja.hosts.title }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'ja');
    await page.getByRole('button', { name: texts.ja.frame.theme }).click();
    await page.getByRole('menuitem', { name: texts.ja.theme.dark }).click();
    await page.waitForSelector('html[data-mantine-color-scheme="dark"]');
    await page.waitForLoadState('networkidle');
    clean(visitor);
    await visitor.context.close();

    const elsewhere = await signedIn({ language: 'en' });
    await elsewhere.page.goto(`${target.url}/hosts`);
    await elsewhere.page.getByRole('heading', { level: 1, name: texts.ja.hosts.title }).waitFor();
    await elsewhere.page.waitForSelector('html[data-mantine-color-scheme="dark"]');
    clean(elsewhere);
    await elsewhere.context.close();
  });

  for (const language of ['ja', 'en']) {
    for (const theme of ['light', 'dark']) {
      test(`every page in ${language}, ${theme}, wide and narrow`, async () => {
        const first = await signedIn();
        await prefer(first, language, theme);
        await first.context.close();
        for (const [width, size] of Object.entries(widths)) {
          const visitor = await signedIn({ language, scheme: theme, size });
          const { page } = visitor;
          const pages = {
            hosts: '/hosts',
            host: hostPath,
            events: '/events',
            health: '/health',
          };
          for (const [name, path] of Object.entries(pages)) {
            await page.goto(target.url + path);
            await page.waitForSelector(`html[lang="${language}"] main h1`);
            if (name === 'host') await page.waitForSelector('.uplot canvas');
            await settle(page);
            await picture(page, `${name}-${language}-${theme}-${size.width}`);
            assert.deepEqual(await axe(page), [], `${name}, ${width}`);
            await noSidewaysScroll(page, `${name}, ${width}`);
          }
          clean(visitor);
          await visitor.context.close();
        }
        const stranger = await openVisitor(browser, {
          language,
          scheme: theme,
        });
        await openSignIn(stranger);
        await settle(stranger.page);
        await picture(stranger.page, `sign-in-${language}-${theme}-1280`);
        assert.deepEqual(await axe(stranger.page), []);
        await stranger.page.setViewportSize(widths.narrow);
        await picture(stranger.page, `sign-in-${language}-${theme}-390`);
        await noSidewaysScroll(stranger.page, 'sign-in');
        clean(stranger);
        await stranger.context.close();
      });
    }
  }

  test('200 % zoom and print', async () => {
    // 1280 px at 200 % are 640 px of layout.
    const visitor = await signedIn({
      size: { width: 640, height: 430 },
      deviceScaleFactor: 2,
    });
    await prefer(visitor, 'en', 'light');
    for (const path of ['/hosts', hostPath, '/events', '/health']) {
      await visitor.page.goto(target.url + path);
      await visitor.page.waitForSelector('main h1');
      await settle(visitor.page);
      await noSidewaysScroll(visitor.page, `${path} at 200 %`);
    }
    await visitor.page.emulateMedia({ media: 'print' });
    await visitor.page.goto(target.url + hostPath);
    await visitor.page.waitForSelector('main h1');
    await settle(visitor.page);
    assert.equal(await visitor.page.locator('nav').first().isVisible(), false);
    await picture(visitor.page, 'host-print-en', { full: true });
    clean(visitor);
    await visitor.context.close();
  });

  test('without the console a banner says so, and goes when it is back', async () => {
    const visitor = await signedIn();
    const { page } = visitor;
    visitor.expected.add(0);
    await page.goto(`${target.url}/health`);
    await page.waitForSelector('main h1');
    await settle(page);
    // The other pages are fetched in quiet moments, so that they open without the console too.
    await page.waitForFunction(() =>
      performance
        .getEntriesByType('resource')
        .some((e) => /\/assets\/events-.*css/.test(e.name)),
    );
    await page.waitForLoadState('networkidle');
    await visitor.context.setOffline(true);
    await page.locator('nav a[href="/events"]').first().click();
    const banner = page.getByText(texts.en.connection.lost);
    await banner.waitFor({ timeout: 20_000 });
    await picture(page, 'offline-en');
    assert.deepEqual(await axe(page), []);
    await visitor.context.setOffline(false);
    await page.getByRole('button', { name: texts.en.connection.retry }).click();
    await banner.waitFor({ state: 'detached' });
    clean(visitor);
    await visitor.context.close();
  });

  test('signing out ends the session for this browser', async () => {
    const visitor = await openVisitor(browser);
    const { page } = visitor;
    await openSignIn(visitor);
    await submitSignIn(page, target.user, password);
    await page.waitForSelector('nav a[href="/hosts"]');
    await page.locator('header button').last().click();
    await page.getByRole('menuitem', { name: texts.en.frame.sign_out }).click();
    await page.waitForSelector('input[name="user"]');
    await page.goto(`${target.url}/events`);
    await page.waitForURL(/\/sign-in\?next=/);
    // After signing in again the reader is where the link led.
    await submitSignIn(page, target.user, password);
    await page.waitForURL(/\/events$/);
    clean(visitor);
    await visitor.context.close();
  });
});
