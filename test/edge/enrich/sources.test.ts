import { describe, expect, it } from 'vitest';
import { campaignOf, pageOf } from '../../../src/edge/enrich/page.ts';
import { domainOf } from '../../../src/edge/enrich/site.ts';

const sourceOf = (referrer: string, url: string) => pageOf({ url, referrer }).referrerDomain;

describe('a source of traffic', () => {
  it.each([
    ['https://shop.example/p0', 'https://shop.example/p1'],
    ['https://www.shop.example/', 'https://shop.example/'],
    ['https://blog.shop.example/a', 'https://www.shop.example/b'],
    ['https://checkout.shop.example/', 'https://m.shop.example/'],
    ['https://SHOP.example./', 'https://shop.example/'],
    ['http://localhost:3000/a', 'http://localhost:8080/b'],
    ['http://shop.example:8443/a', 'https://shop.example/b'],
    ['http://[::1]:8080/a', 'http://[::1]:3000/b'],
    ['http://192.0.2.1/a', 'http://192.0.2.1:8080/b'],
    ['https://a.shop.co.uk/', 'https://shop.co.uk/'],
    ['https://user:secret@shop.example/', 'https://shop.example/'],
  ])('is not the site itself: %s on %s', (referrer, url) => {
    expect(sourceOf(referrer, url)).toBeNull();
  });

  it.each([
    ['https://www.google.com/search?q=shop.example', 'https://shop.example/', 'google.com'],
    ['https://shop.example.evil.test/', 'https://shop.example/', 'shop.example.evil.test'],
    ['https://myshop.example/', 'https://shop.example/', 'myshop.example'],
    ['https://other.co.uk/', 'https://shop.co.uk/', 'other.co.uk'],
    ['https://ann.github.io/', 'https://bob.github.io/', 'ann.github.io'],
    ['http://10.0.0.1/', 'http://192.0.0.1/', '10.0.0.1'],
    ['http://[2001:db8::1]:80/a', 'http://[2001:db8::2]/', '[2001:db8::1]'],
    ['android-app://com.google.android.gm/', 'https://shop.example/', 'com.google.android.gm'],
  ])('is another one: %s on %s', (referrer, url, domain) => {
    expect(sourceOf(referrer, url)).toBe(domain);
  });
});

it.each([
  ['http://[2001:DB8::1]:8080/x', '[2001:db8::1]'],
  ['https://www.shop.example:443', 'shop.example'],
  ['https://www./', 'www'],
  ['//shop.example/', null],
  ['mailto:a@shop.example', null],
])('the host of %s is %s', (url, host) => {
  expect(domainOf(url)).toBe(host);
});

describe('a path', () => {
  it.each([
    ['http://[::1]:3000/a/b?x', '/a/b'],
    ['https://shop.example:8443/caf%C3%A9?x', '/caf%C3%A9'],
    ['https://shop.example/a%3Fb%23c?d#e', '/a%3Fb%23c'],
    ['https://shop.example/100%/x', '/100%/x'],
    ['https://shop.example/app#/orders/7?tab=2', '/app'],
  ])('is cut from %s', (url, path) => {
    expect(pageOf({ url }).path).toBe(path);
  });
});

describe('a campaign', () => {
  it.each([
    ['https://shop.example/?utm_source=news', 'news'],
    ['https://shop.example/#/cart?utm_source=news', 'news'],
    ['https://shop.example/?utm_source=news#/cart?step=2', 'news'],
    ['https://shop.example/?x=1#/cart?utm_source=news', 'news'],
    ['https://shop.example/?utm_source=a%20b&utm_source=c', 'a b'],
    ['https://shop.example/?utm_source=100%', '100%'],
    ['https://shop.example/#utm_source', null],
  ])('is read from %s', (url, source) => {
    expect(campaignOf(null, url).source).toBe(source);
  });
});
