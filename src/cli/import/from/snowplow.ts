/**
 * Snowplow: the enriched events of its pipeline, separated by tabs without a header (131 fields), as they lie in `enriched/` on S3.
 * Rows become what the adapter makes of a tracker's events.
 * Reference: https://docs.snowplow.io/docs/pipeline/enriched-tsv-format/
 */

import { objectOf } from '../../../edge/protocols/kit/loose.ts';
import { entitiesOf, schemaName, selfDescribing } from '../../../edge/protocols/snowplow/self-describing.ts';
import type { ImportEvent, Json } from '../mapping.ts';
import type { HistoryFormat } from './history.ts';
import { bagOf, jsonOf, numberOf, utcOf, withLinks } from './rows.ts';

const COLUMNS =
  'app_id platform etl_tstamp collector_tstamp dvce_created_tstamp event event_id txn_id name_tracker v_tracker v_collector v_etl user_id user_ipaddress user_fingerprint domain_userid domain_sessionidx network_userid geo_country geo_region geo_city geo_zipcode geo_latitude geo_longitude geo_region_name ip_isp ip_organization ip_domain ip_netspeed page_url page_title page_referrer page_urlscheme page_urlhost page_urlport page_urlpath page_urlquery page_urlfragment refr_urlscheme refr_urlhost refr_urlport refr_urlpath refr_urlquery refr_urlfragment refr_medium refr_source refr_term mkt_medium mkt_source mkt_term mkt_content mkt_campaign contexts se_category se_action se_label se_property se_value unstruct_event tr_orderid tr_affiliation tr_total tr_tax tr_shipping tr_city tr_state tr_country ti_orderid ti_sku ti_name ti_category ti_price ti_quantity pp_xoffset_min pp_xoffset_max pp_yoffset_min pp_yoffset_max useragent br_name br_family br_version br_type br_renderengine br_lang br_features_pdf br_features_flash br_features_java br_features_director br_features_quicktime br_features_realplayer br_features_windowsmedia br_features_gears br_features_silverlight br_cookies br_colordepth br_viewwidth br_viewheight os_name os_family os_manufacturer os_timezone dvce_type dvce_ismobile dvce_screenwidth dvce_screenheight doc_charset doc_width doc_height tr_currency tr_total_base tr_tax_base tr_shipping_base ti_currency ti_price_base base_currency geo_timezone mkt_clickid mkt_network etl_tags dvce_sent_tstamp refr_domain_userid refr_device_tstamp derived_contexts domain_sessionid derived_tstamp event_vendor event_name event_format event_version event_fingerprint true_tstamp'.split(
    ' ',
  );

/** Older pipelines wrote fewer fields, down to those of the first enriched events. */
const COLUMNS_MIN = 108;

type Fields = Readonly<Record<string, string | undefined>>;

export const snowplow: HistoryFormat = {
  format: 'lines',
  open: () => withLinks((line) => eventOf(fieldsOf(line as string))),
};

function fieldsOf(line: string): Fields {
  const values = line.split('\t');
  if (values.length < COLUMNS_MIN || values.length > COLUMNS.length) {
    throw new Error(`the line has ${values.length} fields, an enriched event has ${COLUMNS.length}`);
  }
  const fields: Record<string, string> = {};
  for (let i = 0; i < values.length; i++) if (values[i] !== '') fields[COLUMNS[i]!] = values[i]!;
  return fields;
}

function eventOf(fields: Fields): ImportEvent {
  const entities = contextsOf(fields.contexts);
  const session = objectOf(entities?.client_session);
  return {
    id: fields.event_id!,
    ...kindOf(fields),
    userId: fields.user_id,
    anonymousId: fields.domain_userid ?? (session.userId as string | undefined) ?? fields.network_userid,
    timestamp: utcOf(fields.true_tstamp ?? fields.derived_tstamp ?? fields.collector_tstamp),
    context: contextOf(fields, entities, fields.domain_sessionid ?? session.sessionId)!,
  };
}

function kindOf(fields: Fields): Pick<ImportEvent, 'type' | 'event' | 'name' | 'properties'> {
  switch (fields.event) {
    case 'page_view':
      return { type: 'page' };
    case 'page_ping':
      return named('page_ping', {
        min_x: numberOf(fields.pp_xoffset_min),
        max_x: numberOf(fields.pp_xoffset_max),
        min_y: numberOf(fields.pp_yoffset_min),
        max_y: numberOf(fields.pp_yoffset_max),
      });
    case 'struct':
      return named(fields.se_action ?? '', {
        category: fields.se_category,
        label: fields.se_label,
        property: fields.se_property,
        value: numberOf(fields.se_value),
      });
    case 'transaction':
      return named('transaction', {
        order_id: fields.tr_orderid,
        affiliation: fields.tr_affiliation,
        revenue: numberOf(fields.tr_total),
        tax: numberOf(fields.tr_tax),
        shipping: numberOf(fields.tr_shipping),
        city: fields.tr_city,
        state: fields.tr_state,
        country: fields.tr_country,
        currency: fields.tr_currency,
      });
    case 'transaction_item':
      return named('transaction_item', {
        order_id: fields.ti_orderid,
        sku: fields.ti_sku,
        name: fields.ti_name,
        category: fields.ti_category,
        price: numberOf(fields.ti_price),
        quantity: numberOf(fields.ti_quantity),
        currency: fields.ti_currency,
      });
    default:
      return selfDescribed(fields);
  }
}

function named(
  event: string,
  properties: Readonly<Record<string, unknown>>,
): Pick<ImportEvent, 'event' | 'properties'> {
  const bag = bagOf(properties);
  return { event, ...(bag && { properties: bag }) };
}

function selfDescribed({ unstruct_event: text, event_name: name }: Fields): ReturnType<typeof kindOf> {
  const inner = selfDescribing(objectOf(jsonOf(text)).data);
  const properties = objectOf(inner?.data) as { readonly [key: string]: Json };
  const event = inner === null ? (name ?? '') : schemaName(inner.schema);
  if (event === 'screen_view') return { type: 'screen', name: String(properties.name ?? ''), properties };
  return { event, properties };
}

function contextOf(fields: Fields, entities: Readonly<Record<string, unknown>> | undefined, sessionId: unknown) {
  const { mkt_source: source, mkt_medium: medium, mkt_campaign: name, mkt_term: term, mkt_content: content } = fields;
  const size = { width: numberOf(fields.dvce_screenwidth), height: numberOf(fields.dvce_screenheight) };
  return bagOf({
    page: bagOf({ url: fields.page_url, title: fields.page_title, referrer: fields.page_referrer }),
    campaign: bagOf({ source, medium, name, term, content }),
    location: bagOf({ country: fields.geo_country, region: fields.geo_region, city: fields.geo_city }),
    userAgent: fields.useragent,
    locale: fields.br_lang,
    timezone: fields.os_timezone,
    screen: bagOf(size),
    app: bagOf({ name: fields.app_id }),
    library: bagOf({ name: fields.name_tracker, version: fields.v_tracker }),
    platform: fields.platform,
    sessionId,
    entities,
  });
}

/** The contexts that name a schema. */
function contextsOf(text: string | undefined): Record<string, unknown> | undefined {
  const list = objectOf(jsonOf(text)).data;
  if (!Array.isArray(list)) return undefined;
  return entitiesOf(list.map(selfDescribing).filter((entity) => entity !== null));
}
