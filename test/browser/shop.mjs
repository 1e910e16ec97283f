// A walk through the shop as a customer takes it: registration, basket, checkout, orders, settings, a second browser,
// logout. Once with JavaScript and once without, as no page may need it.
//
//   node shop.mjs URL SCREENSHOTS

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [, , url, screenshots] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const password = 'a reef of quiet otters';
const newPassword = 'nine lanterns in the fog';

const looks = [320, 390, 1280].flatMap((width) => ['light', 'dark'].map((colorScheme) => ({ width, colorScheme })));

/** A browser window of its own, with nobody's cookies, that fails the walk when a page complains. */
async function openWindow(browser, options) {
    // Without motion, or a picture may catch a colour on its way.
    const context = await browser.newContext({ baseURL: url, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    const complaints = [];
    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure().errorText}`));
    return { page, complaints };
}

/** Looks at the page in all widths and colours: a picture of each, and what axe finds. */
async function inspect({ page }, name) {
    for (const { width, colorScheme } of looks) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(overflow <= 0, `${name} is ${overflow} px wider than a window of ${width}`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run());
        const found = violations.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.map((n) => n.html).join('\n  ')}`);
        assert.deepEqual(found, [], `${name}, ${width} px, ${colorScheme}`);
    }
}

async function see(page, heading, path) {
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    assert.equal(await page.title(), `Cookieshop | ${heading}`);
    if (path) assert.match(new URL(page.url()).pathname, path);
}

async function register(page, email) {
    await page.goto('/register');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Password Confirmation').fill(password);
    await page.getByRole('button', { name: 'Sign Up' }).click();
    await see(page, 'Cookies');
    await page.getByText(`Logged in as ${email}.`).waitFor();
}

async function login(page, email, secret) {
    await page.goto('/login');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill(secret);
    await page.getByRole('button', { name: 'Login' }).click();
}

/** No mouse: from the address bar to the shop with Tab, letters and Enter. */
async function loginByKeyboard(page, email, secret) {
    await page.goto('/login');
    const focused = () => page.locator(':focus');
    const tabTo = async (selector) => {
        for (let i = 0; i < 20; ++i) {
            await page.keyboard.press('Tab');
            if (await focused().and(page.locator(selector)).count()) return;
        }
        assert.fail(`Tab never reaches ${selector}`);
    };
    await page.keyboard.press('Tab');
    assert.equal(await focused().getAttribute('href'), '#main', 'the first stop skips the navigation');
    await tabTo('input[name=email]');
    await page.keyboard.type(email);
    await tabTo('input[name=password]');
    await page.keyboard.type(secret);
    await tabTo('input[name=remember]');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await see(page, 'Cookies');
}

async function walk(browser, email, { javaScriptEnabled }) {
    const first = await openWindow(browser, { javaScriptEnabled });
    const second = await openWindow(browser, { javaScriptEnabled });
    const { page } = first;
    const look = javaScriptEnabled ? (name) => inspect(first, name) : async () => {};

    await page.goto('/');
    await see(page, 'Cookies', /^\/cookies$/);
    await look('cookies');
    await page.goto('/basket');
    await look('basket-empty');

    await page.goto('/register');
    await look('register');
    await page.getByLabel('Email').fill('nobody');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Sign Up' }).click();
    await page.getByText('Please enter a valid email address.').waitFor();
    assert.equal(await page.getByLabel('Email').inputValue(), 'nobody');
    await look('register-refused');
    await register(page, email);

    const quantity = page.getByLabel('Quantity of Linzer Heart');
    await quantity.fill('100');
    await page.getByRole('button', { name: 'Add Linzer Heart to the basket' }).click();
    await page.getByText('The quantity must be between 1 and 99.').waitFor();
    assert.equal(await quantity.inputValue(), '100');
    assert.ok(await quantity.and(page.locator(':focus')).count(), 'the field with the fault has the focus');
    await look('cookies-refused');
    await quantity.fill('2');
    await page.getByRole('button', { name: 'Add Linzer Heart to the basket' }).click();
    await see(page, 'Basket', /^\/basket$/);
    await page.getByText('2 × Linzer Heart').waitFor();
    await look('basket');

    await page.getByRole('link', { name: 'Checkout' }).click();
    await see(page, 'Checkout', /^\/checkout$/);
    await page.getByText('$29.00').first().waitFor();
    await look('checkout');
    await page.getByRole('button', { name: 'Place order' }).click();
    await see(page, 'Order', /^\/orders\/\d+$/);
    await look('order');
    await page.getByRole('link', { name: 'Orders', exact: true }).click();
    await see(page, 'Orders', /^\/orders$/);
    await look('orders');

    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await see(page, 'Settings', /^\/settings$/);
    await look('settings');
    await page.getByLabel('Current Password').fill(password);
    await page.getByLabel('Password', { exact: true }).fill(newPassword);
    await page.getByLabel('Password Confirmation').fill(newPassword);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('status').waitFor();
    await look('settings-changed');

    await login(second.page, email, password);
    await second.page.getByText('The email address or password is not correct.').waitFor();
    if (javaScriptEnabled) await inspect(second, 'login-refused');
    await loginByKeyboard(second.page, email, newPassword);

    await page.goto('/settings/sessions');
    await see(page, 'Sessions');
    assert.equal(await page.getByRole('main').getByRole('listitem').count(), 2);
    await look('sessions');
    await page.getByRole('button', { name: 'End all others' }).click();
    await see(page, 'Sessions');
    assert.equal(await page.getByRole('main').getByRole('listitem').count(), 1);
    await second.page.goto('/settings');
    await see(second.page, 'Login', /^\/login$/);
    await second.page.getByText('Please log in to access this page.').waitFor();
    if (javaScriptEnabled) await inspect(second, 'login');

    if (javaScriptEnabled) {
        // A link on another site, which this server is too when it is called by another name.
        const logout = new URL('/logout', url).href;
        await page.goto(new URL('/cookies', url.replace('127.0.0.1', 'localhost')).href);
        await page.evaluate((href) => { location.href = href; }, logout);
        await see(page, 'Logout', /^\/logout$/);
        await look('logout');
    }
    await page.goto('/cookies');
    await page.getByRole('button', { name: 'Logout' }).click();
    await see(page, 'Login', /^\/login$/);
    assert.deepEqual(await page.context().cookies(), []);
    await page.goBack();
    assert.equal(await page.getByText('Logged in as').count(), 0, 'nothing of the user is left in the cache');

    await page.goto('/nowhere');
    await look('not-found');
    // That pages are refused is part of the walk; Chromium reports it like an error.
    const unexpected = [...first.complaints, ...second.complaints].filter(
        (text) => !/Failed to load resource: the server responded with a status of (404|422)/.test(text));
    assert.deepEqual(unexpected, []);
    await page.context().close();
    await second.page.context().close();
}

mkdirSync(screenshots, { recursive: true });
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
    await walk(browser, 'anna@example.com', { javaScriptEnabled: true });
    await walk(browser, 'emma@example.com', { javaScriptEnabled: false });
} finally {
    await browser.close();
}
