import { describe, expect, it } from 'vitest';
import { testApp } from '../support/app.ts';

async function agentRow(context: object): Promise<unknown> {
  const { send, shards } = await testApp();
  expect((await send({ event: 'x', userId: 'u', context })).status).toBe(200);
  return shards.rows('device', 'browser', 'os')[0];
}

const SAFARI = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('the device of a user agent', () => {
  it.each([
    ['a Chromebook', `(X11; CrOS x86_64 14541.0.0) ${CHROME} Chrome/120.0.0.0 Safari/537.36`, 'desktop', 'Chrome OS'],
    [
      'an ARM Chromebook',
      `(X11; CrOS aarch64 15329.59.0) ${CHROME} Chrome/114.0.0.0 Safari/537.36`,
      'desktop',
      'Chrome OS',
    ],
    ['a desktop of FreeBSD', '(X11; FreeBSD amd64; rv:102.0) Gecko/20100101 Firefox/102.0', 'desktop', null],
    ['a PlayStation 5', `(PlayStation; PlayStation 5/2.26) ${SAFARI} Version/13.0 Safari/605.1.15`, 'tv', null],
    ['a PlayStation 4', '(PlayStation 4 3.11) AppleWebKit/537.73 (KHTML, like Gecko)', 'tv', 'PlayStation 4'],
    [
      'an Xbox',
      `(Windows NT 10.0; Win64; x64; Xbox; Xbox One) ${CHROME} Chrome/58.0 Safari/537.36 Edge/16.16299`,
      'tv',
      'Windows',
    ],
    [
      'a Switch',
      '(Nintendo Switch; WifiWebAuthApplet) AppleWebKit/601.6 (KHTML, like Gecko) NintendoBrowser/5.1.0.13343',
      'tv',
      null,
    ],
    ['a PlayStation Vita', '(PlayStation Vita 3.61) AppleWebKit/537.73 (KHTML, like Gecko) Silk/3.2', 'mobile', null],
    [
      'a Fire TV',
      `(Linux; Android 9; AFTKA Build/PS7233; wv) ${CHROME} Version/4.0 Chrome/70.0 Mobile Safari/537.36`,
      'tv',
      'Android',
    ],
    ['a Chromecast', `(X11; Linux armv7l) ${CHROME} Chrome/90.0 Safari/537.36 CrKey/1.56.500000`, 'tv', 'Linux'],
    [
      'Chrome of an iPad that asks for desktop pages',
      `(Macintosh; Intel Mac OS X 10_15_4) ${SAFARI} CriOS/85 Version/11.1.1 Safari/605.1.15`,
      'tablet',
      'iOS',
    ],
    ['Firefox of an iPad', `(Macintosh; Intel Mac OS X 10.15) ${SAFARI} FxiOS/115.0 Safari/605.1.15`, 'tablet', 'iOS'],
    [
      'Edge of an iPad',
      `(Macintosh; Intel Mac OS X 10_15_7) ${SAFARI} Version/16.0 EdgiOS/115.0 Safari/605.1.15`,
      'tablet',
      'iOS',
    ],
    [
      'Chrome of an iPhone',
      `(iPhone; CPU iPhone OS 16_6 like Mac OS X) ${SAFARI} CriOS/116.0 Mobile/15E148 Safari/604.1`,
      'mobile',
      'iOS',
    ],
    [
      'Safari of a Mac',
      `(Macintosh; Intel Mac OS X 10_15_7) ${SAFARI} Version/17.0 Safari/605.1.15`,
      'desktop',
      'macOS',
    ],
    [
      'a Chromecast of Android',
      `(Linux; Android 12; Chromecast HD Build/STTL) ${CHROME} Chrome/107 Safari/537.36`,
      'tv',
      'Android',
    ],
    ['a box at a television', `(Linux; Android 9; MIBOX4) ${CHROME} Chrome/107 Safari/537.36`, 'tv', 'Android'],
    [
      'a television of VIDAA',
      `(Linux; U; Android 9; Hisense; VIDAA/6.0) ${CHROME} Chrome/88 Safari/537.36`,
      'tv',
      'Android',
    ],
    [
      'a reader of books',
      `(X11; U; Linux armv7l like Android; en-us) ${SAFARI} Version/5.0 Safari/533.2+ Kindle/3.0+`,
      'tablet',
      'Linux',
    ],
    [
      'a headset that asks for desktop pages',
      `(X11; Linux x86_64; Quest 3) ${CHROME} OculusBrowser/30.1 Chrome/118.0 VR Safari/537.36`,
      'mobile',
      'Linux',
    ],
    [
      'Opera Touch of an iPad',
      `(Macintosh; Intel Mac OS X 10_15_4) ${SAFARI} Version/13.1 OPT/3.3 Safari/605.1.15`,
      'tablet',
      'iOS',
    ],
    [
      'the search app of an iPad',
      `(Macintosh; Intel Mac OS X 10_15_4) ${SAFARI} GSA/277.0 Mobile/15E148 Safari/604.1`,
      'tablet',
      'iOS',
    ],
    ['an Android tablet', `(Linux; Android 12; SM-X906C) ${CHROME} Chrome/80.0 Safari/537.36`, 'tablet', 'Android'],
    [
      'a Kindle',
      `(Linux; Android 9; KFMAWI) ${CHROME} Silk/108.4.6 like Chrome/108.0 Safari/537.36`,
      'tablet',
      'Android',
    ],
  ])('is told for %s', async (_, text, device, os) => {
    expect(await agentRow({ userAgent: `Mozilla/5.0 ${text}` })).toEqual([device, expect.anything(), os]);
  });
});

describe('the device of an SDK without a user agent', () => {
  it.each([
    [{ type: 'ios' }, 'mobile'],
    [{ type: 'android', model: 'Pixel 7' }, 'mobile'],
    [{ type: 'ios', model: 'iPad8,1' }, 'tablet'],
    [{ type: 'tablet' }, 'tablet'],
    [{ type: 'tvOS' }, 'tv'],
    [{ type: 'macos' }, 'desktop'],
    [{ type: 'constructor' }, null],
    [{ type: 7 }, null],
  ])('%j is %s', async (device, expected) => {
    expect(await agentRow({ device, os: { name: 'An OS' } })).toEqual([expected, null, 'An OS']);
  });

  it('gives way to a user agent that tells it', async () => {
    const userAgent = `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME} Chrome/120.0.0.0 Safari/537.36`;
    expect(await agentRow({ userAgent, device: { type: 'android' } })).toEqual(['desktop', 'Chrome', 'Chrome OS']);
    expect(await agentRow({ userAgent: 'okhttp/4.9', device: { type: 'android' } })).toEqual(['mobile', null, null]);
  });
});
