/**
 * Address key: a key of JSON that names an IP address, such as `ip`, `$ip`, `ip_address`, `clientIp` or `X-Forwarded-For`.
 *
 * The word is looked for at the end of a key, in any case, after a separator or in camel case: `user_ip` and `userIP` name
 * an address; `zip`, `vip`, `ship` and `ipad` do not. Values are not looked at: `4.2.1.0` is a version as often as an
 * address, and a value that is lost cannot be had again.
 */
const WORD = '(?:ips?|ip[^a-z0-9]*(?:v?[46]|addr|address|addresses)|remote[^a-z]*addr(?:ess)?|forwarded[^a-z]*for)';
const SEPARATED = new RegExp(`(?:^|[^a-z])${WORD}$`, 'i');
const CAMEL = /[a-z0-9](?:I[pP]s?|I[pP](?:[vV]?[46]|[aA]ddr|[aA]ddress|[aA]ddresses))$/;
/** Keys without a mark between their words. */
const JOINED =
  /^[^a-z]*(?:client|user|remote|server|source|device|visitor|request|host|x?real)ip(?:v?[46]|addr|address)?$/i;
const JOINED_FOR = /^x?forwardedfor$/i;

const LOWER = 0x20;
const [S, P, R, D, O, E, I] = [...'sprdoei'].map((letter) => letter.charCodeAt(0));
const [FOUR, SIX] = [0x34, 0x36];

export function isAddressKey(key: string): boolean {
  return mayEndInAddress(key) && (SEPARATED.test(key) || CAMEL.test(key) || JOINED.test(key) || JOINED_FOR.test(key));
}

/** Tells most keys from the others by their last two characters: every key of every event is looked at. */
function mayEndInAddress(key: string): boolean {
  const last = key.charCodeAt(key.length - 1) | LOWER;
  const before = key.charCodeAt(key.length - 2) | LOWER;
  switch (last) {
    case P:
      return before === I;
    case S:
      return before === P || before === S || before === E;
    case R:
      return before === D || before === O;
    default:
      return last === FOUR || last === SIX;
  }
}
